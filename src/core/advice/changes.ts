/** Whether there is somebody to advise: an author who changed something that advice is about. */
import { asObject, itemsOf, without } from "../base/json/edit.ts";
import type { Target } from "../inject/pod/kinds.ts";
import { equal } from "../base/json/equal.ts";
import type { Json, JsonObject } from "../base/json/json.ts";

/** A Job of a CronJob, or a Deployment that an operator keeps: a program reads the warnings, if anybody does. */
export const isMadeByController = (object: JsonObject): boolean =>
  itemsOf(asObject(object["metadata"])?.["ownerReferences"]).some(({ controller }) => controller === true);

/** Did anything change that advice looks at? Replicas, status and the like never change an advice. */
export const isChanged = (target: Target, before: JsonObject, after: JsonObject): boolean =>
  !equal(lookedAt(target, before), lookedAt(target, after));

function lookedAt({ kind, path }: Target, object: JsonObject): Json {
  const metadata = asObject(object["metadata"]) ?? {};
  const annotations = without(asObject(metadata["annotations"]) ?? {}, (key) => bookkeeping.has(key));
  // Pod Security is enforced by them.
  if (kind === "namespace") return [annotations, metadata["labels"] ?? null];
  if (kind === "service") return [annotations, asObject(object["spec"])?.["ports"] ?? null];
  return [annotations, path.reduce<Json | undefined>((at, key) => asObject(at)?.[key], object) ?? null];
}

// They change with everything else, and say nothing by themselves.
const bookkeeping: ReadonlySet<string> = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "deployment.kubernetes.io/revision",
]);

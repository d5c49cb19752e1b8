/** Whether there is somebody to advise: an author who changed something that advice is about. */
import { asObject, itemsOf, without } from "../base/json/edit.ts";
import type { Target } from "../inject/pod/kinds.ts";
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";

/** A Job of a CronJob, or a Deployment that an operator keeps: a program reads the warnings, if anybody does. */
export const isMadeByController = (object: JsonObject): boolean =>
  itemsOf(asObject(object["metadata"])?.["ownerReferences"]).some(({ controller }) => controller === true);

/** Did anything change that advice looks at? Replicas, status and the like never change an advice. */
export const isChanged = (target: Target, before: JsonObject, after: JsonObject): boolean =>
  !sameJson(lookedAt(target, before), lookedAt(target, after));

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

// A pod has some ten levels; each is a call.
const deepest = 100;

/** The same JSON, whatever the order of keys. What goes very deep counts as changed. */
function sameJson(a: Json | undefined, b: Json | undefined, levels = deepest): boolean {
  if (a === b) return true;
  if (levels === 0) return false;
  const same = (one: Json | undefined, other: Json | undefined): boolean => sameJson(one, other, levels - 1);
  if (isList(a) && isList(b)) return a.length === b.length && a.every((item, index) => same(item, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

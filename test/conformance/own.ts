/** What weft does with a case: through the code of the HTTP handler, its patch applied with validation. */
import jsonPatch from "fast-json-patch";
import type { Injection } from "../../src/core/inject/outcome/injection.ts";
import { eventOf } from "../../src/core/inject/messages/event.ts";
import { isObject } from "../../src/core/base/json/json.ts";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";
import { reviewer } from "../../src/webhook/reviews/inject.ts";
import { installationOf } from "./cases.ts";
import type { Case, RecordedEvent } from "./cases.ts";
import type { Cluster } from "./cluster.ts";

/** What comes of a case, recorded or own. */
export interface Outcome {
  readonly outcome: Case["expect"]["outcome"] | Injection["kind"];
  readonly allowed: boolean;
  /** The object after the patch; `undefined` when there is no patch. */
  readonly object: JsonObject | undefined;
  readonly reasons: readonly string[];
  readonly events: readonly RecordedEvent[];
}

/** weft's outcome, with what only weft says. */
export interface OwnOutcome extends Outcome {
  readonly warnings: readonly string[];
  /** Message of an answer that is no review. */
  readonly failure: string;
}

const neverLate = { at: Infinity, signal: () => new AbortController().signal };

/** Asks weft, as an API server would. */
export async function ownOutcome(recorded: Case, cluster: Cluster): Promise<OwnOutcome> {
  const installation = installationOf(recorded);
  const answer = reviewer({
    installation: () => installation,
    namespaceNamed: (name) => cluster.namespaceNamed(name),
    ownerNamed: (kind, namespace, name) => cluster.find(kind, namespace, name)?.metadata,
    version: "1.0.0",
  });
  const { status, body, record } = await answer(Buffer.from(JSON.stringify(reviewOf(recorded))), neverLate);
  const injection = record?.injection;
  if (injection === undefined) throw new Error(`${recorded.id}: nothing was decided; the answer is ${body}`);
  const events = eventsOf(injection, recorded.namespace.name, cluster);
  const reasons = injection.kind === "skipped" || injection.kind === "annotated" ? injection.reasons : [];
  const said = JSON.parse(body) as JsonObject;
  if (status !== 200) {
    const failure = String(said["message"]);
    return { outcome: injection.kind, allowed: false, object: undefined, reasons, events, warnings: [], failure };
  }
  const response = said["response"];
  if (!isObject(response)) throw new Error(`${recorded.id}: no response in ${body}`);
  return {
    outcome: injection.kind,
    allowed: response["allowed"] === true,
    object: patched(recorded.object, response),
    reasons,
    events,
    warnings: (response["warnings"] ?? []) as readonly string[],
    failure: "",
  };
}

const reviewOf = ({ id, kind, namespace, object }: Case): Json => ({
  apiVersion: "admission.k8s.io/v1",
  kind: "AdmissionReview",
  request: {
    uid: id,
    kind: { group: groupOf(object), version: "v1", kind },
    namespace: namespace.name,
    operation: "CREATE",
    object,
  },
});

const groupOf = (object: JsonObject): string => String(object["apiVersion"]).split("/").toReversed()[1] ?? "";

/** The object after the patch of a response. Throws when the patch does not apply. */
export function patched(object: JsonObject, response: JsonObject): JsonObject | undefined {
  const { patch, patchType } = response;
  if (patch === undefined) return undefined;
  if (typeof patch !== "string" || patchType !== "JSONPatch") throw new Error(`patchType is ${String(patchType)}`);
  const operations = JSON.parse(Buffer.from(patch, "base64").toString("utf8")) as jsonPatch.Operation[];
  const { newDocument } = jsonPatch.applyPatch(structuredClone(object), operations, true);
  return newDocument;
}

/** An event goes to the owner that was found by the lookup, if there is such an object. */
function eventsOf(injection: Injection, namespace: string, cluster: Cluster): readonly RecordedEvent[] {
  const event = eventOf(injection);
  if (event === undefined || !("owner" in injection)) return [];
  const parent = cluster.find(injection.owner.kind, namespace, injection.owner.name);
  if (parent === undefined) return [];
  return [{ on: `${parent.kind}/${parent.metadata.name}`, reason: event.reason, message: event.message }];
}

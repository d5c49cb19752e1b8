/** An object of a cluster as it can be compared with what is meant: without what the API server or weft fills in. */
import { changedAt, itemsOf } from "../base/json/edit.ts";
import { equal } from "../base/json/equal.ts";
import { isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { textAt } from "../base/json/read.ts";
import { readDocument } from "../documents/document.ts";
import { names } from "./names.ts";

export interface Pair {
  readonly before: JsonObject;
  readonly after: JsonObject;
}

/** The live object and the one that it would become, each without noise; values of Secrets are not shown. */
export function comparable({ before, after }: Pair): Pair {
  const bare = { before: withoutNoise(before), after: withoutNoise(after) };
  if (before["kind"] === "ConfigMap") return sameTexts(bare);
  return before["kind"] === "Secret" ? hidden(bare) : bare;
}

/** Helm writes the values in another order: a text that says the same is the same. */
function sameTexts({ before, after }: Pair): Pair {
  const path = ["data", names.settingsKey] as const;
  const [old, next] = [before, after].map((object) => textAt(object, ...path));
  const isSame = old !== next && old !== "" && equal(read(old), read(next));
  return isSame ? { before, after: changedAt(after, path, () => old) } : { before, after };
}

const read = (text: string | undefined): unknown => readDocument(text ?? "").value;

const noise: readonly (readonly string[])[] = [
  ["status"],
  ...["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"].map((key) => [
    "metadata",
    key,
  ]),
  ["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"],
  ["metadata", "annotations", "deployment.kubernetes.io/revision"],
  // Who holds the Lease, and for how long, is the replicas' affair.
  ...["holderIdentity", "leaseDurationSeconds", "acquireTime", "renewTime", "leaseTransitions"].map((key) => [
    "spec",
    key,
  ]),
];

function withoutNoise(object: JsonObject): JsonObject {
  const bare = noise.reduce((kept, path) => changedAt(kept, path, () => undefined), object);
  const emptied = ["annotations", "labels"].reduce(
    (kept, key) => changedAt(kept, ["metadata", key], (map) => (isEmpty(map) ? undefined : map)),
    bare,
  );
  const isRegistration = object["webhooks"] !== undefined;
  return isRegistration ? changedAt(emptied, ["webhooks"], (webhooks) => itemsOf(webhooks).map(withoutCa)) : emptied;
}

const isEmpty = (map: Json | undefined): boolean => isObject(map) && Object.keys(map).length === 0;

/** The caBundle follows the certificates, not the manifests. */
const withoutCa = (webhook: JsonObject): JsonObject =>
  changedAt(webhook, ["clientConfig", "caBundle"], () => undefined);

function hidden({ before, after }: Pair): Pair {
  const [old, next] = [before, after].map(({ data }) => (isObject(data) ? data : {}));
  const words = (data: JsonObject, other: JsonObject, when: string): JsonObject =>
    Object.fromEntries(
      Object.keys(data).map((key) => [key, data[key] === other[key] ? "(not shown)" : `(not shown, ${when})`]),
    );
  const show = (object: JsonObject, data: JsonObject): JsonObject =>
    changedAt(object, ["data"], (present) => (present === undefined ? undefined : data));
  return {
    before: show(before, words(old ?? {}, next ?? {}, "as it is")),
    after: show(after, words(next ?? {}, old ?? {}, "as it would be")),
  };
}

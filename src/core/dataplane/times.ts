/** Times as the API server writes them, in milliseconds since 1970; undefined: none, or none that can be read. */
import type { JsonObject } from "../base/json/json.ts";
import { at, objectsAt, textAt } from "../base/json/read.ts";
import { keys } from "../mesh/annotations.ts";

export function timeAt(object: JsonObject, ...path: readonly string[]): number | undefined {
  const time = Date.parse(textAt(object, ...path));
  return Number.isNaN(time) ? undefined : time;
}

/**
 * When a namespace's annotation `linkerd.io/inject` was written, as the API server notes it for whoever owns it: at the
 * latest, as the note is renewed with whatever else they write.
 */
export function askedSince(namespace: JsonObject): number | undefined {
  const times = objectsAt(namespace, "metadata", "managedFields").flatMap((each) => {
    const isOwned = at(each, "fieldsV1", "f:metadata", "f:annotations", `f:${keys.inject}`) !== undefined;
    return isOwned ? (timeAt(each, "time") ?? []) : [];
  });
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Services that a route names as its parents, whatever its kind. */
import { isObject } from "../base/json/json.ts";
import type { Json } from "../base/json/json.ts";
import { perObject } from "../base/memory/memo.ts";
import { splitBounds } from "../mesh/split-bounds.ts";
import type { PolicyView } from "../view/objects.ts";
import { isKind, referenceOf } from "./authentications.ts";
import { isPortNumber, readListWithin, readable, unreadable } from "./reading.ts";
import type { Reading } from "./reading.ts";

export interface ServiceParent {
  readonly namespace: string;
  readonly name: string;
  /** Undefined: all ports. */
  readonly port: number | undefined;
}

/** In the order of the route, each once. Parents of other kinds are others' to read. */
export const serviceParents = perObject(({ namespace, spec }: PolicyView): Reading<readonly ServiceParent[]> => {
  const read = readListWithin(
    spec["parentRefs"],
    "spec.parentRefs",
    (ref, at) => readParent(ref, at, namespace),
    splitBounds.parents,
  );
  const each = new Map(read.value.flat().map((parent) => [JSON.stringify(parent), parent]));
  return { value: [...each.values()], issues: read.issues };
});

function readParent(value: Json, at: string, own: string): Reading<readonly ServiceParent[]> {
  const ref = referenceOf(value, own);
  if (ref === undefined || !isKind(ref, "", "Service")) return readable([]);
  const port = isObject(value) ? (value["port"] ?? undefined) : undefined;
  if (port !== undefined && !isPortNumber(port)) return unreadable([], `${at}.port`, "must be a port");
  return readable([{ namespace: ref.namespace, name: ref.name, port }]);
}

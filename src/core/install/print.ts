/** Objects as text for `kubectl apply -f -`, and what they are called. */
import { toYaml } from "../documents/yaml-text.ts";
import { isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import type { ObjectName } from "../kubernetes/kinds.ts";

/** A stream of documents. */
export const manifestText = (objects: readonly JsonObject[]): string => objects.map(toYaml).join("---\n");

export function nameOf({ apiVersion, kind, metadata }: JsonObject): ObjectName {
  const { name, namespace } = isObject(metadata) ? metadata : {};
  return { apiVersion: text(apiVersion), kind: text(kind), name: text(name), namespace: text(namespace) };
}

/** As kubectl writes it: `deployment/weft-injector`. */
export const shownName = ({ kind, name }: ObjectName): string => `${kind.toLowerCase()}/${name}`;

/** Just enough of an object for `kubectl delete -f -`. */
export function referenceTo(object: JsonObject): JsonObject {
  const { apiVersion, kind, name, namespace } = nameOf(object);
  return { apiVersion, kind, metadata: { name, ...(namespace === "" ? {} : { namespace }) } };
}

const text = (value: Json | undefined): string => (typeof value === "string" ? value : "");

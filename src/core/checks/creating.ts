/** What installing an object takes: the right to create it, and a free place. */
import type { JsonObject } from "../base/json/json.ts";
import type { Right } from "./facts.ts";
import { nameOf, textAt } from "../base/json/read.ts";

export interface Creating {
  /** Such as `Deployment weft-injector in namespace weft`. */
  readonly what: string;
  /** Where it would be. */
  readonly path: string;
  readonly right: Right;
}

export function creating(object: JsonObject): Creating {
  const kind = textAt(object, "kind");
  const apiVersion = textAt(object, "apiVersion");
  const namespace = textAt(object, "metadata", "namespace");
  const resource = pluralOf(kind);
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const folder = namespace === "" ? root : `${root}/namespaces/${namespace}`;
  return {
    what: `${kind} ${nameOf(object)}${namespace === "" ? "" : ` in namespace ${namespace}`}`,
    path: `${folder}/${resource}/${nameOf(object)}`,
    right: {
      verb: "create",
      group: apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "",
      resource,
      ...(namespace === "" ? {} : { namespace }),
    },
  };
}

/** As the resources of these kinds are called: `networkpolicies`, `services`. */
const pluralOf = (kind: string): string => {
  const word = kind.toLowerCase();
  return word.endsWith("y") ? `${word.slice(0, -1)}ies` : `${word}s`;
};

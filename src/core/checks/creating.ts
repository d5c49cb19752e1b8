/** What installing an object takes: the right to create it, and a free place. */
import { groupOf, kindOf, namedPath } from "../kubernetes/kinds.ts";
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
  const found = kindOf({ apiVersion, kind });
  return {
    what: `${kind} ${nameOf(object)}${namespace === "" ? "" : ` in namespace ${namespace}`}`,
    path: namedPath(found, nameOf(object), namespace),
    right: {
      verb: "create",
      group: groupOf(apiVersion),
      resource: found.plural,
      ...(namespace === "" ? {} : { namespace }),
    },
  };
}

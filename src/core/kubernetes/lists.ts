/**
 * Lists of objects in manifests, as kubectl takes them apart: a `List`, and a list of one kind, such as a
 * `DeploymentList`, whose items need not say their kind.
 */
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { textAt } from "../base/json/read.ts";

/** The items, each with the kind that the list gives it; undefined: the object is no list. */
export function listedIn(list: JsonObject): readonly Json[] | undefined {
  const [kind, items] = [textAt(list, "kind"), list["items"]];
  if (!kind.endsWith("List") || !isList(items)) return undefined;
  const itemKind = kind.slice(0, -"List".length);
  const implied = { apiVersion: list["apiVersion"] ?? "", kind: itemKind };
  return items.map((item) =>
    isObject(item) && itemKind !== "" && textAt(item, "kind") === "" ? { ...item, ...implied } : item,
  );
}

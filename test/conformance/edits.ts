/** Changes to single places of a recorded object, for the differences that are meant. */
import { changedAt } from "../../src/core/base/json/edit.ts";
import { isList, isObject } from "../../src/core/base/json/json.ts";
import type { Annotations, Json, JsonObject } from "../../src/core/base/json/json.ts";

type Change<Value> = (value: Value) => Value;

/** Keys that lead from an object of this kind to its pod. */
const podPath = (kind: string): readonly string[] =>
  kind === "Pod" || kind === "Service"
    ? []
    : kind === "CronJob"
      ? ["spec", "jobTemplate", "spec", "template"]
      : ["spec", "template"];

/** The pod of an object, or the object itself when it has none. */
export const podOf = (object: JsonObject, kind: string): JsonObject =>
  podPath(kind).reduce((at, key) => objectOr(at[key]), object);

export const withPod = (object: JsonObject, kind: string, change: Change<JsonObject>): JsonObject =>
  changedAt(object, podPath(kind), (pod) => change(objectOr(pod)));

export const annotationsOf = (pod: JsonObject): Annotations =>
  objectOr(objectOr(pod["metadata"])["annotations"]) as Annotations;

export const editAnnotations = (pod: JsonObject, change: Change<Annotations>): JsonObject =>
  changedAt(pod, ["metadata", "annotations"], (map) => change(objectOr(map) as Annotations));

/** The containers of these names, wherever they stand. */
export const editContainers = (pod: JsonObject, names: readonly string[], change: Change<JsonObject>): JsonObject =>
  ["initContainers", "containers"].reduce(
    (edited, list) =>
      changedAt(edited, ["spec", list], (items) =>
        isList(items)
          ? items.map((item) => (isObject(item) && names.includes(String(item["name"])) ? change(item) : item))
          : items,
      ),
    pod,
  );

/** Text of the first environment variable of this name. */
export const editVariable = (container: JsonObject, name: string, change: Change<string>): JsonObject => {
  const env = isList(container["env"]) ? container["env"] : [];
  const at = env.findIndex((item) => isObject(item) && item["name"] === name);
  return changedAt(container, ["env"], (list) =>
    at === -1
      ? list
      : env.map((item, index) =>
          index === at && isObject(item) && typeof item["value"] === "string"
            ? { ...item, value: change(item["value"]) }
            : item,
        ),
  );
};

export const textOfVariable = (container: JsonObject, name: string): string | undefined => {
  let text: string | undefined;
  editVariable(container, name, (value) => (text = value));
  return text;
};

/** Value of a flag among the arguments; `undefined` takes flag and value out. */
export const editFlag = (
  container: JsonObject,
  flag: string,
  change: (value: string) => string | undefined,
): JsonObject =>
  changedAt(container, ["args"], (list) => {
    if (!isList(list)) return list;
    const at = list.indexOf(flag);
    const value = list[at + 1];
    if (at === -1 || typeof value !== "string") return list;
    const next = change(value);
    return [...list.slice(0, at), ...(next === undefined ? [] : [flag, next]), ...list.slice(at + 2)];
  });

export const containerNamed = (pod: JsonObject, name: string): JsonObject | undefined => {
  let found: JsonObject | undefined;
  editContainers(pod, [name], (container) => (found ??= container));
  return found;
};

export const objectOr = (value: unknown): JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};

/** The member at the end of these keys; `undefined` where there is none. */
export const memberAt = (value: Json | undefined, ...keys: readonly string[]): Json | undefined =>
  keys.reduce<Json | undefined>((at, key) => objectOr(at)[key], value);

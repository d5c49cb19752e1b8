/**
 * Text where text belongs: YAML reads `version: 1.10` and `name: on` as a number and a boolean. Where Kubernetes expects
 * text in a field that injection reads, the value stands for its text, as in Linkerd (S-03). The manifest itself is not
 * touched: an edit is the difference between two values that were both read this way.
 */
import { changedAt } from "../base/json/edit.ts";
import { targetOf } from "../inject/pod/kinds.ts";
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { numberText } from "../base/scalars/numbers.ts";

/** The object with numbers and booleans as text where injection expects text; itself when there are none. */
export function withTexts(object: JsonObject): JsonObject {
  const named = changedAt(members(object, ["kind", "apiVersion"]), ["metadata"], metadata);
  const target = targetOf(named);
  if (target?.pod === undefined) return named;
  return changedAt(named, target.path, (pod) =>
    isObject(pod) ? changedAt(changedAt(pod, ["metadata"], metadata), ["spec"], podSpec) : pod,
  );
}

const metadata = (value: Json | undefined): Json | undefined =>
  isObject(value)
    ? changedAt(
        changedAt(members(value, ["name", "generateName", "namespace"]), ["annotations"], everyMember),
        ["labels"],
        everyMember,
      )
    : value;

const podSpec = (value: Json | undefined): Json | undefined =>
  isObject(value)
    ? ["initContainers", "containers", "volumes"].reduce(
        (spec, list) => changedAt(spec, [list], each(list === "volumes" ? named : container)),
        value,
      )
    : value;

const named = (item: JsonObject): JsonObject => members(item, ["name"]);

const container = (item: JsonObject): JsonObject =>
  changedAt(
    changedAt(
      members(item, ["name", "image"]),
      ["ports"],
      each((port) => members(port, ["name", "protocol"])),
    ),
    ["volumeMounts"],
    each((mount) => members(mount, ["name", "mountPath"])),
  );

const each =
  (change: (item: JsonObject) => JsonObject) =>
  (value: Json | undefined): Json | undefined => {
    if (!isList(value)) return value;
    const items = value.map((item) => (isObject(item) ? change(item) : item));
    return items.some((item, index) => item !== value[index]) ? items : value;
  };

/** In one go: there may be thousands of annotations. */
function everyMember(value: Json | undefined): Json | undefined {
  if (!isObject(value)) return value;
  const texts = Object.entries(value).map(([key, member]) => [key, asText(member)] as const);
  return texts.some(([key, text]) => text !== value[key]) ? Object.fromEntries(texts) : value;
}

const members = (object: JsonObject, keys: readonly string[]): JsonObject =>
  keys.reduce((changed, key) => changedAt(changed, [key], asText), object);

const asText = (value: Json | undefined): Json | undefined =>
  typeof value === "number" || typeof value === "boolean" ? textOf(value) : value;

/** The text that a number or a boolean stands for. */
export const textOf = (value: number | boolean): string =>
  typeof value === "number" ? numberText(value) : String(value);

/** Reading of objects whose shape nobody has checked: what is of another type counts as absent. */
import { isList, isObject } from "./json.ts";
import type { Json, JsonObject } from "./json.ts";

export function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  return path.reduce<Json | undefined>((found, key) => {
    if (typeof key === "number") return isList(found) ? found[key] : undefined;
    return isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }, value);
}

export function textAt(value: Json | undefined, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path);
  return typeof found === "string" ? found : "";
}

export function numberAt(value: Json | undefined, ...path: readonly (string | number)[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === "number" ? found : undefined;
}

export function objectsAt(value: Json | undefined, ...path: readonly (string | number)[]): readonly JsonObject[] {
  const found = at(value, ...path);
  return isList(found) ? found.filter(isObject) : [];
}

export function textsAt(value: Json | undefined, ...path: readonly (string | number)[]): readonly string[] {
  const found = at(value, ...path);
  return isList(found) ? found.filter((item) => typeof item === "string") : [];
}

/** The members of a map that are text. */
export function textMapAt(
  value: Json | undefined,
  ...path: readonly (string | number)[]
): Readonly<Record<string, string>> {
  const found = at(value, ...path);
  const entries = isObject(found) ? Object.entries(found) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

export const nameOf = (object: JsonObject): string => textAt(object, "metadata", "name");
/** `namespace/name`, as kubectl and client-go write it. */
export const namespacedName = (object: JsonObject): string =>
  `${textAt(object, "metadata", "namespace")}/${nameOf(object)}`;
export const annotationsOf = (object: JsonObject): Readonly<Record<string, string>> =>
  textMapAt(object, "metadata", "annotations");
export const labelsOf = (object: JsonObject): Readonly<Record<string, string>> =>
  textMapAt(object, "metadata", "labels");

/** Who made an object, as far as the object itself says: a Deployment in place of its ReplicaSet. */
export interface Controller {
  /** As in `kind`, such as `Deployment`. */
  readonly kind: string;
  readonly name: string;
  /** Such as `apps.kruise.io`, which has a StatefulSet of its own; undefined: it is of Kubernetes itself. */
  readonly group?: string;
}

/** As kubectl names it: `deployment`, `statefulset.apps.kruise.io`. */
export const kindWord = ({ kind, group }: Controller): string =>
  `${kind.toLowerCase()}${group === undefined ? "" : `.${group}`}`;

/** A ReplicaSet that a Deployment made is named after it and the template's hash. */
export function controllerOf(object: JsonObject): Controller | undefined {
  const owner = objectsAt(object, "metadata", "ownerReferences").find(({ controller }) => controller === true);
  if (owner === undefined) return undefined;
  const [kind, name] = [textAt(owner, "kind"), textAt(owner, "name")];
  // Groups of others are domains.
  const group = /^(.*\..*)\//.exec(textAt(owner, "apiVersion"))?.[1];
  if (group !== undefined) return { kind, name, group };
  const hash = textAt(object, "metadata", "labels", "pod-template-hash");
  const isOfDeployment = kind === "ReplicaSet" && hash !== "" && name.endsWith(`-${hash}`);
  return isOfDeployment ? { kind: "Deployment", name: name.slice(0, -hash.length - 1) } : { kind, name };
}

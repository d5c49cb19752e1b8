/**
 * An installation as kustomize has it: a base, and overlays that say what is different. Settings are a
 * file of their own, so that it can be put in place of the one that is there.
 */
import { documentsOf, generated, isUsers } from "./kustomize-files.ts";
import { isList, isObject } from "../../src/core/base/json/json.ts";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";
import { pointer } from "../../src/core/base/json/pointer.ts";
import { toYaml } from "../../src/core/documents/yaml-text.ts";
import { nameOf, referenceTo } from "../../src/core/install/print.ts";

/** File name → text. */
export type Folder = ReadonlyMap<string, string>;

const head = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization" };

export function baseFolder(objects: readonly JsonObject[]): Folder {
  const files = documentsOf(objects);
  const { generators, texts } = generated(objects);
  const kustomization = { ...head, resources: [...files.keys()], configMapGenerator: generators };
  return new Map([["kustomization.yaml", toYaml(kustomization)], ...files, ...texts]);
}

/** The objects as changes of those of the base. */
export function overlayFolder(base: readonly JsonObject[], objects: readonly JsonObject[]): Folder {
  const key = (object: JsonObject): string => JSON.stringify(nameOf(object));
  const before = new Map(base.map((object) => [key(object), object]));
  const after = new Map(objects.map((object) => [key(object), object]));
  const added = documentsOf(objects.filter((object) => !before.has(key(object))));
  const isChanged = (object: JsonObject): boolean => toYaml(object) !== toYaml(before.get(key(object)) ?? {});
  const { generators, texts } = generated(objects.filter(isChanged));
  const patches = base.flatMap((object) => patchOf(object, after.get(key(object))));
  const kustomization = {
    ...head,
    resources: ["../../base", ...added.keys()],
    ...(generators.length === 0
      ? {}
      : { configMapGenerator: generators.map((generator) => ({ behavior: "replace", ...generator })) }),
    patches,
  };
  return new Map([["kustomization.yaml", toYaml(kustomization)], ...added, ...texts]);
}

function patchOf(before: JsonObject, after: JsonObject | undefined): readonly JsonObject[] {
  if (isUsers(before) || generated([before]).generators.length > 0) return [];
  const { kind, name } = nameOf(before);
  if (after === undefined) return [{ patch: toYaml({ $patch: "delete", ...referenceTo(before) }) }];
  const operations = operationsBetween(before, after, []);
  return operations.length === 0 ? [] : [{ target: { kind, name }, patch: toYaml(operations) }];
}

/** As a JSON patch (RFC 6902), the only kind that can also remove and that needs no schema. */
function operationsBetween(
  before: Json | undefined,
  after: Json | undefined,
  path: readonly string[],
): readonly JsonObject[] {
  const at = pointer(...path);
  if (after === undefined) return before === undefined ? [] : [{ op: "remove", path: at }];
  if (before === undefined) return [{ op: "add", path: at, value: after }];
  if (isObject(before) && isObject(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => operationsBetween(before[key], after[key], [...path, key]));
  }
  if (isList(before) && isList(after) && before.length === after.length)
    return after.flatMap((item, index) => operationsBetween(before[index], item, [...path, String(index)]));
  return before === after ? [] : [{ op: "replace", path: at, value: after }];
}

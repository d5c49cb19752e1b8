/**
 * Compares what a command wrote with what Linkerd's wrote, by the rules that came with the recording: maps are
 * unordered, lists ordered; what Linkerd's detour over typed structures did to an object is expected of nobody.
 */
import { pointer } from "../../src/core/base/json/pointer.ts";

export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** Where the detour changed something that is not empty; `at` is a JSON Pointer into the recorded objects. */
export interface Rewritten {
  readonly at: string;
  readonly rule: "added" | "lost" | "quantity" | "text";
  readonly input?: Value;
}

/** A place where the two sides differ; `undefined`: not there. */
export interface Difference {
  readonly path: readonly (string | number)[];
  readonly recorded: Value | undefined;
  readonly own: Value | undefined;
}

export function differences(
  recorded: Value,
  own: Value,
  rewritten: readonly Rewritten[],
  path: readonly (string | number)[] = [],
): readonly Difference[] {
  const here = rewritten.find(({ at }) => at === pointer(...path));
  const found = plainDifferences(recorded, own, rewritten, path);
  if (found.length === 0 || here?.input === undefined || here.rule === "lost") return found;
  return plainDifferences(here.input, own, [], path).length === 0 ? [] : found;
}

function plainDifferences(
  recorded: Value,
  own: Value,
  rewritten: readonly Rewritten[],
  path: readonly (string | number)[],
): readonly Difference[] {
  if (isList(recorded) && isList(own) && recorded.length === own.length) {
    return recorded.flatMap((item, index) => differences(item, own[index] ?? null, rewritten, [...path, index]));
  }
  if (!isMap(recorded) || !isMap(own)) return recorded === own ? [] : [{ path, recorded, own }];
  const keys = [...new Set([...Object.keys(recorded), ...Object.keys(own)])];
  return keys.flatMap((key) => memberDifferences(member(recorded, key), member(own, key), rewritten, [...path, key]));
}

function memberDifferences(
  recorded: Value | undefined,
  own: Value | undefined,
  rewritten: readonly Rewritten[],
  path: readonly (string | number)[],
): readonly Difference[] {
  if (path.at(-1) === "linkerd.io/created-by" && recorded !== undefined && own !== undefined) return [];
  const here = rewritten.find(({ at }) => at === pointer(...path));
  if (own === undefined) {
    return recorded === null || here?.rule === "added" ? [] : [{ path, recorded, own }];
  }
  if (recorded === undefined) {
    if (isEmpty(own)) return [];
    const lost = here?.rule === "lost" && here.input !== undefined && differences(here.input, own, []).length === 0;
    return lost ? [] : [{ path, recorded, own }];
  }
  if (recorded === null && isEmpty(own)) return [];
  return differences(recorded, own, rewritten, path);
}

/** What the detour drops: `null`, `""`, `0`, `false`, `[]`, `{}`, and maps with nothing but such values. */
const isEmpty = (value: Value): boolean =>
  value === null ||
  value === "" ||
  value === 0 ||
  value === false ||
  (isList(value) ? value.length === 0 : isMap(value) && Object.values(value).every(isEmpty));

export const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);
export const isMap = (value: Value | undefined): value is { readonly [key: string]: Value } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const member = (map: { readonly [key: string]: Value }, key: string): Value | undefined =>
  Object.hasOwn(map, key) ? map[key] : undefined;

/** The text at a member, empty when there is none. */
export const textAt = (value: Value | undefined, ...path: readonly string[]): string => {
  const found = path.reduce<Value | undefined>((at, key) => (isMap(at) ? member(at, key) : undefined), value);
  return typeof found === "string" ? found : "";
};

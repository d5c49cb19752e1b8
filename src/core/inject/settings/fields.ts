/** The types a setting can have, each as one value: what is blank, and how JSON is read into it, with its issues. */
import { isList, isObject } from "../../base/json/json.ts";
import type { Json, JsonObject } from "../../base/json/json.ts";
import { numberText } from "../../base/scalars/numbers.ts";
import * as strict from "../../base/json/strict.ts";
import { strictly, unexpected } from "../../base/json/strict.ts";
import type { Kind } from "../../base/json/strict.ts";
import type { Issue } from "../../base/text/issue.ts";
import type { CapabilityLists } from "../../mesh/models.ts";

export interface Field<Value> {
  /** What a missing or null value means. */
  readonly blank: Value;
  readonly read: (value: Json, at: string, report: (issue: Issue) => void) => Value;
}

const scalar = <Value>(kind: Kind<Value>, blank: Value): Field<Value> => ({
  blank,
  read(value, at, report) {
    const accepted = strictly(kind, value, at);
    if ("value" in accepted) return accepted.value;
    for (const issue of accepted.issues) report(issue);
    return blank;
  },
});

/**
 * Where Linkerd's settings want text, Kubernetes' YAML reader makes it of numbers and booleans (sigs.k8s.io/yaml):
 * `cpu: { limit: 1 }` works.
 */
const asText = (value: Json): string | undefined => {
  if (typeof value === "number") return numberText(value);
  return typeof value === "boolean" ? String(value) : strict.text.read(value);
};

export const text: Field<string> = scalar({ ...strict.text, read: asText }, "");
export const boolean: Field<boolean> = scalar(strict.truth, false);
/** Ids from annotations may be beyond 2^53, hence bigint beside number. */
export const integer: Field<number | bigint> = scalar<number | bigint>(strict.whole, 0);
export const natural: Field<number | bigint> = scalar<number | bigint>(strict.wholeFrom(0, Infinity), 0);
export const number: Field<number> = scalar(strict.number, 0);

/** A map kept as it is, such as a security context. Blank: `undefined`; an empty map is blank too. */
export const object: Field<JsonObject | undefined> = {
  blank: undefined,
  read(value, at, report) {
    if (isObject(value)) return Object.keys(value).length === 0 ? undefined : value;
    report(unexpected(at, "a map", value));
    return undefined;
  },
};

/** Capabilities: `{ add: [text], drop: [text] }`. */
export const lists: Field<CapabilityLists | undefined> = {
  blank: undefined,
  read(value, at, report) {
    if (!isObject(value)) {
      report(unexpected(at, "a map with the lists add and drop", value));
      return undefined;
    }
    const list = (key: "add" | "drop"): readonly string[] => {
      const items = value[key];
      if (items === undefined || items === null) return [];
      const texts = isList(items) ? items.map((item) => asText(item)) : [undefined];
      if (texts.every((item) => item !== undefined)) return texts;
      report(unexpected(`${at}.${key}`, "a list of text", items));
      return [];
    };
    return { add: list("add"), drop: list("drop") };
  },
};

export const textMap: Field<Readonly<Record<string, string>>> = {
  blank: {},
  read(value, at, report) {
    if (!isObject(value)) {
      report(unexpected(at, "a map of text", value));
      return {};
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        const value = item === undefined || item === null ? "" : asText(item);
        if (value === undefined) report(unexpected(`${at}.${key}`, "text", item));
        return [key, value ?? ""];
      }),
    );
  },
};

export type Scalar = string | number | boolean | null;
/** One leaf of `proxy.inbound` or `proxy.outbound`: scope, protocol, parameter, value. */
export type Leaf = readonly [scope: string, protocol: string, parameter: string, value: Scalar];
/** `map of map of map of scalar` as its leaves, each level sorted by key. */
export const tree: Field<readonly Leaf[]> = {
  blank: [],
  read(value, at, report) {
    const level = (item: Json | undefined, place: string): readonly (readonly [string, Json])[] => {
      if (item === undefined || item === null) return [];
      if (!isObject(item)) {
        report(unexpected(place, "a map", item));
        return [];
      }
      return Object.entries(item)
        .map(([key, child]) => [key, child ?? null] as const)
        .toSorted(([a], [b]) => byteOrder(a, b));
    };
    return level(value, at).flatMap(([scope, protocols]) =>
      level(protocols, `${at}.${scope}`).flatMap(([protocol, parameters]) =>
        level(parameters, `${at}.${scope}.${protocol}`).flatMap(([parameter, leaf]) => {
          if (leaf === null || typeof leaf !== "object") return [[scope, protocol, parameter, leaf] as const];
          report(unexpected(`${at}.${scope}.${protocol}.${parameter}`, "a plain value", leaf));
          return [];
        }),
      ),
    );
  },
};

/** A Kubernetes EnvVar, as it is written into the container. */
export interface EnvVar {
  readonly name: string;
  readonly value?: string | null;
  readonly valueFrom?: JsonObject;
}
export const environment: Field<readonly EnvVar[]> = {
  blank: [],
  read(value, at, report) {
    if (!isList(value)) {
      report(unexpected(at, "a list of environment variables", value));
      return [];
    }
    return value.flatMap((item, index) => {
      const variable = readEnvVar(item, asText);
      if (typeof variable === "object") return [variable];
      report({
        at: `${at}[${index}]${variable}`,
        message: "expected an environment variable: name, value as text, valueFrom as a map",
      });
      return [];
    });
  },
};

/**
 * An EnvVar as Go decodes it: key names in any letter case, unknown keys ignored, an empty value left out (contract
 * 4.4). A text is the place of what is wrong, relative to the variable. `read`: what counts as text.
 */
export function readEnvVar(item: Json, read: (value: Json) => string | undefined = strict.text.read): EnvVar | string {
  if (item === null) return { name: "" };
  if (!isObject(item)) return "";
  const member = (wanted: string): Json | undefined =>
    item[wanted] ?? Object.entries(item).findLast(([key]) => key.toLowerCase() === wanted.toLowerCase())?.[1];
  const name = read(member("name") ?? "");
  const value = read(member("value") ?? "");
  const valueFrom = member("valueFrom") ?? undefined;
  if (name === undefined) return ".name";
  if (value === undefined) return ".value";
  if (valueFrom !== undefined && !isObject(valueFrom)) return ".valueFrom";
  return { name, ...(value === "" ? {} : { value }), ...(valueFrom === undefined ? {} : { valueFrom }) };
}

/** Keys are sorted by their bytes in Linkerd; JavaScript compares UTF-16 units, which differs beyond the BMP only. */
export function byteOrder(a: string, b: string): number {
  if (a === b) return 0;
  const points = (text: string): readonly number[] => Array.from(text, (char) => char.codePointAt(0) ?? 0);
  const left = points(a);
  const right = points(b);
  const at = left.findIndex((code, index) => code !== right[index]);
  if (at === -1) return -1;
  return (left[at] ?? 0) - (right[at] ?? -1);
}

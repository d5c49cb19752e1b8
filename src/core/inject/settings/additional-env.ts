/**
 * `config.linkerd.io/proxy-additional-env`: more environment variables, in layers. A variable that
 * Kubernetes would refuse the pod for is left out and named (env-var.ts).
 */
import { isList, isObject } from "../../base/json/json.ts";
import type { Json } from "../../base/json/json.ts";
import { excessCount, excessLength, mostVariables } from "../../mesh/lists.ts";
import { quoted } from "../../base/text/quote.ts";
import { admissible } from "./env-var.ts";
import { readEnvVar } from "./fields.ts";
import type { EnvVar } from "./fields.ts";

export interface Environment {
  readonly variables: readonly EnvVar[];
  /** Names of what is left out, and why, as one text each. */
  readonly leftOut: readonly string[];
}

/** A JSON array of EnvVar; `null` is an empty list. `undefined`: the text is nothing of the kind. */
export function parseEnvironment(text: string): Environment | undefined {
  const value = parseJson(text);
  if (value === null) return { variables: [], leftOut: [] };
  if (!Array.isArray(value)) return undefined;
  if (isDeeper(value, deepest)) return undefined;
  const read = value.map((item: Json) => readEnvVar(item));
  if (!read.every((variable): variable is EnvVar => typeof variable === "object")) return undefined;
  const found = read.map((variable) => admissible(variable));
  return {
    variables: found.filter((each) => typeof each === "object"),
    leftOut: found.flatMap((each, index) =>
      typeof each === "string" ? [`${quoted(read[index]?.name ?? "", 30)} is left out: ${each}`] : [],
    ),
  };
}

/** What is too much of it, in words; undefined: nothing. */
export function environmentExcess(text: string): string | undefined {
  const tooLong = excessLength(text, mostVariables);
  const value = tooLong === undefined ? parseJson(text) : undefined;
  return tooLong ?? excessCount(Array.isArray(value) ? value.length : 0, mostVariables);
}

// A variable with its source has four levels. Whoever writes JSON goes down by a call for each.
const deepest = 16;

const isDeeper = (value: Json | undefined, levels: number): boolean =>
  (isList(value) ? value : isObject(value) ? Object.values(value) : []).some(
    (item) => levels === 0 || isDeeper(item, levels - 1),
  );

/** A later layer wins by name: it replaces a known variable in its place, a new one goes to the end. */
export function mergedEnvironment(earlier: readonly EnvVar[], later: readonly EnvVar[]): readonly EnvVar[] {
  const merged = new Map(earlier.map((variable) => [variable.name, variable]));
  for (const variable of later) merged.set(variable.name, variable);
  return [...merged.values()];
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

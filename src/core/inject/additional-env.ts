/** `config.linkerd.io/proxy-additional-env`: more environment variables, in layers (contract 4.4). */
import type { Json } from "../mesh/api.ts";
import { readEnvVar } from "./fields.ts";
import type { EnvVar } from "./fields.ts";

/** A JSON array of EnvVar; `null` is an empty list. `undefined`: the text is nothing of the kind. */
export function parseEnvironment(text: string): readonly EnvVar[] | undefined {
  const value = parseJson(text);
  if (value === null) return [];
  if (!Array.isArray(value)) return undefined;
  const variables = value.map((item: Json) => readEnvVar(item));
  return variables.every((variable): variable is EnvVar => typeof variable === "object") ? variables : undefined;
}

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

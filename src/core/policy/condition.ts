/** A condition as weft says it, and as it is written (meta/v1, Condition). */
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";

/** Whoever writes it adds `lastTransitionTime`. */
export interface Condition<Type extends string = string> {
  readonly type: Type;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  /** Not where the definition has no place for it. */
  readonly observedGeneration?: number;
}

/** Of a status, or of a parent in it. */
export const conditionsIn = ({ conditions }: JsonObject): readonly JsonObject[] => objectsOf(conditions);

export const objectsOf = (list: Json | undefined): readonly JsonObject[] => (isList(list) ? list.filter(isObject) : []);

/** As they are to be written. `now`: as meta/v1 Time has it; what has the status that it had keeps its time. */
export const dated = (
  conditions: readonly Condition[],
  before: readonly JsonObject[],
  now: string,
): readonly JsonObject[] =>
  conditions.map((condition): JsonObject => {
    const old = before.find(({ type }) => type === condition.type);
    const since = old?.["status"] === condition.status ? old["lastTransitionTime"] : undefined;
    return { ...condition, lastTransitionTime: typeof since === "string" ? since : now };
  });

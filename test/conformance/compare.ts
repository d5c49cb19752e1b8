/** Compares two outcomes as the recording's README says: maps are unordered, lists ordered, null is absent. */
import { isList, isObject } from "../../src/core/base/json/json.ts";
import type { Json } from "../../src/core/base/json/json.ts";
import { pointer } from "../../src/core/base/json/pointer.ts";
import type { Outcome } from "./own.ts";

/** Places where two outcomes differ, each as one line. The value of `linkerd.io/created-by` is each program's own. */
export function differing(expected: Outcome, own: Outcome): readonly string[] {
  return [
    ...valuesDiffering(expected.outcome, own.outcome, ["outcome"]),
    ...valuesDiffering(expected.allowed, own.allowed, ["allowed"]),
    ...valuesDiffering(expected.reasons, own.reasons, ["reasons"]),
    ...valuesDiffering(expected.events.map(eventText), own.events.map(eventText), ["events"]),
    ...valuesDiffering(expected.object ?? null, own.object ?? null, ["object"]),
  ];
}

const eventText = ({ on, reason, message }: Outcome["events"][number]): string => `${on} ${reason} ${message}`;

function valuesDiffering(
  expected: Json | undefined,
  own: Json | undefined,
  path: readonly (string | number)[],
): readonly string[] {
  if (expected === own || path.at(-1) === "linkerd.io/created-by") return [];
  if (isObject(expected) && isObject(own)) {
    const keys = new Set([...Object.keys(expected), ...Object.keys(own)]);
    return [...keys].flatMap((key) => valuesDiffering(expected[key] ?? null, own[key] ?? null, [...path, key]));
  }
  if (isList(expected) && isList(own) && expected.length === own.length) {
    return expected.flatMap((item, index) => valuesDiffering(item, own[index], [...path, index]));
  }
  return [`${pointer(...path)}: expected ${shown(expected)}, got ${shown(own)}`];
}

const shown = (value: Json | undefined): string => (JSON.stringify(value) ?? "nothing").slice(0, 300);

/** What is wrong with the annotations of a workload's pods: words of `weft lint`, told where `weft wrap` reads them. */
import type { JsonObject } from "../base/json/json.ts";
import { annotationsOf, labelsOf } from "../base/json/read.ts";
import type { Issue } from "../base/text/issue.ts";
import { quoted } from "../base/text/quote.ts";
import { unknownKeyWarnings } from "../inject/messages/unknown-keys.ts";
import { wrapRows } from "../inject/settings/wrap-rows.ts";
import { shown, workloadOf } from "./identities.ts";

export function mistyped(object: JsonObject): readonly Issue[] {
  const workload = workloadOf(object, "");
  if (workload === undefined) return [];
  const annotations = annotationsOf(workload.pod);
  const values = wrapRows.flatMap(({ annotation, expects, read }) => {
    const text = annotations[annotation];
    if (text === undefined || read(text) !== undefined) return [];
    return [`${annotation}: ${quoted(text)} is not ${expects}; it is ignored`];
  });
  const keys = unknownKeyWarnings(annotations, labelsOf(workload.pod)).map(({ text }) => text);
  return [...values, ...keys].map((message) => ({ at: shown(workload), message }));
}

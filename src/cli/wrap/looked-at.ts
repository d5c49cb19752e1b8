/** Inputs of `weft wrap`, and their objects all at once: who a workload is hangs on the Services beside it. */
import type { JsonObject } from "../../core/base/json/json.ts";
import { issueText } from "../../core/base/text/issue.ts";
import type { Source } from "../../core/manifests/transform.ts";
import { objectsOf, unread } from "../../core/wrap/streams.ts";
import { mistyped } from "../../core/wrap/mistyped.ts";
import { CommandFailure } from "../io.ts";
import type { Io } from "../io.ts";

/** Annotations that say nothing because of a slip, for people. */
export function tellMistyped(objects: readonly JsonObject[], io: Io): void {
  for (const issue of objects.flatMap(mistyped)) io.stderr(`weft: ${issueText(issue)}\n`);
}

/** A failure where something cannot be read: what would be missing is not known. */
export function objectsIn(inputs: readonly Source[]): readonly JsonObject[] {
  const issues = unread(inputs);
  if (issues.length > 0) throw new CommandFailure(issues.map(issueText));
  return objectsOf(inputs);
}

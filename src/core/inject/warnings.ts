/** Warnings: what the author of an object should know, most important first; they never change what comes out. */
import { keys } from "../mesh/annotations.ts";
import type { Annotations } from "../mesh/api.ts";
import { parseBool } from "../mesh/booleans.ts";
import { oneLine, quoted } from "../mesh/quote.ts";
import { closest } from "../mesh/similar.ts";
import { settingText } from "./annotation-settings.ts";
import type { Subject, Warning } from "./injection.ts";
import type { SkipReason } from "./reasons.ts";
import { skipReasonTexts } from "./reasons.ts";
import type { AnnotationRead, Source } from "./resolve.ts";

/** At most this many characters of one warning reach the user (KEP-1872; registration.md, section 5). */
const longest = 256;
const longestTogether = 4096;

/** A warning as one line that begins with kind/name, at most 256 characters, without newline. */
export function warningLine(subject: Subject, warning: Warning): string {
  const line = oneLine(`${subject.kind}/${subject.name}: ${warning.text}`);
  // A cut must not leave half of a surrogate pair.
  return line.length <= longest ? line : `${line.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** Lines as an API server passes them on: the most important first, 4,096 characters in all, none of them cut. */
export function warningLines(subject: Subject, warnings: readonly Warning[]): readonly string[] {
  const lines: string[] = [];
  let length = 0;
  for (const line of new Set(warnings.map((warning) => warningLine(subject, warning)))) {
    length += line.length;
    if (length > longestTogether) break;
    lines.push(line);
  }
  return lines;
}

export const sorted = (warnings: readonly Warning[]): readonly Warning[] =>
  warnings.length < 2 ? warnings : warnings.toSorted((a, b) => a.rank - b.rank);

/** The pod asked and was skipped. */
export const skippedWarning = (reasons: readonly SkipReason[]): Warning => ({
  about: keys.inject,
  rank: 0,
  text: `asked for injection, but is not injected: ${reasons.map((reason) => skipReasonTexts[reason]).join(", ")}`,
});

/** An inject annotation that is none of its words. */
export function injectValueWarnings(own: Annotations, namespace: Annotations): readonly Warning[] {
  const words = ["enabled", "disabled", "ingress"];
  return [["the pod", own[keys.inject]] as const, ["the namespace", namespace[keys.inject]] as const].flatMap(
    ([where, value]) => {
      if (value === undefined || value === "" || words.includes(value)) return [];
      const meant = closest(value, words);
      const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
      const text = `${keys.inject} of ${where}: ${quoted(value)} is not enabled, disabled or ingress, so nothing is injected${hint}`;
      return [{ about: keys.inject, rank: 0 as const, text }];
    },
  );
}

/** What was wrong, or doubtful, with annotations that were read. */
export function readWarnings(reads: readonly AnnotationRead[]): readonly Warning[] {
  return reads.flatMap(({ row, text, from, before, reading }): readonly Warning[] => {
    const name = `${row.annotation}${ofSource[from]}`;
    // What `linkerd.io/inject` is worth is the decision's business.
    if (row.annotation === keys.inject) return [];
    if (reading === undefined) {
      const path = row.sets[0];
      const kept =
        path === undefined || path === "debugSidecar" ? "it is ignored" : `${path} stays ${settingText(before[path])}`;
      return [{ about: row.annotation, rank: 1, text: `${name}: ${quoted(text)} is not ${row.expects}; ${kept}` }];
    }
    if (reading.doubt === undefined) return [];
    return [{ about: row.annotation, rank: 3, text: `${name}: ${reading.doubt}` }];
  });
}

const ofSource: Readonly<Record<Source, string>> = {
  pod: "",
  namespace: " (from the namespace)",
  flag: " (from a flag)",
};

/** The switch `linkerd.io/enable-opaque-ports` where it is no boolean. */
export const switchWarnings = (own: Annotations, namespace: Annotations): readonly Warning[] =>
  [["", own] as const, [" (from the namespace)", namespace] as const].flatMap(([where, annotations]) => {
    const value = annotations[keys.enableOpaquePorts];
    if (value === undefined || parseBool(value) !== undefined) return [];
    const text = `${keys.enableOpaquePorts}${where}: ${quoted(value)} is not true or false; it is ignored`;
    return [{ about: keys.enableOpaquePorts, rank: 1 as const, text }];
  });

/** Entries of an opaque-ports list that are no port, range or port name. */
export const unusablePortsWarning = (unusable: readonly string[], where: string): Warning => ({
  about: keys.opaquePorts,
  rank: 1,
  text: `${keys.opaquePorts}${where}: ${quoted(unusable.join(","))} is left out: not a port, a range or the name of a container port`,
});

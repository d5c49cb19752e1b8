/** Warnings: what the author of an object should know, most important first; they never change what comes out. */
import { keys } from "../../mesh/annotations.ts";
import type { Annotations } from "../../base/json/json.ts";
import { parseBool } from "../../base/scalars/booleans.ts";
import { accountFault } from "../../mesh/identity.ts";
import { oneLine, quoted } from "../../base/text/quote.ts";
import { nearMiss } from "../../mesh/default-policy.ts";
import { closest } from "../../base/text/similar.ts";
import { excessOf, settingText } from "../settings/annotation-settings.ts";
import type { Subject, Warning } from "../outcome/injection.ts";
import type { SkipReason } from "../outcome/reasons.ts";
import { skipReasonTexts } from "../outcome/reasons.ts";
import type { AnnotationRead, Source } from "../settings/resolve.ts";

/** At most this many characters of one warning reach the user (KEP-1872; registration.md, section 5). */
const longest = 256;
const longestTogether = 4096;

/** A warning as one line that begins with kind/name (without a name with the kind), at most 256 characters, without newline. */
export function warningLine(subject: Subject, warning: Warning): string {
  // What is behind the cut need not be looked at: escapes only make it longer.
  const [name, text] = [subject.name.slice(0, longest + 1), warning.text.slice(0, longest + 1)];
  const line = oneLine(`${subjectText({ ...subject, name })}: ${text}`);
  // A cut must not leave half of a surrogate pair.
  return line.length <= longest ? line : `${line.slice(0, longest - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** `deployment/web`; of what has no name its kind alone. */
export const subjectText = ({ kind, name }: Subject): string => (name === "" ? kind : `${kind}/${name}`);

/** Lines as an API server passes them on: the most important first, 4,096 characters in all, none of them cut. */
export function warningLines(subject: Subject, warnings: readonly Warning[]): readonly string[] {
  let length = 0;
  const told = new Set<string>();
  for (const warning of warnings) {
    const line = warningLine(subject, warning);
    if (told.has(line)) continue;
    length += line.length;
    if (length > longestTogether) break;
    told.add(line);
  }
  return [...told];
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

/** A pod that would never be certified. */
export function accountWarnings(serviceAccount: string): readonly Warning[] {
  const fault = serviceAccount === "" ? undefined : accountFault(serviceAccount);
  return fault === undefined
    ? []
    : [{ about: "spec.serviceAccountName", rank: 0, text: `gets no certificate: ${fault}` }];
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
      const near = row.annotation === keys.defaultInboundPolicy ? nearMiss(text) : undefined;
      if (near !== undefined) return [{ about: row.annotation, rank: 0, text: `${name}: ${near} ${kept}` }];
      return [{ about: row.annotation, rank: 1, text: `${name}: ${quoted(text)} is not ${row.expects}; ${kept}` }];
    }
    if (reading.doubt === undefined) return [];
    const isFatal = reading.isFatal === true;
    const isUsed = Object.keys(reading.override).length > 0 && reading.isPartial !== true;
    // A sentence about the annotation, or one about its value.
    const said = /^(is|does) /.test(reading.doubt) ? name : `${name}:`;
    const rank = isUsed && !isFatal ? 3 : 1;
    return [{ about: row.annotation, rank, text: `${said} ${reading.doubt}`, ...(isFatal && { isFatal }) }];
  });
}

const ofSource: Readonly<Record<Source, string>> = {
  pod: "",
  namespace: " (from the namespace)",
  flag: " (from a flag)",
};

/** What of the two annotations of opaque ports cannot be used: a list that is too long, a switch that is none. */
export const opaqueAnnotationWarnings = (own: Annotations, namespace: Annotations): readonly Warning[] => [
  ...overlongListWarnings(own, namespace),
  ...switchWarnings(own, namespace),
];

function overlongListWarnings(own: Annotations, namespace: Annotations): readonly Warning[] {
  const lists = [["", own[keys.opaquePorts]] as const, [ofSource.namespace, namespace[keys.opaquePorts]] as const];
  return lists.flatMap(([where, list]) => {
    const over = list === undefined ? undefined : excessOf(keys.opaquePorts, list);
    const text = `${keys.opaquePorts}${where} is not used: it ${over}`;
    return over === undefined ? [] : [{ about: keys.opaquePorts, rank: 1 as const, text }];
  });
}

const switchWarnings = (own: Annotations, namespace: Annotations): readonly Warning[] =>
  [["", own] as const, [ofSource.namespace, namespace] as const].flatMap(([where, annotations]) => {
    const value = annotations[keys.enableOpaquePorts];
    if (value === undefined || parseBool(value) !== undefined) return [];
    const text = `${keys.enableOpaquePorts}${where}: ${quoted(value)} is not true or false; it is ignored`;
    return [{ about: keys.enableOpaquePorts, rank: 1 as const, text }];
  });

/** So many warnings of one kind are made: more do not fit into an answer. */
export const mostOfAKind = 32;

/** Trace attributes that are left out. */
export const attributeWarnings = (bad: ReadonlyMap<string, string>): readonly Warning[] =>
  [...bad].slice(0, mostOfAKind).map(([about, why]) => ({ about, rank: 1, text: `${about} is left out: ${why}` }));

/** Entries of an opaque-ports list that are no port, range or port name. */
export const unusablePortsWarning = (unusable: readonly string[], where: string): Warning => ({
  about: keys.opaquePorts,
  rank: 1,
  text: `${keys.opaquePorts}${where}: ${quoted(unusable.join(","))} is left out: not a port, a range or the name of a container port`,
});

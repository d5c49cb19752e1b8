/** How long certificates live, and how carefully they are changed. Times are milliseconds. */
import { issueText } from "../base/text/issue.ts";
import type { Issue } from "../base/text/issue.ts";

export interface RenewalSettings {
  /** DNS names and IP addresses that a leaf has to hold. */
  readonly names: readonly string[];
  readonly authorityLife: number;
  readonly leafLife: number;
  /** How far back a validity begins, and by how much clocks may differ: a clock behind must not find it "not yet valid". */
  readonly backdate: number;
  /** How long each configuration must have trusted a CA before a leaf of it takes over: API servers read configurations from caches. */
  readonly settle: number;
  /** CAs that are trusted at once, at most. */
  readonly mostTrusted: number;
}

const hour = 3_600_000;
const day = 24 * hour;

/**
 * A leaf of 90 days is renewed after 60, so 30 are left for somebody to read the alert. A CA of a year is renewed after
 * 8 months: often enough to be no rare event, and the 4 months that are left are longer than any leaf lives, so a leaf
 * is never cut short by its CA.
 */
export const defaultRenewal: Omit<RenewalSettings, "names"> = {
  authorityLife: 365 * day,
  leafLife: 90 * day,
  backdate: hour,
  settle: 60_000,
  mostTrusted: 8,
};

/** What makes settings unusable. */
export const renewalIssues = (settings: RenewalSettings): readonly Issue[] =>
  checks.flatMap(([at, message, holds]) => (holds(settings) ? [] : [{ at, message }]));

const checks: readonly [at: string, message: string, holds: (settings: RenewalSettings) => boolean][] = [
  ["names", "there is none", ({ names }) => names.length > 0],
  ["backdate", "is not positive", ({ backdate }) => backdate > 0],
  ["leafLife", "is more than a third of the CA's", ({ leafLife, authorityLife }) => leafLife * 3 <= authorityLife],
  [
    "settle",
    "is more than a sixth of the leaf's life",
    ({ settle, leafLife }) => settle >= 0 && settle * 6 <= leafLife,
  ],
  ["mostTrusted", "is less than 3", ({ mostTrusted }) => mostTrusted >= 3],
];

/** All that is wrong, in one line. */
export const renewalIssuesText = (settings: RenewalSettings): string =>
  renewalIssues(settings).map(issueText).join("; ");

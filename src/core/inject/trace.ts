/** How an injection came about: what `weft explain` shows. */

/** One check of the decision, in the order of the table. */
export interface CheckTrace {
  readonly check: string;
  readonly holds: boolean;
  /** What was found, in words. */
  readonly found: string;
}
/** One annotation that was read: where its value came from and what it changed. */
export interface SettingTrace {
  readonly annotation: string;
  readonly value: string;
  readonly from: "pod" | "namespace" | "flag";
  /** Path in the settings, or what it does in words. */
  readonly sets: string;
  readonly before: string;
  readonly after: string;
  readonly used: boolean;
}
export interface Trace {
  readonly checks: readonly CheckTrace[];
  readonly settings: readonly SettingTrace[];
}

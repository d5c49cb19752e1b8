/** Values that follow their files, and tell the log, the metrics and `/readyz?verbose` how that goes. */
import { issueText } from "../core/base/text/issue.ts";
import type { Issue } from "../core/base/text/issue.ts";
import { reloaded } from "../files/reloaded.ts";
import type { FileSource, Parsed, ReloadOptions, ReloadState } from "../files/reloaded.ts";
import type { Log } from "../observe/log.ts";
import type { FileKind } from "../observe/file-metrics.ts";
import type { WebhookMetrics } from "../observe/webhook-metrics.ts";
import type { Check, CheckState } from "../net/admin-server.ts";

export interface Follower {
  readonly log: Log;
  readonly metrics: Pick<WebhookMetrics, "reloaded">;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** For what is broken for now only. */
  readonly wait?: ReloadOptions<unknown>["wait"];
  /** Milliseconds from look to look, for tests. */
  readonly poll?: number;
}

export interface Watched<Value> {
  readonly current: () => Value;
  readonly check: Check;
}

export interface WatchedFileOptions<Value> {
  /** Comes for the first value and for each new good one. */
  readonly onValue?: (value: Value) => void;
  /** Comes for each change that cannot be used. */
  readonly onBroken?: (issues: readonly Issue[]) => void;
  /** What `/readyz?verbose` says of the value in use, after when it was read. */
  readonly describe?: (value: Value) => string;
}

/** Reads the files, or gives the issues; then follows them. */
export const watchedFile = async <Value>(
  kind: FileKind,
  source: FileSource<Value>,
  { log, metrics, now, signal, wait, poll }: Follower,
  { onValue, onBroken, describe }: WatchedFileOptions<Value> = {},
): Promise<Parsed<Watched<Value>>> => {
  const onReload = (outcome: Parsed<Value>, { loadedAt }: ReloadState): void => {
    metrics.reloaded(kind, "value" in outcome, loadedAt);
    if ("issues" in outcome) {
      const issues = outcome.issues.map(issueText);
      const { goodFrom } = outcome;
      log.error(`${kind} changed and cannot be used, keeping what was read before`, {
        issues,
        ...(goodFrom !== undefined && { usedFrom: new Date(goodFrom).toISOString() }),
      });
      return onBroken?.(outcome.issues);
    }
    log.info(`${kind} read again`);
    onValue?.(outcome.value);
  };
  const read = await reloaded(source, { now, signal, wait, onReload, ...(poll === undefined ? {} : { poll }) });
  if ("issues" in read) return read;
  const { current, state } = read.value;
  metrics.reloaded(kind, true, state().loadedAt);
  onValue?.(current());
  const { broken } = state();
  if (broken !== undefined) onReload(broken, state());
  // A broken file never makes weft unready: what was read before still serves.
  const look = (): CheckState => ({ fails: false, says: stateText(state(), describe?.(current()) ?? "") });
  return { value: { current, check: { name: kind, look } } };
};

const stateText = ({ loadedAt, broken }: ReloadState, description: string): string => {
  const used = `in use since ${loadedAt.toISOString()}${description}`;
  if (broken === undefined) return used;
  const { since, issues, goodFrom } = broken;
  const later = goodFrom === undefined ? "" : `; it is used from ${new Date(goodFrom).toISOString()}`;
  return `${used}; what was read at ${since.toISOString()} is broken: ${issuesText(issues)}${later}`;
};

/** What is in use, told so that two replicas can be compared. */
export const hashText = (sha256: string): string => (sha256 === "" ? "by default" : `SHA-256 ${sha256}`);

/** All issues in one line. */
export const issuesText = (issues: readonly Issue[]): string => issues.map(issueText).join("; ");

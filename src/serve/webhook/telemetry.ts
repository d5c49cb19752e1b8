/** What happened to reviews, as log lines and metrics. */
import type { Log } from "../../observe/log.ts";
import type { Metrics } from "../../observe/metrics.ts";
import type { AnswerSummary, Result } from "../../webhook/answer.ts";
import type { ReviewEvents } from "../../webhook/endings.ts";

/** The reason of a fault that is a missed deadline. */
export const deadlineReason = "deadline";

/** Too slow, too large, too many. */
const boundCodes: ReadonlySet<number> = new Set([408, 413, 503]);

/** One line for each answer. What is turned away gets one line a second: writing more of them would add to overload. */
export const reviewEvents = (
  log: Log,
  metrics: Metrics,
  onTurnedAway: (message: string) => void = () => undefined,
): ReviewEvents => {
  const turnedAway = perMessage((message) =>
    atMostOnce(1000, (requests) => log.warn(`answered 503: ${message}`, { requests })),
  );
  const fault = (reasons: readonly string[], milliseconds: number): void =>
    metrics.answered({ kind: "", result: "faulted", reasons, warnings: [] }, milliseconds);
  return {
    answered: (summary, status, milliseconds) => {
      if (summary === undefined) return metrics.refused(status);
      metrics.answered(summary, milliseconds);
      log[levels[summary.result]](summary.result, fieldsOf(summary, milliseconds));
    },
    refused: ({ code, message }) => {
      metrics.refused(code);
      if (boundCodes.has(code)) onTurnedAway(message);
      if (code === 503) turnedAway(message)();
      else log.debug("not a review", { code, message });
    },
    faulted: (error, milliseconds, uid = "") => {
      fault([], milliseconds);
      log.error("internal error", { uid, milliseconds: rounded(milliseconds) }, error);
    },
    late: (milliseconds, uid = "") => {
      fault([deadlineReason], milliseconds);
      log.error("no answer in time", { uid, milliseconds: rounded(milliseconds) });
    },
  };
};

const levels = {
  injected: "info",
  updated: "info",
  annotated: "info",
  skipped: "info",
  labelled: "info",
  unchanged: "debug",
  advised: "debug",
  silent: "debug",
  refused: "warn",
  malformed: "warn",
  faulted: "error",
} as const satisfies Record<Result, keyof Log>;

const fieldsOf = (summary: AnswerSummary, milliseconds: number) => ({
  uid: summary.uid,
  kind: shortened(summary.kind),
  namespace: shortened(summary.namespace),
  name: shortened(summary.name),
  owner: shortened(summary.owner),
  reasons: summary.reasons,
  warnings: summary.warnings,
  milliseconds: rounded(milliseconds),
  dryRun: summary.dryRun,
});

/** A name of Kubernetes is whole; what a stranger calls one does not fill the disk. */
const shortened = (name: string): string => (name.length > 320 ? `${name.slice(0, 319)}…` : name);

/** Remembers what was made for each message; there are but a few. */
const perMessage = <Made>(make: (message: string) => Made): ((message: string) => Made) => {
  const known = new Map<string, Made>();
  return (message) => {
    const made = known.get(message) ?? make(message);
    known.set(message, made);
    return made;
  };
};

const rounded = (milliseconds: number): number => Math.round(milliseconds * 1000) / 1000;

/** Calls at most once in that many milliseconds, with how often it was asked to since. */
const atMostOnce = (milliseconds: number, call: (count: number) => void): (() => void) => {
  let count = 0;
  let next = 0;
  return () => {
    count += 1;
    const now = performance.now();
    if (now < next) return;
    next = now + milliseconds;
    call(count);
    count = 0;
  };
};

/** What happened to reviews, told once: a record becomes a log line, counters and an Event. */
import { knownKeys } from "../../core/inject/messages/unknown-keys.ts";
import { skipReasonTexts } from "../../core/inject/outcome/reasons.ts";
import type { Log } from "../../observe/log.ts";
import type { WebhookMetrics, WebhookMetricsOptions } from "../../observe/webhook-metrics.ts";
import type { ReviewRecord, Result } from "../../webhook/answer.ts";
import type { ReviewEvents } from "../../webhook/endings.ts";
import { otherReasons } from "../../webhook/reviews/inject.ts";

/** The reason of a fault that is a missed deadline. */
const deadlineReason = "deadline";

/** What may become a label of a metric as it is: annotations that warnings are about, and reasons of answers. */
export const knownLabels: WebhookMetricsOptions["known"] = {
  annotations: knownKeys,
  reasons: new Set([...Object.keys(skipReasonTexts), ...otherReasons, deadlineReason]),
};

/** Too slow, too large, too many. */
const boundCodes: ReadonlySet<number> = new Set([408, 413, 503]);

export interface TelemetryOptions {
  readonly log: Log;
  readonly metrics: WebhookMetrics;
  /** Writes the Event on it, where one is due; absent: nobody takes any. */
  readonly recordEvent?: ((record: ReviewRecord) => void) | undefined;
  /** Somebody was turned away for a bound. */
  readonly onTurnedAway?: (message: string) => void;
}

/** One line for each answer. What is turned away gets one line a second: writing more of them would add to overload. */
export const reviewEvents = ({ log, metrics, recordEvent, onTurnedAway }: TelemetryOptions): ReviewEvents => {
  const turnedAway = perMessage((message) =>
    atMostOnce(1000, (requests) => log.warn(`answered 503: ${message}`, { requests })),
  );
  const fault = (reasons: readonly string[], milliseconds: number): void =>
    metrics.answered({ kind: "", result: "faulted", reasons, warnings: [] }, milliseconds);
  return {
    answered: (record, status, milliseconds) => {
      if (record === undefined) return metrics.refused(status);
      metrics.answered(record, milliseconds);
      log[levels[record.result]](record.result, fieldsOf(record, milliseconds));
      recordEvent?.(record);
    },
    refused: ({ code, message }) => {
      metrics.refused(code);
      if (boundCodes.has(code)) onTurnedAway?.(message);
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

const fieldsOf = (record: ReviewRecord, milliseconds: number) => ({
  uid: record.uid,
  kind: shortened(record.kind),
  namespace: shortened(record.namespace),
  name: shortened(record.name),
  owner: shortened(record.owner),
  reasons: record.reasons,
  warnings: record.warnings,
  milliseconds: rounded(milliseconds),
  dryRun: record.dryRun,
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

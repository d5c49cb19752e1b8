/** Metrics that every server of weft has. */
import { Counter, Gauge } from "prom-client";
import type { Registry } from "prom-client";

/** What is read from files: the middle of the names of its metrics. */
export type FileKind = "settings" | "certificate" | "objects" | "issuer" | "client_ca";

/** `good` is false when what was read is broken and not used. */
export type Reloaded = (kind: FileKind, good: boolean, at: Date) => void;

/** What a scraper gets. */
export interface MetricsPage {
  readonly text: string;
  readonly contentType: string;
}

/** Two servers in one process: metrics that both have, such as the process's own, are those of the first. */
export function joinedPages(first: MetricsPage, second: MetricsPage | undefined): MetricsPage {
  if (second === undefined) return first;
  const families = (text: string): readonly string[] => text.split(/^(?=# HELP )/m).filter((each) => each !== "");
  const nameOf = (family: string): string => family.split(" ", 3)[2] ?? "";
  const known = new Set(families(first.text).map(nameOf));
  const added = families(second.text).filter((family) => !known.has(nameOf(family)));
  return { ...first, text: [first.text.trimEnd(), ...added.map((family) => family.trimEnd()), ""].join("\n") };
}

export const buildInfo = (registers: Registry[], version: string): void => {
  const help = "Always 1; the label has the version.";
  new Gauge({ name: "weft_build_info", help, labelNames: ["version"], registers }).labels(version).set(1);
};

export const lostLinesMetric = (registers: Registry[], lost: () => number): void => {
  const counter: Counter = new Counter({
    name: "weft_log_lines_lost_total",
    help: "Lines of the log that could not be written: a full disk, or a reader that is gone or behind.",
    registers,
    collect: () => {
      counter.reset();
      counter.inc(lost());
    },
  });
};

/** Of these kinds from the beginning; those of another appear when it is read. */
export const reloadMetrics = (registers: Registry[], kinds: readonly FileKind[]): Reloaded => {
  const made = new Map(kinds.map((kind) => [kind, reloadMetricsOf(kind, registers)]));
  return (kind, good, at) => {
    const metrics = made.get(kind) ?? reloadMetricsOf(kind, registers);
    made.set(kind, metrics);
    metrics.success.set(good ? 1 : 0);
    if (good) metrics.last.set(at.getTime() / 1000);
    else metrics.failures.inc();
  };
};

const reloadMetricsOf = (kind: FileKind, registers: Registry[]) => ({
  success: new Gauge({
    name: `weft_${kind}_reload_success`,
    help: "1 when what was last read is in use, 0 when it was broken and what was read before is still in use.",
    registers,
  }),
  last: new Gauge({
    name: `weft_${kind}_last_reload_timestamp_seconds`,
    help: "When what is in use was read.",
    registers,
  }),
  failures: new Counter({
    name: `weft_${kind}_reload_failures_total`,
    help: "How often something broken was read.",
    registers,
  }),
});

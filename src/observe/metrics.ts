/** What Prometheus sees. Every label is bounded: names from a cluster never become labels. */
import { Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { clusterMetrics } from "./cluster-metrics.ts";
import type { ClusterMetrics, ClusterState } from "./cluster-metrics.ts";
import { identityMetrics } from "./identity-metrics.ts";
import type { IdentityMetrics } from "./identity-metrics.ts";
import { buildInfo, lostLinesMetric, reloadMetrics } from "./common-metrics.ts";
import type { MetricsPage, Reloaded } from "./common-metrics.ts";
import { counters } from "./counters.ts";

/** One answered review. */
export interface Observed {
  /** Lower-case kind of the object. */
  readonly kind: string;
  readonly result: string;
  /** Codes, the weightiest first. */
  readonly reasons: readonly string[];
  /** What the warnings are about: annotation keys. */
  readonly warnings: readonly string[];
}

export interface MetricsOptions {
  readonly version: string;
  /** Values that become labels as they are; any other becomes "other". */
  readonly known: {
    readonly reasons: ReadonlySet<string>;
    readonly annotations: ReadonlySet<string>;
  };
  /** How many requests are under way. */
  readonly inFlight: () => number;
  /** Lines of the log that were lost; absent where none ever is. */
  readonly logLinesLost?: () => number;
  /** Listener → connections that are open. */
  readonly connections?: () => Readonly<Record<string, number>>;
}

export interface Metrics {
  readonly answered: (observed: Observed, milliseconds: number) => void;
  /** A request refused before it was looked at as a review, by HTTP status. */
  readonly refused: (code: number) => void;
  /** A connection that was closed for a bound; the reasons are few and fixed words. */
  readonly connectionCut: (listener: string, reason: string) => void;
  readonly reloaded: Reloaded;
  readonly certificateExpires: (at: Date) => void;
  /** Adds what there is to see of a cluster; at most once. */
  readonly cluster: (state: ClusterState) => ClusterMetrics;
  /** Adds what there is to see of identities; at most once. */
  readonly identity: (now: () => Date) => IdentityMetrics;
  /** What a scraper gets. */
  readonly page: () => Promise<MetricsPage>;
}

/** Metrics with a registry of their own, so that two servers in one process do not mix. */
export const createMetrics = (options: MetricsOptions): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  buildInfo(registers, options.version);
  lostLinesMetric(registers, options.logLinesLost ?? (() => 0));
  inFlightGauge(registers, options.inFlight);
  const refusals = counters(registers, {
    name: "weft_http_refusals_total",
    help: "Requests refused before they were looked at as reviews, by HTTP status; 503 is overload.",
    labelNames: ["code"],
  });
  connectionsGauge(registers, options.connections ?? (() => ({})));
  const connectionCut = counters(registers, {
    name: "weft_connections_turned_away_total",
    help: "Connections closed as there were too many: in all, of one address, or at once.",
    labelNames: ["listener", "reason"],
  });
  const expiry = new Gauge({
    name: "weft_certificate_expiry_timestamp_seconds",
    help: "When the serving certificate expires.",
    registers,
  });
  return {
    answered: reviewMetrics(registers, options),
    refused: (code) => refusals(String(code)),
    connectionCut,
    reloaded: reloadMetrics(registers, ["settings", "certificate", "objects"]),
    certificateExpires: (at) => expiry.set(seconds(at)),
    cluster: (state) => clusterMetrics(registers, state),
    identity: (now) => identityMetrics(registers, now),
    page: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
  };
};

const inFlightGauge = (registers: Registry[], inFlight: () => number): void => {
  const inFlightReviews: Gauge = new Gauge({
    name: "weft_admission_requests_in_flight",
    help: "Requests under way.",
    registers,
    collect: () => inFlightReviews.set(inFlight()),
  });
};

const connectionsGauge = (registers: Registry[], connections: () => Readonly<Record<string, number>>): void => {
  const open: Gauge = new Gauge({
    name: "weft_connections",
    help: "Connections that are open.",
    labelNames: ["listener"],
    registers,
    collect: () => {
      for (const [listener, count] of Object.entries(connections())) open.labels(listener).set(count);
    },
  });
};

const reviewMetrics = (registers: Registry[], { known }: MetricsOptions): Metrics["answered"] => {
  const requests = counters(registers, {
    name: "weft_admission_requests_total",
    help: "Reviews answered, by the object's kind, what came of it, and the first reason for that.",
    labelNames: ["kind", "result", "reason"],
  });
  const warnings = counters(registers, {
    name: "weft_warnings_total",
    help: "Warnings given, by the annotation they are about.",
    labelNames: ["annotation"],
  });
  const duration = new Histogram({
    name: "weft_admission_duration_seconds",
    help: "From the headers of a review to its answer.",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });
  return ({ kind, result, reasons: [reason = ""], warnings: about }, milliseconds) => {
    requests(labelOf(kind, kinds), result, labelOf(reason, known.reasons));
    duration.observe(milliseconds / 1000);
    for (const key of about) warnings(labelOf(key, known.annotations));
  };
};

const seconds = (at: Date): number => at.getTime() / 1000;

const labelOf = (value: string, known: ReadonlySet<string>): string =>
  value === "" || known.has(value) ? value : "other";

// Contract 1.1.
const kinds: ReadonlySet<string> = new Set([
  "pod",
  "deployment",
  "replicaset",
  "replicationcontroller",
  "statefulset",
  "daemonset",
  "job",
  "cronjob",
  "namespace",
  "service",
]);

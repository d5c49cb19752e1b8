/** What Prometheus sees of the webhook. Every label is bounded: names from a cluster never become labels. */
import { clusterMetrics } from "./cluster-metrics.ts";
import type { ClusterMetrics, ClusterState } from "./cluster-metrics.ts";
import { inUseMetrics, reloadMetrics } from "./file-metrics.ts";
import type { InUse, Reloaded } from "./file-metrics.ts";
import { reviewedKinds } from "./metric-rows.ts";
import type { Raise } from "./metric-rows.ts";
import { MetricRegistry } from "./registry.ts";
import type { MetricsPage } from "./registry.ts";

/** One answered review. */
interface Observed {
  /** Lower-case kind of the object. */
  readonly kind: string;
  readonly result: Parameters<Raise<"weft_admission_requests_total">>[1];
  /** Codes, the weightiest first. */
  readonly reasons: readonly string[];
  /** What the warnings are about: annotation keys. */
  readonly warnings: readonly string[];
}

export interface WebhookMetricsOptions {
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

export interface WebhookMetrics {
  readonly answered: (observed: Observed, milliseconds: number) => void;
  /** A request refused before it was looked at as a review, by HTTP status. */
  readonly refused: (code: number) => void;
  /** A connection that was closed for a bound. */
  readonly connectionCut: Raise<"weft_connections_turned_away_total">;
  readonly reloaded: Reloaded;
  readonly inUse: InUse;
  readonly certificateExpires: (at: Date) => void;
  /** Adds how long the objects that files are mounted from were not heard of; at most once. */
  readonly mountedStaleness: (seconds: () => number) => void;
  /** Adds what there is to see of a cluster; at most once. */
  readonly cluster: (state: ClusterState) => ClusterMetrics;
  /** What a scraper gets. */
  readonly page: () => Promise<MetricsPage>;
}

export const createWebhookMetrics = (options: WebhookMetricsOptions): WebhookMetrics => {
  const registry = new MetricRegistry(options.version, options.logLinesLost ?? (() => 0));
  registry.gaugeFrom("weft_admission_requests_in_flight", options.inFlight);
  registry.gaugesFrom("weft_connections", options.connections ?? (() => ({})));
  const refusals = registry.counter("weft_http_refusals_total");
  return {
    answered: reviewMetrics(registry, options),
    refused: (code) => refusals(String(code)),
    connectionCut: registry.counter("weft_connections_turned_away_total"),
    reloaded: reloadMetrics(registry, ["settings", "certificate", "objects"]),
    inUse: inUseMetrics(registry, ["settings", "trust_anchors"]),
    mountedStaleness: (seconds) => registry.gaugeFrom("weft_mounted_objects_staleness_seconds", seconds),
    certificateExpires: registry.time("weft_certificate_expiry_timestamp_seconds"),
    cluster: (state) => clusterMetrics(registry, state),
    page: registry.page,
  };
};

/** Seconds. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const reviewMetrics = (registry: MetricRegistry, { known }: WebhookMetricsOptions): WebhookMetrics["answered"] => {
  const requests = registry.counter("weft_admission_requests_total");
  const warnings = registry.counter("weft_warnings_total");
  const took = registry.duration("weft_admission_duration_seconds", buckets);
  return ({ kind, result, reasons: [reason = ""], warnings: about }, milliseconds) => {
    requests(
      kind === "" ? "" : (reviewedKinds.find((each) => each === kind) ?? "other"),
      result,
      labelOf(reason, known.reasons),
    );
    took(milliseconds);
    for (const key of about) warnings(labelOf(key, known.annotations));
  };
};

const labelOf = (value: string, known: ReadonlySet<string>): string =>
  value === "" || known.has(value) ? value : "other";

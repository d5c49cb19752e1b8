/** What Prometheus sees of the cluster behind the webhook; registered only where there is one. */
import type { Raise } from "./metric-rows.ts";
import type { MetricRegistry } from "./registry.ts";

/** What is asked for when somebody scrapes. */
export interface ClusterState {
  /** Seconds since the watch of the namespaces was last heard of; Infinity before the first time. */
  readonly staleness: () => number;
  readonly namespaces: () => number;
}

export interface ClusterMetrics {
  readonly namespaceAsked: () => void;
  readonly namespaceRefused: () => void;
  readonly ownerLookup: Raise<"weft_owner_lookups_total">;
  readonly event: Raise<"weft_events_total">;
}

export const clusterMetrics = (registry: MetricRegistry, state: ClusterState): ClusterMetrics => {
  registry.gaugeFrom("weft_namespace_cache_staleness_seconds", state.staleness);
  registry.gaugeFrom("weft_namespace_cache_size", state.namespaces);
  return {
    namespaceAsked: registry.counter("weft_namespace_requests_total"),
    namespaceRefused: registry.counter("weft_unknown_namespaces_refused_total"),
    ownerLookup: registry.counter("weft_owner_lookups_total"),
    event: registry.counter("weft_events_total"),
  };
};

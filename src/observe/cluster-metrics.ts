/** What Prometheus sees of the cluster behind the webhook; registered only where there is one. */
import { Gauge } from "prom-client";
import type { Registry } from "prom-client";
import { counters } from "./counters.ts";

/** What is asked for when somebody scrapes. */
export interface ClusterState {
  /** Seconds since the watch of the namespaces was last heard of; Infinity before the first time. */
  readonly staleness: () => number;
  readonly namespaces: () => number;
}

/** Counts; the results are few and fixed words. */
export interface ClusterMetrics {
  readonly namespaceAsked: () => void;
  readonly namespaceRefused: () => void;
  readonly ownerLookup: (result: string) => void;
  readonly event: (result: string) => void;
}

export const clusterMetrics = (registers: Registry[], state: ClusterState): ClusterMetrics => {
  const gauge = (name: string, help: string, value: () => number): void => {
    const made: Gauge = new Gauge({ name, help, registers, collect: () => made.set(value()) });
  };
  gauge(
    "weft_namespace_cache_staleness_seconds",
    "Since the watch of the namespaces was last heard of: up to a minute when all is well, above 150 it is broken.",
    state.staleness,
  );
  gauge("weft_namespace_cache_size", "Namespaces known.", state.namespaces);
  const asked = counters(registers, {
    name: "weft_namespace_requests_total",
    help: "Namespaces that had to be asked for: not in the cache, or read again as the cache seemed to be behind.",
    labelNames: [],
  });
  const refused = counters(registers, {
    name: "weft_unknown_namespaces_refused_total",
    help: "Namespaces that were not asked for, as more of them were than the rate allows: reviews may be anybody's.",
    labelNames: [],
  });
  const ownerLookup = counters(registers, {
    name: "weft_owner_lookups_total",
    help: "Owners of pods that were looked up: cached, fetched, missing, failed, or refused as too many were missing.",
    labelNames: ["result"],
  });
  const event = counters(registers, {
    name: "weft_events_total",
    help: "Events on owners: sent, aggregated (counted on one that is there), dropped (over a rate) or failed.",
    labelNames: ["result"],
  });
  return {
    namespaceAsked: () => asked(),
    namespaceRefused: () => refused(),
    ownerLookup,
    event,
  };
};

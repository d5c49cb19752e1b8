/** What Prometheus sees of the cluster behind the webhook; registered only where there is one. */
import { Gauge } from "prom-client";
import type { Registry } from "prom-client";
import { tally } from "./tally.ts";

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
  readonly leads: (leads: boolean) => void;
  readonly authorityExpires: (at: Date) => void;
  readonly renewal: (result: "made" | "repaired" | "failed") => void;
  readonly bundleRepair: () => void;
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
  const asked = tally(registers, {
    name: "weft_namespace_requests_total",
    help: "Namespaces that had to be asked for: not in the cache, or read again as the cache seemed to be behind.",
    labelNames: [],
  });
  const refused = tally(registers, {
    name: "weft_unknown_namespaces_refused_total",
    help: "Namespaces that were not asked for, as more of them were than the rate allows: reviews may be anybody's.",
    labelNames: [],
  });
  const ownerLookup = tally(registers, {
    name: "weft_owner_lookups_total",
    help: "Owners of pods that were looked up: cached, fetched, missing, failed, or refused as too many were missing.",
    labelNames: ["result"],
  });
  const event = tally(registers, {
    name: "weft_events_total",
    help: "Events on owners: sent, aggregated (counted on one that is there), dropped (over a rate) or failed.",
    labelNames: ["result"],
  });
  const leader = new Gauge({
    name: "weft_leader",
    help: "1 in the replica that holds the Lease and so keeps certificates and caBundles, else 0.",
    registers,
  });
  leader.set(0);
  return {
    ...certificateMetrics(registers),
    namespaceAsked: () => asked(),
    namespaceRefused: () => refused(),
    ownerLookup,
    event,
    leads: (leads) => leader.set(leads ? 1 : 0),
  };
};

const certificateMetrics = (
  registers: Registry[],
): Pick<ClusterMetrics, "authorityExpires" | "renewal" | "bundleRepair"> => {
  let expiry: Gauge | undefined;
  const renewals = tally(registers, {
    name: "weft_certificate_renewals_total",
    help: "Changes of the Secret with CA and certificate: made as they were due, repaired, or failed.",
    labelNames: ["result"],
  });
  const repairs = tally(registers, {
    name: "weft_ca_bundle_repairs_total",
    help: "How often a caBundle that somebody had changed was put right.",
    labelNames: [],
  });
  return {
    authorityExpires: (at) => {
      // Absent until there is one: an alert must not take 0 for a day in 1970.
      expiry ??= new Gauge({
        name: "weft_ca_expiry_timestamp_seconds",
        help: "When the CA that signs the serving certificates expires.",
        registers,
      });
      expiry.set(at.getTime() / 1000);
    },
    renewal: (result) => renewals(result),
    bundleRepair: () => repairs(),
  };
};

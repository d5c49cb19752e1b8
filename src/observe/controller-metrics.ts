/** What Prometheus sees of the control plane. Every label is bounded: names from a cluster never become labels. */
import { inUseMetrics, reloadMetrics } from "./file-metrics.ts";
import type { InUse, Reloaded } from "./file-metrics.ts";
import { identityMetrics } from "./identity-metrics.ts";
import type { IdentityMetrics } from "./identity-metrics.ts";
import { handshakeCodes } from "./metric-rows.ts";
import type { Raise } from "./metric-rows.ts";
import { MetricRegistry } from "./registry.ts";
import type { MetricsPage } from "./registry.ts";

/** What is asked for when somebody scrapes. */
export interface ControllerState {
  /** Listener, such as `destination` → connections that are open. */
  readonly connections: () => Readonly<Record<string, number>>;
  readonly streams: () => number;
  /** Listener, or `streams` → 1 while a bound turns callers away. */
  readonly turningAway: () => Readonly<Record<string, number>>;
  /** Targets that streams follow: several may follow one. */
  readonly targets: () => number;
  /** Kind → objects in the index. */
  readonly objects: () => Readonly<Record<string, number>>;
  /** Kind → objects that there is no room for. */
  readonly leftOut: () => Readonly<Record<"policies" | "others", Readonly<Record<string, number>>>>;
  /** Pods that asked for a proxy and have none; asked of the replica that leads. */
  readonly missed: () => number;
  /** Seconds since the kind that is silent for longest was heard of; Infinity before the first time. */
  readonly staleness: () => number;
  /** Lines of the log. */
  readonly linesLost: () => number;
}

export interface ControllerMetrics {
  readonly reloaded: Reloaded;
  readonly inUse: InUse;
  /** Adds how long the objects that files are mounted from were not heard of; at most once. */
  readonly mountedStaleness: (seconds: () => number) => void;
  /** Adds what there is to see of issuing; at most once. */
  readonly identity: (now: () => Date) => IdentityMetrics;
  /** Whether the client showed a certificate of the mesh. */
  readonly connected: Raise<"weft_connections_total">;
  readonly refused: (listener: Parameters<Raise<"weft_handshake_failures_total">>[0], code: string) => void;
  /** A bound of the listener (or of all `streams`) turned somebody away. */
  readonly turnedAway: Raise<"weft_turned_away_total">;
  readonly streamOpened: (method: string) => void;
  readonly streamEnded: (method: string, code: string) => void;
  readonly sent: (method: string) => void;
  readonly replaced: (method: string) => void;
  /** Whether a caller is whom it speaks for. */
  readonly caller: Raise<"weft_callers_total">;
  /** An address in the cluster's networks was nobody's: it became somebody's in time, or not. */
  readonly unknownAddress: (outcome: "came" | "stayed") => void;
  readonly status: (result: "written" | "failed") => void;
  readonly leads: (leads: boolean) => void;
  readonly page: () => Promise<MetricsPage>;
}

export function createControllerMetrics(version: string, state: ControllerState): ControllerMetrics {
  const registry = new MetricRegistry(version, state.linesLost);
  registry.gaugesFrom("weft_connections", state.connections);
  registry.gaugesFrom("weft_turning_away", state.turningAway);
  registry.gaugeFrom("weft_streams", state.streams);
  registry.gaugeFrom("weft_targets", state.targets);
  registry.gaugesFrom("weft_cluster_objects", state.objects);
  registry.gaugesFrom("weft_policies_left_out", () => state.leftOut().policies);
  registry.gaugesFrom("weft_cluster_objects_left_out", () => state.leftOut().others);
  let leading = false;
  registry.gaugeFrom("weft_missed_pods", () => (leading ? state.missed() : 0));
  registry.gaugeFrom("weft_cluster_staleness_seconds", state.staleness);
  const refused = registry.counter("weft_handshake_failures_total");
  const leader = registry.gauge("weft_controller_leader");
  return {
    reloaded: reloadMetrics(registry, ["settings"]),
    inUse: inUseMetrics(registry, ["settings", "trust_anchors", "issuer"]),
    mountedStaleness: (seconds) => registry.gaugeFrom("weft_mounted_objects_staleness_seconds", seconds),
    identity: (now) => identityMetrics(registry, now),
    connected: registry.counter("weft_connections_total"),
    refused: (listener, code) => refused(listener, handshakeCodes.find((each) => each === code) ?? "other"),
    turnedAway: registry.counter("weft_turned_away_total"),
    streamOpened: registry.counter("weft_streams_opened_total"),
    streamEnded: registry.counter("weft_streams_ended_total"),
    sent: registry.counter("weft_stream_messages_total"),
    replaced: registry.counter("weft_stream_values_replaced_total"),
    caller: registry.counter("weft_callers_total"),
    unknownAddress: registry.counter("weft_unknown_addresses_total"),
    status: registry.counter("weft_policy_status_total"),
    leads: (leads) => {
      leading = leads;
      leader(leads ? 1 : 0);
    },
    page: registry.page,
  };
}

/** What Prometheus sees of the control plane. Every label is bounded: names from a cluster never become labels. */
import { Gauge, Registry, collectDefaultMetrics } from "prom-client";
import { buildInfo, lostLinesMetric, reloadMetrics } from "./common-metrics.ts";
import type { MetricsPage, Reloaded } from "./common-metrics.ts";
import { identityMetrics } from "./identity-metrics.ts";
import type { IdentityMetrics } from "./identity-metrics.ts";
import { counters } from "./counters.ts";

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
  /** Kind → policies that there is no room for. */
  readonly leftOut: () => Readonly<Record<string, number>>;
  /** Seconds since the kind that is silent for longest was heard of; Infinity before the first time. */
  readonly staleness: () => number;
  /** Lines of the log. */
  readonly linesLost: () => number;
}

export interface ControllerMetrics {
  readonly reloaded: Reloaded;
  /** Adds what there is to see of issuing; at most once. */
  readonly identity: (now: () => Date) => IdentityMetrics;
  /** `client`: whether it showed a certificate of the mesh. */
  readonly connected: (listener: string, client: "certified" | "anonymous") => void;
  readonly refused: (listener: string, code: string) => void;
  /** A bound of the listener (or of all `streams`) turned somebody away; `reason` is one of few words. */
  readonly turnedAway: (listener: string, reason: string) => void;
  readonly streamOpened: (method: string) => void;
  readonly streamEnded: (method: string, code: string) => void;
  readonly sent: (method: string) => void;
  readonly replaced: (method: string) => void;
  /** Whether a caller is whom it speaks for. */
  readonly caller: (method: string, verdict: string) => void;
  /** An address in the cluster's networks was nobody's: it became somebody's in time, or not. */
  readonly unknownAddress: (outcome: "came" | "stayed") => void;
  readonly status: (result: "written" | "failed") => void;
  readonly leads: (leads: boolean) => void;
  readonly page: () => Promise<MetricsPage>;
}

/** Codes of failed handshakes that are told apart. */
const refusals: ReadonlySet<string> = new Set([
  "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE",
  "ERR_SSL_CERTIFICATE_VERIFY_FAILED",
  "ERR_SSL_UNSUPPORTED_PROTOCOL",
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_HTTP_REQUEST",
  "ERR_SSL_NO_APPLICATION_PROTOCOL",
  "ERR_TLS_HANDSHAKE_TIMEOUT",
  "ECONNRESET",
  "EMFILE",
]);

export function createControllerMetrics(version: string, state: ControllerState): ControllerMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  buildInfo(registers, version);
  lostLinesMetric(registers, state.linesLost);
  stateGauges(registers, state);
  const count = (name: string, help: string, ...labelNames: string[]) =>
    counters(registers, { name, help, labelNames });
  const refused = count("weft_handshake_failures_total", "TLS handshakes that failed.", "listener", "code");
  const leader = new Gauge({
    name: "weft_controller_leader",
    help: "1 in the replica that holds the Lease and so writes the status of policies, else 0.",
    registers,
  });
  leader.set(0);
  return {
    reloaded: reloadMetrics(registers, ["settings"]),
    identity: (now) => identityMetrics(registers, now),
    connected: count(
      "weft_connections_total",
      "Connections made, by whether the client is certified.",
      "listener",
      "client",
    ),
    refused: (listener, code) => refused(listener, refusals.has(code) ? code : "other"),
    turnedAway: count("weft_turned_away_total", "Callers turned away for a bound.", "listener", "reason"),
    streamOpened: count("weft_streams_opened_total", "Streams that were opened.", "method"),
    streamEnded: count("weft_streams_ended_total", "Streams that have ended, by gRPC status.", "method", "code"),
    sent: count("weft_stream_messages_total", "Messages sent on streams.", "method"),
    replaced: count(
      "weft_stream_values_replaced_total",
      "Values that a reader never saw, as it was slower than the changes.",
      "method",
    ),
    caller: count(
      "weft_callers_total",
      "Callers by whether they are whom they speak for: same, other, refused, unknown.",
      "method",
      "verdict",
    ),
    unknownAddress: count(
      "weft_unknown_addresses_total",
      "Addresses in the cluster's networks that nobody had when a proxy asked: came in a moment, or stayed unknown.",
      "outcome",
    ),
    status: count("weft_policy_status_total", "Writes of the status of policies.", "result"),
    leads: (leads) => leader.set(leads ? 1 : 0),
    page: async () => ({ text: await registry.metrics(), contentType: registry.contentType }),
  };
}

function stateGauges(registers: Registry[], state: ControllerState): void {
  const gauge = (name: string, help: string, value: () => number): void => {
    const made: Gauge = new Gauge({ name, help, registers, collect: () => made.set(value()) });
  };
  const gauges = (name: string, help: string, label: string, values: () => Readonly<Record<string, number>>): void => {
    const made: Gauge = new Gauge({
      name,
      help,
      labelNames: [label],
      registers,
      collect: () => {
        for (const [of, value] of Object.entries(values())) made.labels(of).set(value);
      },
    });
  };
  gauges("weft_connections", "Connections that are open.", "listener", state.connections);
  gauges(
    "weft_turning_away",
    "1 while a bound turns callers away: somebody was in the last minute.",
    "listener",
    state.turningAway,
  );
  gauge("weft_streams", "Streams that are open.", state.streams);
  gauge("weft_targets", "Targets that streams follow.", state.targets);
  gauges("weft_cluster_objects", "Objects in the index.", "kind", state.objects);
  gauges(
    "weft_policies_left_out",
    "Policies that there is no room for, of namespaces that have most of them.",
    "kind",
    state.leftOut,
  );
  gauge(
    "weft_cluster_staleness_seconds",
    "Since the kind that is silent for longest was heard of: up to a minute when all is well, above 150 its watch is broken.",
    state.staleness,
  );
}

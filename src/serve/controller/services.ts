/** The services that tell what is true of the cluster, with what they log and count. */
import { status } from "@grpc/grpc-js";
import type { Live } from "../../core/view/live.ts";
import type { MeshView } from "../../core/view/mesh.ts";
import type { Caller } from "../../grpc/callers.ts";
import { destinationService } from "../../grpc/destination-service.ts";
import { holdBack } from "../../grpc/held-back.ts";
import type { StreamCounts } from "../../grpc/following.ts";
import type { LatestStreams } from "../../grpc/latest.ts";
import type { GrpcService } from "../../grpc/listener.ts";
import { inboundService, outboundService } from "../../grpc/policy-service.ts";
import type { ControllerMetrics } from "../../observe/controller-metrics.ts";
import type { Log } from "../../observe/log.ts";
import { callerLog } from "./caller-log.ts";
import { Encodings } from "../../grpc/encoded.ts";
import { mostEncoded } from "../../grpc/limits.ts";

export interface ServiceNeeds {
  readonly live: Live;
  readonly mesh: () => MeshView;
  readonly streams: LatestStreams;
  readonly log: Log;
  readonly metrics: ControllerMetrics;
  readonly now: () => Date;
}

export function streamServices({ live, mesh, streams, log, metrics, now }: ServiceNeeds): {
  readonly destination: readonly GrpcService[];
  readonly policy: readonly GrpcService[];
} {
  const tell = callerLog(log, () => now().getTime());
  const onCaller = (caller: Caller): void => {
    metrics.caller(caller.method, caller.verdict.kind);
    tell(caller);
  };
  const later = (milliseconds: number, then: () => void): (() => void) => {
    const timer = setTimeout(then, milliseconds).unref();
    return () => clearTimeout(timer);
  };
  const heldBack = holdBack({ now: () => now().getTime(), later, onEnd: metrics.unknownAddress });
  const encodings = new Encodings(mostEncoded);
  const needs = { live, mesh, streams, encodings, view: () => live.index.view(), onCaller, holdBack: heldBack };
  return { destination: [destinationService(needs)], policy: [inboundService(needs), outboundService(needs)] };
}

export const streamCounts = (
  metrics: ControllerMetrics,
  log: Log,
  onTurnedAway: (reason: string) => void,
): StreamCounts => ({
  opened: metrics.streamOpened,
  closed: (method, code) => metrics.streamEnded(method, status[code]),
  sent: metrics.sent,
  replaced: metrics.replaced,
  refused: (by) => {
    const reason = by === "one" ? "TOO_MANY_STREAMS_OF_ONE" : "TOO_MANY_STREAMS";
    onTurnedAway(reason);
    metrics.turnedAway("streams", reason);
  },
  failed: (method, error) => log.error("a stream could not be answered, and was ended", { method }, error),
});

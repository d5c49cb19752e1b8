/**
 * One pod, tapped for as long as it is there: a forward, TLS, and one `Observe` after another on it, a second each. A
 * broken forward is opened again.
 */
import { withTimeout } from "../../async/limit.ts";
import { firstLineOf } from "../../core/base/text/words.ts";
import { tapEvent } from "../../core/traffic/tap/event.ts";
import type { TapEvent } from "../../core/traffic/tap/event.ts";
import type { TapPod } from "../../core/traffic/tap/pods.ts";
import type { ObserveRequest, TapMessage } from "../../core/proxy-api/tap.ts";
import { channelOver, grpcCodes } from "../../grpc/client.ts";
import type { Channel, ClientCertificate, GrpcStatus } from "../../grpc/client.ts";
import { observe } from "../../grpc/tap-client.ts";
import type { Tapper } from "./certificate.ts";
import type { Tappable } from "./proxy-names.ts";
import type { TapWorld } from "./world.ts";

export interface PodTap {
  readonly pod: TapPod;
  readonly proxy: Extract<Tappable, { kind: "tappable" }>;
  readonly tapper: Tapper;
  /** Asked before each call; undefined: nothing could match now. */
  readonly request: () => ObserveRequest | undefined;
  readonly onEvent: (event: TapEvent) => void;
  /** So many requests were not told, as we were slow. */
  readonly onLost: (requests: number) => void;
  /** One line; of a forward that is broken only the first of a row. */
  readonly onTrouble: (words: string) => void;
}

/** Why it ended: the signal, or the proxy will never let us. */
export type PodTapEnd = { readonly kind: "stopped" } | { readonly kind: "given up"; readonly why: string };

/** Milliseconds: between the beginnings of two calls; for a connection to be made; between two of them. */
const timing = { call: 1000, connect: 10_000, firstPause: 1000, longestPause: 10_000 } as const;

export async function tapOnePod(world: TapWorld, tap: PodTap, signal: AbortSignal): Promise<PodTapEnd> {
  let failures = 0;
  let isRenewed = false;
  while (!signal.aborted) {
    const outcome = await connected(world, tap, signal, () => (failures = 0));
    if (outcome.kind === "given up") return outcome;
    if (outcome.kind === "refused") {
      if (isRenewed) return { kind: "given up", why: `its proxy refuses the certificate: ${outcome.why}` };
      isRenewed = true;
      tap.tapper.refused(outcome.certificate);
      continue;
    }
    if (signal.aborted) break;
    if (failures === 0) tap.onTrouble(outcome.why);
    await world.clock.wait(Math.min(timing.longestPause, timing.firstPause * 2 ** failures), signal);
    failures += 1;
  }
  return { kind: "stopped" };
}

type Connected =
  | { readonly kind: "broken"; readonly why: string }
  | { readonly kind: "refused"; readonly why: string; readonly certificate: ClientCertificate }
  | Extract<PodTapEnd, { kind: "given up" }>;

/** Until the connection ends; resolves also when there was none. */
async function connected(world: TapWorld, tap: PodTap, signal: AbortSignal, onWorking: () => void): Promise<Connected> {
  try {
    const certificate = await tap.tapper.certificate();
    const channel = await opened(world, tap, certificate, signal);
    const close = (): void => channel.close();
    signal.addEventListener("abort", close, { once: true });
    try {
      const { code, message } = await calls({ clock: world.clock, channel, tap, onWorking }, signal);
      if (code === grpcCodes.unauthenticated) return { kind: "refused", why: message, certificate };
      return { kind: code === grpcCodes.invalidArgument ? "given up" : "broken", why: message };
    } finally {
      signal.removeEventListener("abort", close);
      close();
    }
  } catch (error) {
    return { kind: "broken", why: firstLineOf(error) };
  }
}

const opened = (
  { forward }: TapWorld,
  { pod, proxy: { names } }: PodTap,
  certificate: ClientCertificate,
  signal: AbortSignal,
): Promise<Channel> =>
  withTimeout(signal, timing.connect, async (within) => {
    const stream = await forward(pod.view, pod.ports.control, within);
    return channelOver(stream, { name: names.own, anchors: names.anchors, certificate }, within);
  });

interface Calls {
  readonly clock: TapWorld["clock"];
  readonly channel: Channel;
  readonly tap: PodTap;
  readonly onWorking: () => void;
}

/** One after the other, until one ends otherwise than with OK. */
async function calls(of: Calls, signal: AbortSignal): Promise<GrpcStatus> {
  const { clock, tap, onWorking } = of;
  while (!signal.aborted) {
    const since = clock.now();
    const request = tap.request();
    if (request !== undefined) {
      const status = await oneCall(of, request, signal);
      if (status.code !== grpcCodes.ok) return status;
      onWorking();
    }
    await clock.wait(Math.max(0, since + timing.call - clock.now()), signal);
  }
  return { code: grpcCodes.cancelled, message: "cancelled" };
}

async function oneCall(
  { clock, channel, onWorking, tap }: Calls,
  request: ObserveRequest,
  signal: AbortSignal,
): Promise<GrpcStatus> {
  const { namespace, name } = tap.pod.view;
  const gaps = requestGaps(clock, tap.onLost);
  const flooded = new AbortController();
  let told = 0;
  const onMessage = (message: TapMessage): void => {
    told += 1;
    if (told > eventsOfRequest * request.limit * 2) flooded.abort();
    if (flooded.signal.aborted) return;
    const event = tapEvent({ namespace, name }, message);
    if (event === undefined) return;
    onWorking();
    if (event.what.kind === "request") gaps.told(event.id.stream);
    tap.onEvent(event);
  };
  const status = await observe(channel, request, onMessage, AbortSignal.any([signal, flooded.signal]));
  gaps.end();
  return flooded.signal.aborted && !signal.aborted ? toldTooMuch : status;
}

/** It begins, is answered and ends. A proxy that tells of twice as many as it was asked for would drown the others. */
const eventsOfRequest = 3;
const toldTooMuch: GrpcStatus = {
  code: grpcCodes.invalidArgument,
  message: "it tells of more requests than it was asked for",
};

/**
 * A proxy whose reader is slow leaves out events without a word: the numbers of its requests have gaps then. They come
 * from several threads, so a gap counts when it was there for a while.
 */
function requestGaps(clock: TapWorld["clock"], onLost: (requests: number) => void) {
  let [next, told, counted, gap, since] = [0, 0, 0, 0, 0];
  const count = (): void => {
    if (gap > counted) onLost(gap - counted);
    counted = Math.max(counted, gap);
  };
  return {
    told: (stream: number): void => {
      told += 1;
      next = Math.max(next, stream + 1);
      if (next - told === gap) {
        if (clock.now() - since >= timing.call) count();
        return;
      }
      gap = next - told;
      since = clock.now();
    },
    end: count,
  };
}

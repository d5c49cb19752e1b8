/**
 * Streams in which the latest value wins: what a slow reader was not sent yet is replaced by what is true now, never
 * queued. One message at a time is on its way to a reader, and the next begins from what that reader was sent last.
 */
import { status } from "@grpc/grpc-js";
import { Behind } from "./behind.ts";
import type { Following, GrpcFault, LatestCall, Reader, StreamCounts } from "./following.ts";
import { LatestAnswer } from "./latest-answer.ts";
import type { Answer } from "./latest-answer.ts";
import { LatestStream } from "./latest-stream.ts";
import type { Sending } from "./latest-stream.ts";
import { limitsForStreams } from "./limits.ts";
import type { StreamsLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import { Shares } from "./shares.ts";
import type { Entered, Held } from "./shares.ts";
import { Turns, pacedBy } from "./turns.ts";

/** Begun when `ready` resolves: before that nothing is known, and nothing is not an answer. */
export class LatestStreams {
  readonly #ready: Promise<void>;
  readonly #counts: StreamCounts;
  readonly #limits: StreamsLimits;
  readonly #streams = new Set<LatestStream>();
  readonly #shares: Shares;
  readonly #sending: Sending;
  #state: "waiting" | "open" | "ending" = "waiting";

  constructor(ready: Promise<void>, counts: StreamCounts, limits: StreamsLimits = limitsForStreams) {
    this.#ready = ready;
    this.#counts = counts;
    this.#limits = limits;
    this.#shares = new Shares(limits);
    this.#sending = {
      outbox: new Outbox(limits.outbox),
      turns: new Turns(limits.encoding && { may: pacedBy(limits.encoding, () => performance.now()) }),
      slices: new Turns(),
      behind: new Behind(limits.behind ?? Infinity),
    };
    void ready.then(() => this.#begin());
  }

  open<Value>(call: LatestCall, reader: Reader, following: Following<Value>): void {
    if (this.#state === "ending") return void call.emit("error", leaving);
    const held: Held = { displace: () => stream.end(displaced) };
    const refused = this.#enter(reader, held);
    if (refused !== undefined) return void call.emit("error", refused);
    const { method } = following;
    const stream = new LatestStream({
      call,
      reader,
      following: following as Following<unknown>,
      sending: this.#sending,
      counts: this.#counts,
      onEnd: (code) => {
        this.#streams.delete(stream);
        this.#shares.leave(reader.key, reader, held);
        this.#counts.closed(method, code);
      },
    });
    this.#streams.add(stream);
    this.#counts.opened(method);
    if (this.#state === "open") stream.begin();
  }

  /** The last message of the value now, for who asks once. */
  once<Value>(reader: Reader, following: Following<Value>, answer: Answer): void {
    const held: Held = { displace: () => asked.end(displaced) };
    const refused = this.#enter(reader, held);
    if (refused !== undefined) return answer(refused);
    const asked = new LatestAnswer(following, this.#counts, (fault, message) => {
      this.#shares.leave(reader.key, reader, held);
      answer(fault, message);
    });
    void this.#ready.then(() => asked.begin());
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Follows anew: what values are made with, beside the cluster, has changed. */
  again(): void {
    if (this.#state === "waiting") return;
    // All leave their targets before the first comes back: a target that somebody follows stays as it is.
    for (const stream of this.#streams) stream.leave();
    for (const stream of this.#streams) stream.follow();
  }

  /** Ends them all, and whoever comes: clients go elsewhere. */
  endAll(): void {
    this.#state = "ending";
    for (const stream of this.#streams) stream.end(leaving);
  }

  #begin(): void {
    if (this.#state !== "waiting") return;
    this.#state = "open";
    for (const stream of this.#streams) stream.begin();
  }

  /** Takes its place; or why there is none. */
  #enter(reader: Reader, held: Held): GrpcFault | undefined {
    const entered = this.#shares.enter(reader.key, reader, held);
    if (entered === "room") return undefined;
    this.#counts.refused?.(entered);
    return tooMany(reader, entered, this.#limits);
  }
}

const leaving: GrpcFault = { code: status.UNAVAILABLE, details: "stopping" };
const displaced: GrpcFault = {
  code: status.RESOURCE_EXHAUSTED,
  details: "there are as many streams as this replica can hold, and this caller has most of them: one was given away",
};

const tooMany = ({ key }: Reader, entered: Entered, { most, mostOfOne }: StreamsLimits): GrpcFault => ({
  code: status.RESOURCE_EXHAUSTED,
  details:
    entered === "one"
      ? `${key} has ${mostOfOne} streams open: no more are opened for one caller`
      : `there are ${most} streams, as many as this replica can hold, and no caller has more of them than ${key}`,
});

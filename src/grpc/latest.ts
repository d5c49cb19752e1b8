/**
 * Streams in which the latest value wins: what a slow reader was not sent yet is replaced by what is true now, never
 * queued. One message at a time is on its way to a reader, and the next begins from what that reader was sent last.
 */
import { status } from "@grpc/grpc-js";
import { Behind } from "./behind.ts";
import type { OldValue, SlowReader } from "./behind.ts";
import type { Deferred } from "./encoded.ts";
import { limitsForStreams } from "./limits.ts";
import type { StreamsLimits } from "./limits.ts";
import { Outbox } from "./outbox.ts";
import type { Message } from "./outbox.ts";
import type { Peer } from "./peers.ts";
import { Shares } from "./shares.ts";
import type { Entered, Held } from "./shares.ts";
import { Turns, pacedBy } from "./turns.ts";

/** What of a grpc-js call is used. */
export interface LatestCall {
  readonly write: (message: Buffer, sent: () => void) => unknown;
  readonly on: (event: "cancelled" | "close", listener: () => void) => unknown;
  readonly emit: (event: "error", error: GrpcFault) => unknown;
}

export interface GrpcFault {
  readonly code: status;
  readonly details: string;
}

/** What a reader gets. */
export interface Following<Value> {
  /** For metrics, such as `Destination/Get`. */
  readonly method: string;
  /** Asked before the first value; undefined: it may go on. */
  readonly refusal?: () => GrpcFault | undefined;
  /** Calls back with the value now and whenever it is another one, until the function that it returns is called. */
  readonly follow: (onValue: (value: Value) => void) => () => void;
  /** What brings a reader from what it was sent last to the value now; or the end of the stream. */
  readonly step: (sent: Value | undefined, now: Value) => Messages | GrpcFault;
  /** What of a value is large, and is held while a reader is behind; absent: nothing. */
  readonly held?: (value: Value) => OldValue | undefined;
}

/** In order; one that is large may be encoded when its turn has come. */
export type Messages = readonly (Buffer | Deferred)[];

export interface StreamCounts {
  readonly opened: (method: string) => void;
  /** Code as grpc-js has it; CANCELLED when the reader went. */
  readonly closed: (method: string, code: status) => void;
  readonly sent: (method: string) => void;
  /** A value that a reader never saw, as it was slower than the changes. */
  readonly replaced: (method: string) => void;
  /** A stream was not taken on, as there are too many of its caller, or in all. */
  readonly refused?: (by: "one" | "all") => void;
  /** A value could not be made or sent: a bug of ours, that ends this stream and no other. */
  readonly failed?: (method: string, error: unknown) => void;
}

export interface Streams {
  readonly open: <Value>(call: LatestCall, reader: Reader, following: Following<Value>) => void;
  /** The last message of the value now, for who asks once. */
  readonly once: <Value>(
    reader: Reader,
    following: Following<Value>,
    answer: (fault: GrpcFault | null, message?: Buffer) => void,
  ) => void;
  readonly size: () => number;
  /** Follows anew: what values are made with, beside the cluster, has changed. */
  readonly again: () => void;
  /** Ends them all, and whoever comes: clients go elsewhere. */
  readonly endAll: () => void;
}

/** Who reads: streams with the same key share what one caller may have. */
type Reader = Pick<Peer, "key" | "cutSlow">;

const failing: GrpcFault = { code: status.INTERNAL, details: "this could not be answered" };
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

/** Streams begin when `ready` resolves: before that nothing is known, and nothing is not an answer. */
export function latestStreams(
  ready: Promise<void>,
  counts: StreamCounts,
  limits: StreamsLimits = limitsForStreams,
): Streams {
  const streams = new Set<Stream>();
  const shares = new Shares(limits);
  const sending: Sending = {
    outbox: new Outbox(limits.outbox),
    turns: new Turns(limits.encoding && { may: pacedBy(limits.encoding, () => performance.now()) }),
    slices: new Turns(),
    behind: new Behind(limits.behind ?? Infinity),
  };
  let ending = false;
  let isReady = false;
  const begin = (): void => {
    isReady = true;
    for (const stream of streams) stream.begin();
  };
  void ready.then(begin);
  return {
    open: (call, reader, following) => {
      if (ending) return void call.emit("error", leaving);
      const { method } = following;
      const held: Held = { displace: () => stream.end(displaced) };
      const entered = shares.enter(reader.key, reader, held);
      if (entered !== "room") {
        counts.refused?.(entered);
        return void call.emit("error", tooMany(reader, entered, limits));
      }
      const stream = new Stream(call, reader, sending, following as Following<unknown>, counts, (code) => {
        streams.delete(stream);
        shares.leave(reader.key, reader, held);
        counts.closed(method, code);
      });
      streams.add(stream);
      counts.opened(method);
      if (isReady) stream.begin();
    },
    once: (reader, following, answer) => {
      const held: Held = { displace: () => asked.end(displaced) };
      const entered = shares.enter(reader.key, reader, held);
      if (entered !== "room") {
        counts.refused?.(entered);
        return answer(tooMany(reader, entered, limits));
      }
      const asked = askedOnce(following, counts, (fault, message) => {
        shares.leave(reader.key, reader, held);
        answer(fault, message);
      });
      void ready.then(asked.begin);
    },
    size: () => streams.size,
    again: () => {
      if (!isReady) return;
      // All leave their targets before the first comes back: a target that somebody follows stays as it is.
      for (const stream of streams) stream.leave();
      for (const stream of streams) stream.follow();
    },
    endAll: () => {
      ending = true;
      for (const stream of streams) stream.end(leaving);
    },
  };
}

/** Bytes of a message that takes a millisecond or so to be encoded. */
const large = 32_768;

const isLarge = (message: Buffer | Deferred): boolean =>
  "encode" in message && !message.isEncoded() && message.bytes() > large;

const bufferOf = (message: Buffer | Deferred): Buffer => ("encode" in message ? message.encode() : message);

/** Is told the first value, which comes later where it is much work. */
function askedOnce<Value>(
  { method, refusal, follow, step }: Following<Value>,
  counts: Pick<StreamCounts, "failed">,
  answer: (fault: GrpcFault | null, message?: Buffer) => void,
) {
  let isOver = false;
  let unfollow = (): void => undefined;
  const end = (fault: GrpcFault | null, message?: Buffer): void => {
    if (isOver) return;
    isOver = true;
    unfollow();
    answer(fault, message);
  };
  const orFailing = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      counts.failed?.(method, error);
      end(failing);
    }
  };
  const tell = (now: Messages | GrpcFault): void => {
    if ("code" in now) return end(now);
    const last = now.at(-1);
    end(null, last === undefined ? undefined : bufferOf(last));
  };
  const begin = (): void =>
    orFailing(() => {
      if (isOver) return;
      const fault = refusal?.();
      if (fault !== undefined) return end(fault);
      const leave = follow((value) => orFailing(() => (isOver ? undefined : tell(step(undefined, value)))));
      if (isOver) leave();
      else unfollow = leave;
    });
  return { begin, end };
}

interface Sending {
  readonly outbox: Outbox;
  /** In which messages are encoded that follow on a first one. */
  readonly turns: Turns;
  /** Many places may become free at once: large messages are encoded with looks at the sockets in between. */
  readonly slices: Turns;
  readonly behind: Behind;
}

class Stream {
  private readonly call: LatestCall;
  private readonly reader: Reader;
  private readonly sending: Sending;
  private readonly following: Following<unknown>;
  private readonly counts: StreamCounts;
  private readonly onEnd: (code: status) => void;
  private unfollow: (() => void) | undefined;
  private over = false;
  /** Being written, in order; the first one is on its way. */
  private writing: Messages = [];
  private sent: unknown;
  private next: { readonly value: unknown } | undefined;
  private onTheWay: Message | undefined;
  private readonly slow: SlowReader = { cut: () => this.reader.cutSlow() };

  constructor(
    call: LatestCall,
    reader: Reader,
    sending: Sending,
    following: Following<unknown>,
    counts: StreamCounts,
    onEnd: (code: status) => void,
  ) {
    this.call = call;
    this.reader = reader;
    this.sending = sending;
    this.following = following;
    this.counts = counts;
    this.onEnd = onEnd;
    const gone = (): void => {
      this.close(status.CANCELLED);
      // What was not taken is held until now, also of a stream that was ended before.
      if (this.onTheWay !== undefined) this.sending.outbox.done(this.onTheWay);
    };
    call.on("cancelled", gone);
    call.on("close", gone);
  }

  begin(): void {
    if (this.over) return;
    this.attempt(() => {
      const refusal = this.following.refusal?.();
      if (refusal === undefined) this.follow();
      else this.end(refusal);
    });
  }

  follow(): void {
    this.attempt(() => {
      const unfollow = this.following.follow((value) => this.take(value));
      // The first value may already have ended it.
      if (this.over) unfollow();
      else this.unfollow = unfollow;
    });
  }

  leave(): void {
    this.unfollow?.();
    this.unfollow = undefined;
  }

  end(fault: GrpcFault): void {
    if (this.over) return;
    this.close(fault.code);
    this.call.emit("error", fault);
  }

  private take(value: unknown): void {
    if (this.over) return;
    if (this.next !== undefined) this.counts.replaced(this.following.method);
    this.next = { value };
    if (this.writing.length === 0) return this.attempt(() => this.advance());
    const old = this.sent === value ? undefined : this.following.held?.(this.sent);
    if (old !== undefined) this.sending.behind.add(this.slow, old);
  }

  private advance(): void {
    this.sending.behind.delete(this.slow);
    while (this.next !== undefined && this.writing.length === 0) {
      const { value } = this.next;
      this.next = undefined;
      if (value === this.sent) continue;
      const step = this.following.step(this.sent, value);
      if ("code" in step) return this.end(step);
      this.sent = value;
      this.writing = step;
    }
    this.write();
  }

  private write(): void {
    const [message] = this.writing;
    if (message === undefined || this.over) return;
    const { outbox } = this.sending;
    const sent: Message = {
      key: this.reader.key,
      bytes: "encode" in message ? message.bytes() : message.length,
      go: () => {
        const go = (): void => this.put(message, sent);
        if (isLarge(message)) this.sending.slices.run(this.reader.key, go);
        else go();
      },
      cut: () => this.reader.cutSlow(),
    };
    this.onTheWay = sent;
    outbox.send(sent);
  }

  private put(message: Buffer | Deferred, sent: Message): void {
    if (this.over) return;
    const { outbox } = this.sending;
    this.attempt(() => {
      const bytes = bufferOf(message);
      outbox.weighed(sent, bytes.length);
      this.call.write(bytes, () => {
        outbox.done(sent);
        this.counts.sent(this.following.method);
        this.writing = this.writing.slice(1);
        if (this.writing.length > 0) this.writeNext();
        else this.attempt(() => this.advance());
      });
    });
  }

  /** What follows on a first message of a value is of a large one: encoding it takes turns, and has a pace. */
  private writeNext(): void {
    const [message] = this.writing;
    if (message === undefined || !("encode" in message) || message.isEncoded()) this.write();
    else this.sending.turns.run(this.reader.key, () => this.write());
  }

  private attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.counts.failed?.(this.following.method, error);
      this.end(failing);
    }
  }

  private close(code: status): void {
    if (this.over) return;
    this.over = true;
    this.leave();
    this.next = undefined;
    this.sending.behind.delete(this.slow);
    if (this.onTheWay !== undefined) this.sending.outbox.withdraw(this.onTheWay);
    this.onEnd(code);
  }
}

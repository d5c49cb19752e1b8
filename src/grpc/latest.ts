/**
 * Streams in which the latest value wins: what a slow reader was not sent yet is replaced by what is true now, never
 * queued. One message at a time is on its way to a reader, and the next begins from what that reader was sent last.
 */
import { status } from "@grpc/grpc-js";

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
  readonly step: (sent: Value | undefined, now: Value) => readonly Buffer[] | GrpcFault;
}

export interface StreamCounts {
  readonly opened: (method: string) => void;
  /** Code as grpc-js has it; CANCELLED when the reader went. */
  readonly closed: (method: string, code: status) => void;
  readonly sent: (method: string) => void;
  /** A value that a reader never saw, as it was slower than the changes. */
  readonly replaced: (method: string) => void;
  /** A value could not be made or sent: a bug of ours, that ends this stream and no other. */
  readonly failed?: (method: string, error: unknown) => void;
}

export interface Streams {
  readonly open: <Value>(call: LatestCall, following: Following<Value>) => void;
  /** The last message of the value now, for who asks once. */
  readonly once: <Value>(
    following: Following<Value>,
    answer: (fault: GrpcFault | null, message?: Buffer) => void,
  ) => void;
  readonly size: () => number;
  /** Follows anew: what values are made with, beside the cluster, has changed. */
  readonly again: () => void;
  /** Ends them all, and whoever comes: clients go elsewhere. */
  readonly endAll: () => void;
}

const failing: GrpcFault = { code: status.INTERNAL, details: "this could not be answered" };
const leaving: GrpcFault = { code: status.UNAVAILABLE, details: "stopping" };

/** Streams begin when `ready` resolves: before that nothing is known, and nothing is not an answer. */
export function latestStreams(ready: Promise<void>, counts: StreamCounts): Streams {
  const streams = new Set<Stream>();
  let ending = false;
  let isReady = false;
  const begin = (): void => {
    isReady = true;
    for (const stream of streams) stream.begin();
  };
  void ready.then(begin);
  return {
    open: (call, following) => {
      if (ending) return void call.emit("error", leaving);
      const { method } = following;
      const stream = new Stream(call, following as Following<unknown>, counts, (code) => {
        streams.delete(stream);
        counts.closed(method, code);
      });
      streams.add(stream);
      counts.opened(method);
      if (isReady) stream.begin();
    },
    once: (following, answer) => {
      const look = (): void => {
        let step: readonly Buffer[] | GrpcFault = failing;
        try {
          step = following.refusal?.() ?? valueNow(following);
        } catch (error) {
          counts.failed?.(following.method, error);
        }
        if ("code" in step) answer(step);
        else answer(null, step.at(-1));
      };
      void ready.then(look);
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

function valueNow<Value>({ follow, step }: Following<Value>): readonly Buffer[] | GrpcFault {
  let now: readonly Buffer[] | GrpcFault = [];
  follow((value) => {
    now = step(undefined, value);
  })();
  return now;
}

class Stream {
  private readonly call: LatestCall;
  private readonly following: Following<unknown>;
  private readonly counts: StreamCounts;
  private readonly onEnd: (code: status) => void;
  private unfollow: (() => void) | undefined;
  private over = false;
  /** Being written, in order; the first one is on its way. */
  private writing: readonly Buffer[] = [];
  private sent: unknown;
  private next: { readonly value: unknown } | undefined;

  constructor(call: LatestCall, following: Following<unknown>, counts: StreamCounts, onEnd: (code: status) => void) {
    this.call = call;
    this.following = following;
    this.counts = counts;
    this.onEnd = onEnd;
    const gone = (): void => this.close(status.CANCELLED);
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
    if (this.writing.length === 0) this.attempt(() => this.advance());
  }

  private advance(): void {
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
    this.call.write(message, () => {
      this.counts.sent(this.following.method);
      this.writing = this.writing.slice(1);
      if (this.writing.length > 0) this.write();
      else this.attempt(() => this.advance());
    });
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
    this.onEnd(code);
  }
}

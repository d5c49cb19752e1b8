/** One stream of the latest value, to one reader. */
import { status } from "@grpc/grpc-js";
import type { Behind, SlowReader } from "./behind.ts";
import { bufferOf } from "./encoded.ts";
import type { Deferred } from "./encoded.ts";
import { failing } from "./following.ts";
import type { Following, GrpcFault, LatestCall, Messages, Reader, StreamCounts } from "./following.ts";
import type { Message, Outbox } from "./outbox.ts";
import type { Turns } from "./turns.ts";

export interface StreamParts {
  readonly call: LatestCall;
  readonly reader: Reader;
  readonly following: Following<unknown>;
  readonly sending: Sending;
  readonly counts: StreamCounts;
  readonly onEnd: (code: status) => void;
}

/** What all streams of a process share. */
export interface Sending {
  readonly outbox: Outbox;
  /** In which messages are encoded that follow on a first one. */
  readonly turns: Turns;
  /** Many places may become free at once: large messages are encoded with looks at the sockets in between. */
  readonly slices: Turns;
  readonly behind: Behind;
}

export class LatestStream {
  readonly #parts: StreamParts;
  readonly #slow: SlowReader = { cut: () => this.#parts.reader.cutSlow() };
  #unfollow: (() => void) | undefined;
  #isOver = false;
  /** Being written, in order; the first one is on its way. */
  #writing: Messages = [];
  #onTheWay: Message | undefined;
  /** The value that `writing` leads to, or that the reader has. */
  #sent: unknown;
  #next: { readonly value: unknown } | undefined;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    const gone = (): void => {
      this.#close(status.CANCELLED);
      // What was not taken is held until now, also of a stream that was ended before.
      if (this.#onTheWay !== undefined) this.#parts.sending.outbox.done(this.#onTheWay);
    };
    parts.call.on("cancelled", gone);
    parts.call.on("close", gone);
  }

  begin(): void {
    if (this.#isOver) return;
    this.#attempt(() => {
      const refusal = this.#parts.following.refusal?.();
      if (refusal === undefined) this.follow();
      else this.end(refusal);
    });
  }

  follow(): void {
    this.#attempt(() => {
      const unfollow = this.#parts.following.follow((value) => this.#take(value));
      // The first value may already have ended it.
      if (this.#isOver) unfollow();
      else this.#unfollow = unfollow;
    });
  }

  leave(): void {
    this.#unfollow?.();
    this.#unfollow = undefined;
  }

  end(fault: GrpcFault): void {
    if (this.#isOver) return;
    this.#close(fault.code);
    this.#parts.call.emit("error", fault);
  }

  #take(value: unknown): void {
    if (this.#isOver) return;
    if (this.#next !== undefined) this.#parts.counts.replaced(this.#parts.following.method);
    this.#next = { value };
    if (this.#writing.length === 0) return this.#attempt(() => this.#advance());
    const old = this.#sent === value ? undefined : this.#parts.following.held?.(this.#sent);
    if (old !== undefined) this.#parts.sending.behind.add(this.#slow, old);
  }

  #advance(): void {
    this.#parts.sending.behind.delete(this.#slow);
    while (this.#next !== undefined && this.#writing.length === 0) {
      const { value } = this.#next;
      this.#next = undefined;
      if (value === this.#sent) continue;
      const step = this.#parts.following.step(this.#sent, value);
      if ("code" in step) return this.end(step);
      this.#sent = value;
      this.#writing = step;
    }
    this.#write();
  }

  #write(): void {
    const [message] = this.#writing;
    if (message === undefined || this.#isOver) return;
    const { outbox } = this.#parts.sending;
    const sent: Message = {
      key: this.#parts.reader.key,
      bytes: "encode" in message ? message.bytes() : message.length,
      go: () => {
        const go = (): void => this.#put(message, sent);
        if (isLarge(message)) this.#parts.sending.slices.run(this.#parts.reader.key, go);
        else go();
      },
      cut: () => this.#parts.reader.cutSlow(),
    };
    this.#onTheWay = sent;
    outbox.send(sent);
  }

  #put(message: Buffer | Deferred, sent: Message): void {
    if (this.#isOver) return;
    const { outbox } = this.#parts.sending;
    this.#attempt(() => {
      const bytes = bufferOf(message);
      outbox.weighed(sent, bytes.length);
      this.#parts.call.write(bytes, () => {
        outbox.done(sent);
        this.#parts.counts.sent(this.#parts.following.method);
        this.#writing = this.#writing.slice(1);
        if (this.#writing.length > 0) this.#writeNext();
        else this.#attempt(() => this.#advance());
      });
    });
  }

  /** What follows on a first message of a value is of a large one: encoding it takes turns, and has a pace. */
  #writeNext(): void {
    const [message] = this.#writing;
    if (message === undefined || !("encode" in message) || message.isEncoded()) this.#write();
    else this.#parts.sending.turns.run(this.#parts.reader.key, () => this.#write());
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#parts.counts.failed?.(this.#parts.following.method, error);
      this.end(failing);
    }
  }

  #close(code: status): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.leave();
    this.#next = undefined;
    this.#parts.sending.behind.delete(this.#slow);
    if (this.#onTheWay !== undefined) this.#parts.sending.outbox.withdraw(this.#onTheWay);
    this.#parts.onEnd(code);
  }
}

/** Bytes of a message that takes a millisecond or so to be encoded. */
const large = 32_768;

const isLarge = (message: Buffer | Deferred): boolean =>
  "encode" in message && !message.isEncoded() && message.bytes() > large;

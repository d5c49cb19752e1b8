/**
 * Requests that are still coming. Each is put together in one buffer, whatever the frames that it comes in, and grpc-js
 * hears of it when it is whole: it keeps an object of some 200 bytes for each frame. All that is unfinished together
 * costs so many bytes; when that is more, whoever holds most loses what has been coming for longest. After so many
 * milliseconds each goes anyway.
 */
import type { ServerHttp2Stream } from "node:http2";
import { status } from "@grpc/grpc-js";

export interface RequestLimits {
  /** Bytes of a request. */
  readonly message: number;
  /** Pieces that a request may come in. */
  readonly pieces: number;
  /** Milliseconds from a request's headers to its end. */
  readonly unfinished: number;
  /** Bytes of all requests that are still coming. */
  readonly unfinishedBytes: number;
}

/** What becomes of a request. */
export interface RequestEnds {
  /** Whose it is. */
  readonly key: string;
  /** All of it has come; `bytes` is its length. `deliver` gives it to whoever reads the stream by then. */
  readonly whole: (bytes: number, deliver: () => void) => void;
  /** It is answered with a status, or nothing at all, and counts as turned away. */
  readonly refuse: (code: status, words: string, reason?: RequestRefusal) => void;
  /** More of its connection is there and has not had its turn, so it cannot come on. */
  readonly isHeldUp?: () => boolean;
  /** It comes in more pieces than any client sends: not worth an answer. */
  readonly flood: () => void;
}

export type RequestRefusal = "UNFINISHED_TOO_LONG" | "UNFINISHED_TOO_MANY";

/** A gRPC message has five bytes in front: whether it is packed, and its length. */
const prefix = 5;

interface Unfinished {
  readonly ends: RequestEnds;
  since: number;
  held: Buffer;
  length: number;
  pieces: number;
}

/** Of one caller: its requests that hold bytes, in the order in which they began to. */
interface Held {
  readonly requests: Set<Unfinished>;
  bytes: number;
}

export class Requests {
  readonly #limits: RequestLimits;
  readonly #now: () => number;
  readonly #afterSockets: (run: () => void) => void;
  /** In the order in which they began. */
  readonly #unfinished = new Set<Unfinished>();
  /** By caller. */
  readonly #held = new Map<string, Held>();
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `afterSockets` runs what it is given when sockets have been looked at. */
  constructor(
    limits: RequestLimits,
    now: () => number = () => performance.now(),
    afterSockets: (run: () => void) => void = (run) => void setImmediate(run),
  ) {
    this.#limits = limits;
    this.#now = now;
    this.#afterSockets = afterSockets;
  }

  /** Buffers of all that is unfinished. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Reads the stream until the request's end, which nobody else hears of until it is delivered. */
  gather(stream: ServerHttp2Stream, ends: RequestEnds): void {
    const request: Unfinished = { ends, since: this.#now(), held: nothing, length: 0, pieces: 0 };
    // Node calls it for each piece of each frame, before anything is kept of that (stream.Readable, `push`).
    const push = stream.push.bind(stream);
    stream.push = (piece: Buffer | null) => {
      if (piece !== null) {
        this.#take(request, piece);
        return true;
      }
      stream.push = push;
      // It is closed when a client takes it back, too.
      if (stream.closed || !this.#forget(request)) return push(null);
      const { length } = request;
      const body = request.held.subarray(0, length);
      ends.whole(length, () => {
        if (length > 0) push(body);
        push(null);
      });
      return false;
    };
    stream.once("close", () => this.#forget(request));
    this.#unfinished.add(request);
    this.#watch();
    stream.read(0);
  }

  /**
   * Refuses what has been coming for too long. Where the process itself stood still for a while, as it was stopped or had
   * no processor, what came meanwhile lies in the sockets, and timers come first: so they are looked at before.
   */
  look(): void {
    const before = this.#now() - this.#limits.unfinished;
    this.#afterSockets(() => this.#refuseOld(before));
  }

  #refuseOld(before: number): void {
    for (const request of this.#unfinished) {
      if (request.since > before) break;
      if (request.ends.isHeldUp?.() === true) {
        this.#unfinished.delete(request);
        this.#unfinished.add(Object.assign(request, { since: this.#now() }));
        continue;
      }
      const words = `the request was not there after ${this.#limits.unfinished} ms`;
      this.#refuse(request, status.DEADLINE_EXCEEDED, words, "UNFINISHED_TOO_LONG");
    }
    this.#watch();
  }

  #take(request: Unfinished, piece: Buffer): void {
    request.pieces += 1;
    if (request.pieces > this.#limits.pieces) {
      this.#forget(request);
      return request.ends.flood();
    }
    // It was refused already: what it still sends is of no use.
    if (!this.#unfinished.has(request)) return;
    this.#keep(request, piece);
    const { held, length } = request;
    if (length < prefix || !this.#unfinished.has(request)) return;
    const announced = held.readUInt32BE(1);
    const { message } = this.#limits;
    if (announced > message)
      this.#refuse(request, status.RESOURCE_EXHAUSTED, `the request has more than ${message} bytes`);
    else if (length > prefix + announced)
      this.#refuse(request, status.UNIMPLEMENTED, "a call of this method has one message");
  }

  #keep(request: Unfinished, piece: Buffer): void {
    const length = request.length + piece.length;
    if (length > request.held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * request.held.length, smallest));
      request.held.copy(larger, 0, 0, request.length);
      this.#count(request, larger.length - request.held.length);
      request.held = larger;
    }
    // A piece is a part of what was read from the connection at once, and would keep all of that.
    piece.copy(request.held, request.length);
    request.length = length;
    while (this.#bytes > this.#limits.unfinishedBytes) {
      const oldest = this.#oldestOfLargest();
      if (oldest === undefined) return;
      this.#refuse(oldest, status.RESOURCE_EXHAUSTED, "too many requests are unfinished", "UNFINISHED_TOO_MANY");
    }
  }

  #refuse(request: Unfinished, code: status, words: string, reason?: RequestRefusal): void {
    this.#forget(request);
    request.held = nothing;
    request.ends.refuse(code, words, reason);
  }

  /** Whether it was unfinished. */
  #forget(request: Unfinished): boolean {
    if (!this.#unfinished.delete(request)) return false;
    this.#count(request, -request.held.length);
    return true;
  }

  #count(request: Unfinished, bytes: number): void {
    const { key } = request.ends;
    const held = this.#held.get(key) ?? { requests: new Set(), bytes: 0 };
    held.bytes += bytes;
    this.#bytes += bytes;
    if (bytes > 0) held.requests.add(request);
    else held.requests.delete(request);
    if (held.requests.size > 0) this.#held.set(key, held);
    else this.#held.delete(key);
  }

  /** Looks at callers alone: of requests there may be tens of thousands, and this runs for a piece of one. */
  #oldestOfLargest(): Unfinished | undefined {
    let largest: Held | undefined;
    for (const held of this.#held.values()) if (held.bytes > (largest?.bytes ?? 0)) largest = held;
    const [oldest] = largest?.requests ?? [];
    return oldest;
  }

  #watch(): void {
    if (this.#timer !== undefined || this.#unfinished.size === 0) return;
    const [{ since } = { since: 0 }] = this.#unfinished;
    const left = since + this.#limits.unfinished - this.#now();
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.look();
      },
      Math.max(1, left),
    ).unref();
  }
}

const nothing = Buffer.alloc(0);
/** Most requests are shorter. */
const smallest = 512;

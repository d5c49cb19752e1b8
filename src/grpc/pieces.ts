/**
 * What a connection sends, as HTTP/2 gets it: a piece in each turn. Of a socket that HTTP/2 reads itself Node takes up to
 * 2 MB in a row (libuv, `uv__read`: 32 times 64 kB), and a frame of 9 bytes takes 2 µs, one of 20 that opens a stream
 * 200 µs: so what one sent would be taken apart for seconds before anybody else is looked at.
 */
import { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";

export interface PiecesOptions {
  /** Runs a piece of work when it is its turn; the function that is returned takes it back. */
  readonly turn: (work: () => void) => () => void;
  /** Told of the bytes of each piece before it is given. */
  readonly onPiece: (bytes: number) => void;
}

/** Bytes of a piece that opens no stream: a hundred frames at most. */
const mostOfPiece = 1024;

export class Pieces extends Duplex {
  readonly #socket: TLSSocket;
  readonly #options: PiecesOptions;
  readonly #frames = new Frames();
  /** Was read from the socket, and is the next piece. */
  #rest: Buffer | undefined;
  #isWanted = false;
  #takeBack: (() => void) | undefined;

  constructor(socket: TLSSocket, options: PiecesOptions) {
    super({ readableHighWaterMark: mostOfPiece });
    this.#socket = socket;
    this.#options = options;
    socket.on("readable", () => this.#ask());
    socket.once("end", () => this.#ended());
    socket.once("close", () => this.destroy());
  }

  override _read(): void {
    this.#isWanted = true;
    this.#ask();
  }

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.write(bytes, done);
  }

  /** Written together, they are one record of TLS. */
  override _writev(writes: readonly { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.write(Buffer.concat(writes.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#takeBack?.();
    this.#socket.destroy();
    done(error);
  }

  #ask(): void {
    if (!this.#isWanted || this.#takeBack !== undefined) return;
    // What comes, or the end of it, is told of as readable.
    if (this.#rest === undefined && this.#socket.readableLength === 0) return void this.#socket.read(0);
    this.#takeBack = this.#options.turn(() => {
      this.#takeBack = undefined;
      this.#give();
    });
  }

  #give(): void {
    const bytes =
      this.#rest ?? (this.#socket.read(Math.min(mostOfPiece, this.#socket.readableLength)) as Buffer | null);
    if (bytes === null) return;
    const length = this.#frames.untilStream(bytes);
    this.#rest = length < bytes.length ? bytes.subarray(length) : undefined;
    this.#isWanted = false;
    this.#options.onPiece(length);
    if (!this.#socket.destroyed) this.push(bytes.subarray(0, length));
    if (this.#socket.readableEnded) this.#ended();
  }

  #ended(): void {
    if (this.#rest === undefined) this.push(null);
  }
}

/** Bytes of what a client says first, and of the header of each frame after it (RFC 9113, 3.4 and 4.1). */
const preface = 24;
const header = 9;
/** HEADERS and CONTINUATION: with the last of them there is a stream (6.2 and 6.10). */
const openStreams = new Set([1, 9]);

/**
 * Where frames end. Node tells of a stream when it comes back from what it was given, and what is to be done about it
 * comes too late for what follows in the same piece.
 */
class Frames {
  readonly #header = Buffer.alloc(header);
  #ofHeader = 0;
  #left = preface;
  #opensStream = false;

  /** How many of these bytes, which follow the last ones, there are until a stream is opened; all where none is. */
  untilStream(bytes: Buffer): number {
    let at = 0;
    while (at < bytes.length) {
      at += this.#left > 0 ? this.#body(bytes.length - at) : this.#head(bytes.subarray(at));
      if (this.#left === 0 && this.#ofHeader === 0 && this.#opensStream) {
        this.#opensStream = false;
        return at;
      }
    }
    return at;
  }

  #body(most: number): number {
    const length = Math.min(this.#left, most);
    this.#left -= length;
    return length;
  }

  #head(bytes: Buffer): number {
    const length = bytes.copy(this.#header, this.#ofHeader, 0, header - this.#ofHeader);
    this.#ofHeader += length;
    if (this.#ofHeader < header) return length;
    this.#ofHeader = 0;
    this.#left = this.#header.readUIntBE(0, 3);
    this.#opensStream = openStreams.has(this.#header[3] ?? 0);
    return length;
  }
}

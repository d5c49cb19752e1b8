/**
 * Text of an answer, whole or line by line, with a bound on what it costs: bytes held while it comes, and JSON values that
 * it would become. No server is trusted with memory of ours.
 */
import { mebibyte, room } from "./room.ts";
import type { Room } from "./room.ts";

export interface TextLimits {
  /** Bytes of one text. */
  readonly most: number;
  /** Values of one text, as JSON: `[{},{}]` takes ten times as many bytes when it is parsed. */
  readonly mostValues: number;
  /** For all texts that are under way. */
  readonly room: Room;
}

/**
 * An object has 1.5 MiB at most in etcd, as protobuf; JSON takes up to sixteen times that, where all is short fields and
 * escapes. Whole lists come in pages, which get smaller when they do not fit.
 */
export const ofOneText = { most: 32 * mebibyte, mostValues: 2_000_000 } as const;
/** Bytes of all that are under way. */
export const mostTogether = 64 * mebibyte;

export const defaultText = (): TextLimits => ({ ...ofOneText, room: room(mostTogether) });

/** More was sent than anybody is to hold. */
export class TooMuch extends Error {}

export async function textIn(chunks: AsyncIterable<Buffer>, limits: TextLimits): Promise<string> {
  const held = new Held(limits);
  try {
    for await (const chunk of chunks) held.add(chunk);
    return held.taken();
  } finally {
    held.clear();
  }
}

/** Lines as they come, but for blank ones. What follows the last line break is no line yet. */
export async function* linesOf(chunks: AsyncIterable<Buffer>, limits: TextLimits): AsyncGenerator<string> {
  const held = new Held(limits);
  try {
    for await (const chunk of chunks) {
      let from = 0;
      for (let end = chunk.indexOf(lineBreak); end !== -1; end = chunk.indexOf(lineBreak, from)) {
        held.add(chunk.subarray(from, end));
        from = end + 1;
        const line = held.taken();
        if (/\S/.test(line)) yield line;
      }
      held.add(chunk.subarray(from));
    }
  } finally {
    held.clear();
  }
}

/** In UTF-8 no other character has this byte. */
const lineBreak = 0x0a;

/** Below this nothing that a text can become is worth counting. */
const smallText = mebibyte / 4;

/** Bytes so far, in one buffer that doubles: pieces of one byte each would cost a hundred times what they hold. */
class Held {
  private readonly limits: TextLimits;
  private buffer = Buffer.alloc(0);
  private length = 0;

  constructor(limits: TextLimits) {
    this.limits = limits;
  }

  add(chunk: Buffer): void {
    const length = this.length + chunk.length;
    if (length > this.limits.most) throw new TooMuch(`more than ${this.limits.most / mebibyte} MiB in one piece`);
    if (length > this.buffer.length) this.grow(length);
    chunk.copy(this.buffer, this.length);
    this.length = length;
  }

  /** The text; then it is empty again. */
  taken(): string {
    const bytes = this.buffer.subarray(0, this.length);
    if (valuesIn(bytes) > this.limits.mostValues) throw new TooMuch(`more than ${this.limits.mostValues} JSON values`);
    const text = bytes.toString("utf8");
    this.clear();
    return text;
  }

  clear(): void {
    this.limits.room.give(this.buffer.length);
    this.buffer = Buffer.alloc(0);
    this.length = 0;
  }

  private grow(least: number): void {
    const size = Math.max(least, Math.min(2 * this.buffer.length, this.limits.most));
    if (!this.limits.room.take(size - this.buffer.length)) throw new TooMuch("more than there is room for now");
    const larger = Buffer.allocUnsafe(size);
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
  }
}

const [comma, bracket, brace] = [0x2c, 0x5b, 0x7b];

/** At least so many as it holds: those within strings count, too. */
function valuesIn(bytes: Buffer): number {
  if (bytes.length < smallText) return 0;
  let count = 0;
  // By its index: going through a Buffer as an iterable takes ten times as long.
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === comma || byte === bracket || byte === brace) count += 1;
  }
  return count;
}

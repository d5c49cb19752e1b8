/**
 * Lines of a text that begin with one of some names, as a page of metrics has them: the others never become text. Of 200
 * pages of 270 kB a tenth is needed.
 */
import { TooMuch } from "./bounded-text.ts";
import type { TextLimits } from "./bounded-text.ts";
import { mebibyte } from "./room.ts";

/** A line of labels has two kilobytes at most. */
export const mostInLine = 65_536;
const lineBreak = 0x0a;
/** What follows a name: labels or a value. */
const afterName: ReadonlySet<number | undefined> = new Set([0x7b, 0x20]);

/** What a line costs at least: what is made of it has more than its characters. */
export const leastOfLine = 256;
/** Bytes that each text may keep, whatever others do; what is more is of the room. */
export const ownOfText = mebibyte / 2;

/** With a line break behind each. What is taken of the room is held by the lines, for as long as that room is used. */
export async function namedLines(
  chunks: AsyncIterable<Buffer>,
  names: readonly string[],
  limits: Pick<TextLimits, "most" | "room">,
): Promise<string> {
  const wanted = names.map((name) => Buffer.from(name));
  const lines: string[] = [];
  let [seen, kept, taken] = [0, 0, 0];
  let rest: Buffer = Buffer.alloc(0);
  const keep = (bytes: Buffer, from: number, end: number): void => {
    if (!wanted.some((name) => isNamed(bytes, from, name))) return;
    kept += Math.max(end - from, leastOfLine);
    const more = kept - ownOfText - taken;
    if (more > 0 && !limits.room.take(more)) throw new TooMuch("more is counted there than there is room for");
    taken += Math.max(0, more);
    lines.push(`${bytes.toString("utf8", from, end)}\n`);
  };
  try {
    for await (const chunk of chunks) {
      seen += chunk.length;
      if (seen > limits.most) throw new TooMuch(`more than ${limits.most} bytes in one piece`);
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let from = 0;
      for (let end = bytes.indexOf(lineBreak); end !== -1; end = bytes.indexOf(lineBreak, from)) {
        keep(bytes, from, end);
        from = end + 1;
      }
      rest = bytes.subarray(from);
      if (rest.length > mostInLine) throw new TooMuch(`more than ${mostInLine} bytes in one line`);
    }
    keep(rest, 0, rest.length);
    return lines.join("");
  } catch (error) {
    limits.room.give(taken);
    throw error;
  }
}

const isNamed = (bytes: Buffer, from: number, name: Buffer): boolean =>
  bytes[from] === name[0] &&
  afterName.has(bytes[from + name.length]) &&
  name.compare(bytes, from, from + name.length) === 0;

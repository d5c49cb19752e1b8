/**
 * Lines of a text that begin with one of some names, as a page of metrics has them: the others never become text. Of 200
 * pages of 270 kB a tenth is needed.
 */
import { TooMuch } from "./bounded-text.ts";
import type { TextLimits } from "./bounded-text.ts";

/** A line of labels has two kilobytes at most. */
export const mostInLine = 65_536;
const lineBreak = 0x0a;
/** What follows a name: labels or a value. */
const afterName: ReadonlySet<number | undefined> = new Set([0x7b, 0x20]);

/** With a line break behind each. */
export async function namedLines(
  chunks: AsyncIterable<Buffer>,
  names: readonly string[],
  limits: Pick<TextLimits, "most" | "room">,
): Promise<string> {
  const wanted = names.map((name) => Buffer.from(name));
  const lines: string[] = [];
  let [seen, kept] = [0, 0];
  let rest: Buffer = Buffer.alloc(0);
  const keep = (bytes: Buffer, from: number, end: number): void => {
    if (!wanted.some((name) => isNamed(bytes, from, name))) return;
    if (!limits.room.take(end - from)) throw new TooMuch("more than there is room for now");
    kept += end - from;
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
  } finally {
    limits.room.give(kept);
  }
}

const isNamed = (bytes: Buffer, from: number, name: Buffer): boolean =>
  bytes[from] === name[0] &&
  afterName.has(bytes[from + name.length]) &&
  name.compare(bytes, from, from + name.length) === 0;

/** The lines of a live tap: how many are kept, which are shown, and which part of a line says what. */

/** `event: line`, as far as the page looks at it. */
export interface Line {
  readonly kind: string;
  readonly pod: string;
  readonly text: string;
}

export const mostLines = 500;

/** The newest of both. */
export const withLines = (lines: readonly Line[], more: readonly Line[]): readonly Line[] =>
  [...lines, ...more].slice(-mostLines);

/** Words that all have to be in the line or in its pod's name. */
export function linesShown(lines: readonly Line[], filter: string): readonly Line[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return lines;
  return lines.filter(({ text, pod }) => {
    const line = `${text} ${pod}`.toLowerCase();
    return words.every((word) => line.includes(word));
  });
}

export interface Piece {
  readonly text: string;
  readonly tone: "kind" | "secured" | "unsecured" | "failed" | "strong" | "plain";
}

/** Pieces that are the line when put together. Colours only say again what stands there. */
export function piecesOf({ text }: Pick<Line, "text">): readonly Piece[] {
  return text
    .split(/(?<= )/)
    .map((word, index): Piece => ({ text: word, tone: index === 0 ? "kind" : toneOf(word.trim()) }));
}

function toneOf(word: string): Piece["tone"] {
  if (word === "tls=true" || word === "tls=loopback") return "secured";
  if (word.startsWith("tls=")) return "unsecured";
  if (/^(:status=5|reset-error=)/.test(word)) return "failed";
  if (word.startsWith("grpc-status=")) return word === "grpc-status=OK" ? "strong" : "failed";
  return /^:(method|path|status)=/.test(word) ? "strong" : "plain";
}

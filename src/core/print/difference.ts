/** Two versions of an object as a unified difference of their YAML, each hunk with the keys that lead to it. */
import { structuredPatch } from "diff";
import { toYaml } from "../documents/yaml-text.ts";
import type { Json } from "../base/json/json.ts";
import { oneLine } from "../base/text/quote.ts";
import type { Paint } from "../base/text/paint.ts";

export interface Hunk {
  /** `-12,3 +14,9`, as between the two @@. */
  readonly range: string;
  /** Keys that lead to the first line that differs, such as `spec.containers`. */
  readonly place: string;
  /** Each begins with `+`, `-` or a blank. */
  readonly lines: readonly string[];
}

/** No hunks: the two are the same. */
export function yamlDifference(before: Json, after: Json): readonly Hunk[] {
  const [old, next] = [toYaml(before), toYaml(after)];
  const lines = next.split("\n");
  return structuredPatch("", "", old, next, undefined, undefined, { context: 3 }).hunks.map((hunk) => {
    const changed = hunk.lines.findIndex((line) => !line.startsWith(" "));
    return {
      range: `-${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines}`,
      place: placeOf(lines, hunk.newStart - 1 + changed),
      lines: hunk.lines,
    };
  });
}

/** The difference as `diff -u` prints it, with colours; empty text for no hunks. */
export function differenceText(
  hunks: readonly Hunk[],
  names: { readonly before: string; readonly after: string },
  paint: Paint,
): string {
  if (hunks.length === 0) return "";
  const header = [paint.bold(`--- ${names.before}`), paint.bold(`+++ ${names.after}`)];
  const body = hunks.flatMap(({ range, place, lines }) => [
    `${paint.cyan(`@@ ${range} @@`)}${place === "" ? "" : ` ${paint.dim(oneLine(place))}`}`,
    ...lines.map((line) => lineText(line, paint)),
  ]);
  return [...header, ...body].map((line) => `${line}\n`).join("");
}

function lineText(line: string, paint: Paint): string {
  // YAML may hold characters that turn the reading direction; tabs are layout.
  const shown = line.split("\t").map(oneLine).join("\t");
  return line.startsWith("+") ? paint.green(shown) : line.startsWith("-") ? paint.red(shown) : shown;
}

/**
 * The keys that lead to a line of block-style YAML, found by going up to ever smaller columns. A list's dashes stand in
 * the column of its key (`toYaml`), and the keys of an item two columns behind its dash.
 */
function placeOf(lines: readonly string[], at: number): string {
  const keys: string[] = [];
  let { column, isItem } = laidOut(lines[at] ?? "");
  for (let index = at - 1; index >= 0 && (column > 0 || isItem); index -= 1) {
    const above = laidOut(lines[index] ?? "");
    const isParent = above.opens !== undefined && (above.column < column || (isItem && !above.isItem));
    if (above.column > column || (above.column === column && !(isItem && isParent))) continue;
    const isSibling = above.isItem && column === above.column + 2;
    if (!isSibling && isParent && above.opens !== undefined) keys.unshift(above.opens);
    else if (!above.isItem) continue;
    ({ column, isItem } = above);
  }
  return keys.join(".");
}

interface Layout {
  /** Of the key, or of the item's dash. */
  readonly column: number;
  readonly isItem: boolean;
  /** The key, when its value is on the lines below. */
  readonly opens: string | undefined;
}

function laidOut(line: string): Layout {
  const [, blanks = "", dash = "", opens] = /^( *)(- )?(?:([^:]+):$)?/.exec(line) ?? [];
  return { column: blanks.length, isItem: dash !== "", opens };
}

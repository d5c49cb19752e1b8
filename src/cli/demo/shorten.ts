/** New containers in a difference, shortened to what tells something; a comment names what is left out. */
import type { Hunk } from "../../core/print/difference.ts";

export interface Telling {
  /** Keys of a container that are shown. */
  readonly keys: ReadonlySet<string>;
  /** Environment variables that are shown. */
  readonly variables: ReadonlySet<string>;
  /** How to see the rest. */
  readonly hint: string;
}

/** The hunks with each added list item that has an environment shortened. For reading: `patch` could not apply it. */
export const shortened = (hunks: readonly Hunk[], telling: Telling): readonly Hunk[] =>
  hunks.map((hunk) => ({ ...hunk, lines: shortLines(hunk.lines, telling) }));

function shortLines(lines: readonly string[], telling: Telling): readonly string[] {
  const out: string[] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? "";
    const indent = /^\+( *)- /.exec(line)?.[1]?.length;
    const end = indent === undefined ? at + 1 : endOfItem(lines, at, indent);
    const item = lines.slice(at, end);
    out.push(
      ...(indent === undefined || !isContainer(item, indent) ? item : shortContainer(item, indent + 2, telling)),
    );
    at = end;
  }
  return out;
}

const isContainer = (item: readonly string[], indent: number): boolean =>
  item.some((line) => line.startsWith(`+${" ".repeat(indent + 2)}image:`));

/** Where the lines end that stand farther right than the dash at `at`. */
function endOfItem(lines: readonly string[], at: number, indent: number): number {
  const deeper = `+${" ".repeat(indent + 1)}`;
  const length = lines.slice(at + 1).findIndex((line) => !line.startsWith(deeper));
  return length === -1 ? lines.length : at + 1 + length;
}

function shortContainer(item: readonly string[], indent: number, telling: Telling): readonly string[] {
  const blanks = " ".repeat(indent);
  const members = grouped(item, (line) => line.startsWith(`+${blanks}`) && /[^ -]/.test(line[indent + 1] ?? ""));
  const shown: string[] = [];
  const left: string[] = [];
  for (const member of members) {
    const key = /^\+(?: |- )*([^:]+):/.exec(member[0] ?? "")?.[1] ?? "";
    if (key === "env") {
      const variables = shortVariables(member, blanks, telling);
      shown.push(...variables.lines);
      if (variables.left > 0) left.push(`${variables.left} variables`);
    } else if (telling.keys.has(key)) shown.push(...member);
    else left.push(key);
  }
  const note = `+${blanks}# … and ${left.join(", ")}${telling.hint}`;
  return left.length === 0 ? item : [...shown, note];
}

function shortVariables(
  [head = "", ...lines]: readonly string[],
  blanks: string,
  { variables }: Telling,
): { readonly lines: readonly string[]; readonly left: number } {
  const items = grouped(lines, (line) => line.startsWith(`+${blanks}- `));
  const kept = items.filter(([first = ""]) => variables.has(/name: (\S+)$/.exec(first)?.[1] ?? ""));
  return { lines: kept.length === 0 ? [] : [head, ...kept.flat()], left: items.length - kept.length };
}

/** Lines in groups, each from a line that begins one. */
function grouped(lines: readonly string[], begins: (line: string) => boolean): readonly (readonly string[])[] {
  const groups: string[][] = [];
  for (const line of lines) {
    const last = groups.at(-1);
    if (last === undefined || begins(line)) groups.push([line]);
    else last.push(line);
  }
  return groups;
}

/** Ports, ranges of them, and lists as annotations write them. */
import { parseInt32 } from "./numbers.ts";
import { trimSpace } from "./spaces.ts";

/** 1..65535. */
export type Port = number & { readonly brand: "Port" };

/** A port annotation: an int32 as Linkerd reads it, which also is a port. */
export function parsePort(text: string): Port | undefined {
  const number = parseInt32(text);
  return number !== undefined && isPort(number) ? number : undefined;
}

export const isPort = (number: number): number is Port => Number.isInteger(number) && number >= 1 && number <= 65_535;

/** A name of a container's port (RFC 6335, section 5.1). */
export const isPortName = (text: string): boolean =>
  text.length <= 15 && /^(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*$/.test(text);

/** From `low` to `high`, both included, 0..65535; `low` = `high` for a single port. */
export interface PortRange {
  readonly low: number;
  readonly high: number;
}

/** `n` or `low-high` with 0..65535 and high >= low; a leading `+` and leading zeros are accepted. */
export function parsePortRange(text: string): PortRange | undefined {
  const [, first, last = first] = /^(\+?[0-9]+)(?:-(\+?[0-9]+))?$/.exec(text) ?? [];
  if (first === undefined || last === undefined) return undefined;
  const low = parseInt32(first);
  const high = parseInt32(last);
  return low === undefined || high === undefined || low > high || high > 65_535 ? undefined : { low, high };
}

/** A list of all ports. */
export const everyPort = "1-65535";

/** `n` for a single port, else `low-high`. */
export const portRangeText = ({ low, high }: PortRange): string => (low === high ? `${low}` : `${low}-${high}`);

/** One entry of a skip list: the init program reads it as the injector reads opaque ports. No blanks. */
export const parseSkipEntry = (text: string): PortRange | undefined => parsePortRange(text);

/** Sorted, without overlaps, neighbours joined. */
export function disjoint(ranges: readonly PortRange[]): readonly PortRange[] {
  const result: PortRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.low - b.low)) {
    const last = result.at(-1);
    if (last === undefined || range.low > last.high + 1) result.push(range);
    else result.splice(-1, 1, { low: last.low, high: Math.max(last.high, range.high) });
  }
  return result;
}

/** Whether one of the ranges has a port from `low` to `high`; they are as `disjoint` gives them. */
export function meets(ranges: readonly PortRange[], { low, high }: PortRange): boolean {
  let [from, to] = [0, ranges.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((ranges[middle]?.high ?? 0) < low) from = middle + 1;
    else to = middle;
  }
  const first = ranges[from];
  return first !== undefined && first.low <= high;
}

/** The pieces of a comma list: one trailing comma removed, each piece trimmed. Empty text: none. */
export function splitList(text: string): readonly string[] {
  const list = text.endsWith(",") ? text.slice(0, -1) : text;
  return list === "" ? [] : list.split(",").map(trimSpace);
}

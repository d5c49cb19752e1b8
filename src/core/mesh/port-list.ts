/** Annotations that list ports, read once: numbers, ranges, and what may be names of ports. */
import { excess, mostPorts } from "./lists.ts";
import { disjoint, meets, parsePortRange, splitList } from "../base/scalars/ports.ts";
import type { PortRange } from "../base/scalars/ports.ts";

export interface PortList {
  /** In the order given, duplicates kept. A text is no port and no range. */
  readonly entries: readonly (PortRange | string)[];
  /** As `disjoint` gives them. */
  readonly ranges: readonly PortRange[];
  readonly names: ReadonlySet<string>;
}

/** Undefined: it is longer than lists may be (`excess`), and says nothing. */
export function parsePortList(text: string): PortList | undefined {
  if (excess(text, mostPorts) !== undefined) return undefined;
  const entries = splitList(text).map((piece) => parsePortRange(piece) ?? piece);
  return {
    entries,
    ranges: disjoint(entries.filter((entry) => typeof entry !== "string")),
    names: new Set(entries.filter((entry) => typeof entry === "string")),
  };
}

export const hasPort = ({ ranges }: Pick<PortList, "ranges">, port: number): boolean =>
  meets(ranges, { low: port, high: port });

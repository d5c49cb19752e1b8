/** Lists of what bypasses the proxy that leave it nothing: what says so to their author. */
import { disjoint, parseSkipEntry } from "../../base/scalars/ports.ts";
import { trimSpace } from "../../base/scalars/spaces.ts";
import { parseCidr } from "../../base/scalars/subnets.ts";
import { quoted } from "../../base/text/quote.ts";

type Direction = "inbound" | "outbound";
type DoubtOf = (direction: Direction) => (entries: readonly string[]) => string | undefined;

const all = (direction: Direction): string => `all ${direction} traffic bypasses the proxy, and the mesh`;

export const everyPortOf: DoubtOf = (direction) => (entries) => {
  const [first] = disjoint(entries.flatMap((entry) => parseSkipEntry(entry) ?? []));
  return first !== undefined && first.low <= 1 && first.high === 65_535
    ? `${quoted(entries.join(","))} is every port: ${all(direction)}`
    : undefined;
};

export const everyNetworkOf: DoubtOf = (direction) => (entries) => {
  const wide = entries.map(trimSpace).find((entry) => parseCidr(entry)?.prefix === 0);
  return wide === undefined ? undefined : `${quoted(wide)} is every network: ${all(direction)}`;
};

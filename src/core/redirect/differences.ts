/** Rules that should stand in a chain, compared with those that do. */
import { diffArrays } from "diff";

export interface Difference {
  readonly kind: "missing" | "foreign" | "out of order" | "doubled";
  /** Such as `iptables nat PROXY_INIT_OUTPUT` or `inet linkerd_redirect outbound`. */
  readonly chain: string;
  /** The rule as its firewall prints it; for a whole chain its name and hook. */
  readonly rule: string;
}

export const differenceText = ({ kind, chain, rule }: Difference): string => `${chain}: ${kind}: ${rule}`;

/**
 * What has to change for `live` to become `wanted`. A longest common run of rules is taken as in place; of the others
 * one that is wanted elsewhere is out of order, or doubled when it stands in place already, and the rest is foreign.
 */
export function differences(chain: string, wanted: readonly string[], live: readonly string[]): readonly Difference[] {
  const parts = diffArrays([...wanted], [...live]);
  const lost = parts.flatMap(({ removed, value }) => (removed ? value : []));
  const found: Difference[] = [];
  for (const rule of parts.flatMap(({ added, value }) => (added ? value : []))) {
    const place = lost.indexOf(rule);
    if (place !== -1) lost.splice(place, 1);
    const kind = place !== -1 ? "out of order" : wanted.includes(rule) ? "doubled" : "foreign";
    found.push({ kind, chain, rule });
  }
  return [...lost.map((rule) => ({ kind: "missing", chain, rule }) as const), ...found];
}

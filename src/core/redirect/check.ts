/**
 * Live rules compared with those of a redirect, from what `iptables-save`, `ip6tables-save` and `nft -j list ruleset`
 * printed: each rule that is missing, foreign, doubled or out of order, by its text.
 */
import type { Issue } from "../base/text/issue.ts";
import { differences } from "./differences.ts";
import type { Difference } from "./differences.ts";
import { chainLines, chains, jumps } from "./iptables.ts";
import { headText, nftChains, ruleText, tableName } from "./nftables.ts";
import type { NftRule } from "./nftables.ts";
import { readNftList } from "./nft-list.ts";
import type { ListedChain, ListedRule } from "./nft-list.ts";
import type { Family, Redirect } from "./redirect.ts";
import { chainOf, natTable, words } from "./saved.ts";

export interface Check {
  /** Empty: the live rules are those of the redirect. */
  readonly differences: readonly Difference[];
  /** Rules of others that may decide before ours do: no difference, but worth a word. */
  readonly warnings: readonly Issue[];
}

/** `saved`: what `iptables-save` printed for v4, or `ip6tables-save` for v6. Other tables than nat do not count. */
export function checkIptables(redirect: Redirect, family: Family, saved: string): Check {
  const live = natTable(saved)?.rules ?? [];
  const wanted = chainLines(redirect, family);
  const place = (chain: string): string => `${family === "v4" ? "iptables" : "ip6tables"} nat ${chain}`;
  const inChain = (rules: readonly string[], chain: string): readonly string[] =>
    rules.filter((rule) => chainOf(rule) === chain);
  return {
    differences: [
      ...jumps.flatMap((jump) => differences(place(chainOf(jump)), [jump], jumpsTo(targetOf(jump), live))),
      ...chains.flatMap((chain) => differences(place(chain), inChain(wanted, chain), inChain(live, chain))),
    ],
    warnings: jumps.flatMap((jump) => {
      const rules = inChain(live, chainOf(jump));
      const earlier = rules.slice(0, Math.max(0, rules.indexOf(jump))).filter(mayDecide);
      return earlier.map((rule) => ({
        at: place(chainOf(jump)),
        message: `decides before the proxy is asked: ${rule}`,
      }));
    }),
  };
}

/** Whether the text has chains of ours. Both backends of iptables may have them, and then both act. */
export const hasOurChains = (saved: string): boolean =>
  chains.some((chain) => natTable(saved)?.chains.includes(chain) === true);

/** `list`: what `nft -j list ruleset` printed; `undefined` when it is no such text. Counters do not count. */
export function checkNft(redirect: Redirect, list: string): Check | undefined {
  const listed = readNftList(list);
  if (listed === undefined) return undefined;
  const ours = listed.filter(({ table }) => table === `inet ${tableName}`);
  const wanted = nftChains(redirect);
  return {
    differences: [
      ...wanted.flatMap((chain) => {
        const live = ours.find(({ name }) => name === chain.name);
        const place = `inet ${tableName} ${chain.name}`;
        return [
          ...differences(place, [headText(chain)], live === undefined ? [] : [live.head]),
          ...nftDifferences(place, chain.rules, live?.rules ?? []),
        ];
      }),
      // A chain without rules may be left from a redirect that had some in it: it does nothing.
      ...ours
        .filter(({ name }) => !wanted.some((chain) => chain.name === name))
        .flatMap(({ name, rules }) => nftDifferences(`inet ${tableName} ${name}`, [], rules)),
    ],
    warnings: listed.filter(decidesEarlier).map(({ table, name }) => ({
      at: `${table} ${name}`,
      message: "may decide before the proxy is asked, it has rules at the same place or before it",
    })),
  };
}

const targetOf = (rule: string): string => words(rule).at(-1) ?? "";

/** Jumps from anywhere else than our own chains, with whatever conditions. */
const jumpsTo = (chain: string, rules: readonly string[]): readonly string[] =>
  rules.filter((rule) => !chains.some((own) => own === chainOf(rule)) && / -[jg] (\S+)/.exec(rule)?.[1] === chain);

const mayDecide = (rule: string): boolean => !/ -j (?:N?FLOG|LOG|PROXY_INIT_\w+)\b/.test(rule);

function nftDifferences(chain: string, wanted: readonly NftRule[], live: readonly ListedRule[]): readonly Difference[] {
  const keys = wanted.map(({ name, match, action }) => keyOf(name, [match.json, action.json]));
  const found = differences(
    chain,
    keys,
    live.map(({ comment, expr }) => keyOf(comment, expr)),
  );
  return found.map((difference) => {
    const rule = wanted[keys.indexOf(difference.rule)];
    return rule === undefined ? difference : { ...difference, rule: ruleText(rule) };
  });
}

/** Two rules are the same when this text is: nothing is made of the order of keys. */
const keyOf = (comment: string, expr: readonly unknown[]): string => JSON.stringify(sorted({ comment, expr }));

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
};

/** Of chains at one place the newest is asked first, and a list does not tell which that is. */
const decidesEarlier = ({ table, head, rules }: ListedChain): boolean => {
  const [, priority] = /^type nat hook (?:prerouting|output) priority (-?\d+);/.exec(head) ?? [];
  return table !== `inet ${tableName}` && rules.length > 0 && priority !== undefined && Number(priority) <= -100;
};

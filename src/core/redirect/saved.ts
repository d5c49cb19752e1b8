/** What `iptables-save` and `ip6tables-save` print, of either backend, with or without counters. */

export interface NatTable {
  /** Every declared chain, the built-in ones too. */
  readonly chains: readonly string[];
  /** Rules as `-A CHAIN …`, without counters, in the order printed: by chain, within a chain in the order of asking. */
  readonly rules: readonly string[];
}

/** The table `nat`; `undefined` when there is none. Other tables and comment lines (`#`) do not count. */
export function natTable(saved: string): NatTable | undefined {
  const lines = saved.split("\n").map((line) => line.trimEnd());
  const start = lines.indexOf("*nat");
  if (start === -1) return undefined;
  const end = lines.indexOf("COMMIT", start);
  const table = lines.slice(start + 1, end === -1 ? undefined : end);
  return {
    chains: table.flatMap((line) => /^:(\S+) /.exec(line)?.[1] ?? []),
    // `-save -c` writes a rule's counters in front of it.
    rules: table.map((line) => line.replace(/^\[\d+:\d+\] /, "")).filter((line) => line.startsWith("-A ")),
  };
}

/** The chain a rule stands in. */
export const chainOf = (rule: string): string => rule.split(" ", 2)[1] ?? "";

/** The words of a rule; one in double quotes is one word, without them. */
export const words = (rule: string): readonly string[] =>
  [...rule.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)].map(([word, quoted]) => quoted ?? word);

/**
 * Redirect → one script for `nft`: both families in one transaction, the same behaviour as the iptables rules packet for
 * packet. No limit of 15 ports, so the ports of a list are one set. Needs Linux 5.2, the first with nat in `inet` tables.
 */
import { familyOf } from "./redirect.ts";
import type { Redirect } from "./redirect.ts";
import { spelling } from "./nftables-match.ts";
import type { Spelling } from "./nftables-match.ts";
import { inboundRules, outboundRules } from "./rules.ts";
import type { Outcome, Rule } from "./rules.ts";

export const tableName = "linkerd_redirect";

export interface ScriptOptions {
  /** Count the packets that each rule decides: of each connection the first. */
  readonly counters?: boolean;
}

/**
 * The script. It may be run again and again; afterwards stands what it says, whatever stood there: the first line creates
 * the table for the second, which empties its chains, and all is one transaction. The chains stay hooked all the while,
 * so nothing hangs on the order in which a kernel hooks new chains and unhooks those of a deleted table.
 */
export function nftScript(redirect: Redirect, { counters = false }: ScriptOptions = {}): string {
  const table = `table inet ${tableName}`;
  const blocks = [...timeoutObject(redirect), ...nftChains(redirect).map((chain) => chainText(chain, counters))];
  return `${table}\nflush ${table}\n${table} {\n${blocks.join("\n")}}\n`;
}

export interface NftChain {
  readonly name: string;
  readonly type: "nat" | "filter";
  readonly hook: "prerouting" | "output";
  readonly priority: number;
  readonly rules: readonly NftRule[];
}

export interface NftRule {
  /** Its comment. */
  readonly name: string;
  /** What it asks of a packet and what it does then, as text and as `nft -j` shows it. */
  readonly match: Spelling;
  readonly action: Spelling;
}

/** The chains with their hooks, and the rules in order. */
export const nftChains = (redirect: Redirect): readonly NftChain[] => [
  { name: "inbound", type: "nat", hook: "prerouting", priority: natPriority, rules: nat(redirect, inboundRules) },
  { name: "outbound", type: "nat", hook: "output", priority: natPriority, rules: nat(redirect, outboundRules) },
  ...timeoutChains(redirect),
];

/** Of `PREROUTING` and `OUTPUT` in iptables' table nat (NF_IP_PRI_NAT_DST). nft has a name for it in one hook only. */
const natPriority = -100;

const chainText = (chain: NftChain, counters: boolean): string =>
  block(`chain ${chain.name}`, [headText(chain), ...chain.rules.map((rule) => ruleText(rule, counters))]);

/** A chain's first line. */
export const headText = ({ type, hook, priority }: NftChain): string =>
  `type ${type} hook ${hook} priority ${priority}; policy accept;`;

/** A rule's line. */
export const ruleText = ({ name, match, action }: NftRule, counters = false): string =>
  `${match.text} ${counters ? "counter " : ""}${action.text} comment "${name}"`;

// No tabs: `kubectl get -o yaml` writes a text that has some as one long line in quotes.
const block = (head: string, lines: readonly string[]): string =>
  `  ${head} {\n${lines.map((line) => `    ${line}\n`).join("")}  }\n`;

function nat(redirect: Redirect, rulesOf: (redirect: Redirect) => readonly Rule[]): readonly NftRule[] {
  const rules = rulesOf(redirect).filter(
    ({ when }) => redirect.ipv6 || !("subnet" in when) || familyOf(when.subnet) === "v4",
  );
  return [
    ...(redirect.ipv6 ? [] : [ignoreIpv6]),
    ...rules.map(({ name, when, outcome }) => ({ name, match: spelling(when), action: verdict(outcome) })),
  ];
}

// Ends our chain only: like iptables' RETURN, and unlike drop, it leaves the packet to the chains of others.
const passes: Spelling = { text: "return", json: { return: null } };

const verdict = (outcome: Outcome): Spelling =>
  outcome.kind === "pass"
    ? passes
    : { text: `redirect to :${outcome.port}`, json: { redirect: { port: outcome.port } } };

/** A table of family inet sees both families, so that one which is off has to be let pass. */
const ignoreIpv6: NftRule = {
  name: "ignore-ipv6",
  match: {
    text: "meta nfproto ipv6",
    json: { match: { op: "==", left: { meta: { key: "nfproto" } }, right: "ipv6" } },
  },
  action: passes,
};

/**
 * The close-wait time as data: connections are born with it. The sysctl (`closeWaitSysctl`) would need a second process,
 * root and a writable /proc/sys. The name holds the value, since the kernel does not change one that exists.
 */
const timeoutName = ({ closeWaitSeconds }: Redirect): string => `close_wait_${closeWaitSeconds}`;

function timeoutObject(redirect: Redirect): readonly string[] {
  const { closeWaitSeconds } = redirect;
  if (closeWaitSeconds === 0) return [];
  const policy = `policy = { close_wait : ${closeWaitSeconds} };`;
  return [block(`ct timeout ${timeoutName(redirect)}`, ["protocol tcp;", policy])];
}

/** After the connection is looked up (-200), before nat. */
const timeoutPriority = -150;

function timeoutChains(redirect: Redirect): readonly NftChain[] {
  if (redirect.closeWaitSeconds === 0) return [];
  const name = timeoutName(redirect);
  const rule: NftRule = {
    name: "close-wait-timeout",
    match: spelling({ kind: "tcp" }),
    action: { text: `ct timeout set "${name}"`, json: { "ct timeout": name } },
  };
  const chain = { type: "filter", priority: timeoutPriority, rules: [rule] } as const;
  return [
    { ...chain, name: "inbound_timeout", hook: "prerouting" },
    { ...chain, name: "outbound_timeout", hook: "output" },
  ];
}

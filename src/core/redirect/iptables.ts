/**
 * Redirect → text for `iptables-restore --noflush` and `ip6tables-restore --noflush`, in the form that `-save` prints,
 * so that what is sent, what is expected and what stands there can be compared as text.
 */
import type { PortRange } from "../base/scalars/ports.ts";
import { families, familyOf } from "./redirect.ts";
import type { Family, Redirect } from "./redirect.ts";
import { inboundRules, outboundRules } from "./rules.ts";
import type { Condition, Outcome, Rule } from "./rules.ts";
import { natTable } from "./saved.ts";

/** Texts by family. */
export type ByFamily = Readonly<Partial<Record<Family, string>>>;

/**
 * What to restore for each family, as one transaction each; `saved` is what `-save -t nat` printed before, by family.
 * Both are to be tested (`--test`) before either is applied, as two families are two transactions.
 */
export const restoreTexts = (redirect: Redirect, saved: ByFamily = {}): ByFamily =>
  Object.fromEntries(families(redirect).map((family) => [family, restoreText(redirect, family, saved[family])]));

/**
 * One family. Declaring a chain of ours creates or empties it within the same transaction; `PREROUTING` and `OUTPUT` are
 * not declared, which would empty nothing but create more base chains than Linkerd's program does. The
 * jumps to our chains have no such form: one that already stands in `saved` is left out, surplus ones are deleted.
 */
export function restoreText(redirect: Redirect, family: Family, saved = ""): string {
  const present = natTable(saved)?.rules ?? [];
  const jumpLines = jumps.flatMap((jump) => {
    const count = present.filter((rule) => rule === jump).length;
    return count === 0 ? [jump] : Array.from({ length: count - 1 }, () => jump.replace("-A ", "-D "));
  });
  return textOf([...jumpLines, ...chainLines(redirect, family)]);
}

const textOf = (rules: readonly string[]): string =>
  ["*nat", ...chains.map((chain) => `:${chain} - [0:0]`), ...rules, "COMMIT", ""].join("\n");

/** Our chains, in the order of `-save`: by bytes. */
export const chains = ["PROXY_INIT_OUTPUT", "PROXY_INIT_REDIRECT"] as const;

/** The two rules outside of our chains. They stand last, behind rules of others. */
export const jumps = [
  '-A PREROUTING -m comment --comment "proxy-init/install-proxy-init-prerouting" -j PROXY_INIT_REDIRECT',
  '-A OUTPUT -m comment --comment "proxy-init/install-proxy-init-output" -j PROXY_INIT_OUTPUT',
] as const;

/** The rules inside our chains, in the order of `-save`. */
export const chainLines = (redirect: Redirect, family: Family): readonly string[] => [
  ...outboundRules(redirect).flatMap((rule) => lines("PROXY_INIT_OUTPUT", rule, family)),
  ...inboundRules(redirect).flatMap((rule) => lines("PROXY_INIT_REDIRECT", rule, family)),
];

/** A rule may be several lines (ports), or none (a network of the other family). */
function lines(chain: string, rule: Rule, family: Family): readonly string[] {
  return spell(rule, family).map(({ option, name }) =>
    [`-A ${chain}`, ...option, `-m comment --comment "proxy-init/${name}"`, target(rule.outcome)].join(" "),
  );
}

const target = (outcome: Outcome): string =>
  outcome.kind === "pass" ? "-j RETURN" : `-j REDIRECT --to-ports ${outcome.port}`;

interface Spelled {
  readonly name: string;
  /** None or one. */
  readonly option: readonly string[];
}

function spell({ name, when, outcome }: Rule, family: Family): readonly Spelled[] {
  switch (when.kind) {
    case "user":
      return [{ name, option: [`-m owner --uid-owner ${when.id}`] }];
    case "group":
      return [{ name, option: [`-m owner --gid-owner ${when.id}`] }];
    case "loopback":
      return [{ name, option: ["-o lo"] }];
    case "tcp":
      return [{ name, option: ["-p tcp"] }];
    case "ports":
      return outcome.kind === "pass" ? portGroups(name, when.ranges) : singlePorts(when.ranges);
    case "source":
      return familyOf(when.subnet) === family ? [{ name, option: network("-s", when) }] : [];
    case "destination":
      return familyOf(when.subnet) === family ? [{ name, option: network("-d", when) }] : [];
  }
}

// A prefix of 0 says nothing, and so `-save` leaves it out.
const network = (option: string, { subnet }: Extract<Condition, { subnet: unknown }>): readonly string[] =>
  subnet.cidr.prefix === 0 ? [] : [`${option} ${subnet.cidr.text}`];

const singlePorts = (ranges: readonly PortRange[]): readonly Spelled[] =>
  ranges.map(({ low }) => ({ name: `redirect-port-${low}-to-proxy-port`, option: [`-p tcp -m tcp --dport ${low}`] }));

const portGroups = (name: string, ranges: readonly PortRange[]): readonly Spelled[] =>
  grouped(ranges).map((group) => {
    const ports = group.map(({ low, high }) => (low === high ? `${low}` : `${low}:${high}`)).join(",");
    return { name: `${name}-${ports}`, option: [`-p tcp -m multiport --dports ${ports}`] };
  });

/** The most that one multiport match takes; a range counts twice. */
const slots = 15;

/** Filled in the order given; what does not fit opens the next group, and no later entry goes back. */
function grouped(ranges: readonly PortRange[]): readonly (readonly PortRange[])[] {
  const groups: PortRange[][] = [];
  let free = 0;
  for (const range of ranges) {
    const cost = range.low === range.high ? 1 : 2;
    if (cost > free) {
      groups.push([]);
      free = slots;
    }
    groups.at(-1)?.push(range);
    free -= cost;
  }
  return groups;
}

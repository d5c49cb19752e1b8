/** Redirect ⇄ the argument list of linkerd-init. */
import type { Issue } from "../base/text/issue.ts";
import { portRangeText } from "../base/scalars/ports.ts";
import { quoted } from "../base/text/quote.ts";
import type { Failed } from "../base/text/result.ts";
import { readFlags } from "./flags.ts";
import type { Flag, Given } from "./flags.ts";
import { joined, readPortList, readSkipList, readSubnetList } from "./lists.ts";
import type { List } from "./lists.ts";
import { familyOf } from "./redirect.ts";
import type { Backend, InitRun, Redirect } from "./redirect.ts";
import { readRun, readScalars, readSwitch } from "./scalars.ts";

/** What a list of arguments asks for. */
export interface Asked {
  readonly redirect: Redirect;
  readonly run: InitRun;
}

interface Parsed extends Asked {
  /** What is done otherwise than a reader of the arguments may think, each with its flag. */
  readonly warnings: readonly Issue[];
}

/**
 * Reads linkerd-init's arguments, without the command itself. Every problem at once, each with its flag. Entries of lists
 * that are no port or no network are refused; or left out with a warning, as admission reads the annotations of others.
 */
export function parseArguments(
  args: readonly string[],
  badEntries: "refuse" | "leave out" = "refuse",
): Parsed | Failed {
  const given = readFlags(args, flags);
  const issues: Issue[] = [...given.issues];
  const refuse = (flag: string, message: string): void => void issues.push({ at: `--${flag}`, message });
  const { inboundPort, outboundPort, ...scalars } = readScalars(given, refuse);
  const run = readRun(given, refuse);
  if (readSwitch(given, "help", refuse) === true) refuse("help", "prints the usage and writes no rules");
  const lists = readLists(given);
  if (badEntries === "refuse") issues.push(...lists.errors);
  if (issues.length > 0 || inboundPort === undefined || outboundPort === undefined) return { issues };
  const redirect = { inboundPort, outboundPort, ...scalars, ...lists.values };
  const leftOut = lists.errors.map(({ at, message }) => ({ at, message: `${message}: left out` }));
  return { redirect, run, warnings: [...leftOut, ...lists.remarks, ...surplus(given), ...warnings(redirect)] };
}

/**
 * The arguments in the order in which the chart writes them: those of the chart come back as they
 * were. Flags that the chart never writes follow. The last, `--outbound-subnets-to-ignore`, is weft's own: Linkerd's
 * program refuses to start with it, so whoever starts that program gives no such subnets.
 */
export function formatArguments({ redirect, run }: Asked): readonly string[] {
  const flag = (name: string, value: string | number | undefined): readonly string[] =>
    value === undefined ? [] : [`--${name}`, `${value}`];
  const list = (name: string, entries: readonly (string | number)[]): readonly string[] =>
    flag(name, entries.length === 0 ? undefined : entries.join(","));
  const subnets = (name: string, kind: "skipSources" | "skipDestinations"): readonly string[] =>
    list(
      name,
      redirect[kind].map(({ text }) => text),
    );
  return [
    ...backendArguments[run.backend],
    ...(redirect.ipv6 ? [] : ["--ipv6=false"]),
    ...flag("incoming-proxy-port", redirect.inboundPort),
    ...flag("outgoing-proxy-port", redirect.outboundPort),
    ...flag("proxy-uid", redirect.uid),
    ...flag("proxy-gid", redirect.gid),
    ...list("inbound-ports-to-ignore", redirect.skipInbound.map(portRangeText)),
    ...list("outbound-ports-to-ignore", redirect.skipOutbound.map(portRangeText)),
    ...flag("timeout-close-wait-secs", redirect.closeWaitSeconds === 0 ? undefined : redirect.closeWaitSeconds),
    ...flag("log-format", run.logFormat),
    ...flag("log-level", run.logLevel),
    ...subnets("subnets-to-ignore", "skipSources"),
    ...list("ports-to-redirect", redirect.onlyInbound),
    ...(run.simulate ? ["--simulate"] : []),
    ...flag("netns", run.netns === "" ? undefined : run.netns),
    ...(run.wait ? ["--use-wait-flag"] : []),
    ...subnets("outbound-subnets-to-ignore", "skipDestinations"),
  ];
}

/** The chart has two flags for nft and none for legacy; it knows no third. */
const backendArguments: Readonly<Record<Backend, readonly string[]>> = {
  nft: ["--firewall-bin-path", "iptables-nft", "--firewall-save-bin-path", "iptables-nft-save"],
  legacy: [],
  plain: ["--iptables-mode", "plain"],
};

const flags: readonly Flag[] = [
  { name: "incoming-proxy-port", short: "p" },
  { name: "outgoing-proxy-port", short: "o" },
  { name: "proxy-uid", short: "u" },
  { name: "proxy-gid", short: "g" },
  { name: "ports-to-redirect", short: "r" },
  { name: "inbound-ports-to-ignore" },
  { name: "outbound-ports-to-ignore" },
  { name: "subnets-to-ignore" },
  { name: "outbound-subnets-to-ignore" },
  { name: "simulate", isSwitch: true },
  { name: "netns" },
  { name: "use-wait-flag", short: "w", isSwitch: true },
  { name: "timeout-close-wait-secs" },
  { name: "log-format" },
  { name: "log-level" },
  { name: "iptables-mode" },
  { name: "firewall-bin-path" },
  { name: "firewall-save-bin-path" },
  { name: "ipv6", isSwitch: true },
  { name: "help", short: "h", isSwitch: true },
];

type Lists = Pick<Redirect, "skipInbound" | "skipOutbound" | "onlyInbound" | "skipSources" | "skipDestinations">;

interface ReadLists {
  readonly values: Lists;
  readonly errors: readonly Issue[];
  readonly remarks: readonly Issue[];
}

function readLists(given: Given): ReadLists {
  const errors: Issue[] = [];
  const remarks: Issue[] = [];
  const read = <Value>(flag: string, parse: (text: string) => List<Value>): readonly Value[] => {
    const at = `--${flag}`;
    const list = joined((given.values.get(flag) ?? []).map(parse));
    errors.push(...list.errors.map((message) => ({ at, message })));
    remarks.push(...list.remarks.map((message) => ({ at, message })));
    return list.values;
  };
  const values = {
    skipInbound: read("inbound-ports-to-ignore", readSkipList),
    skipOutbound: read("outbound-ports-to-ignore", readSkipList),
    onlyInbound: read("ports-to-redirect", readPortList),
    skipSources: read("subnets-to-ignore", readSubnetList),
    skipDestinations: read("outbound-subnets-to-ignore", readSubnetList),
  };
  return { values, errors, remarks };
}

const surplus = ({ rest }: Given): readonly Issue[] =>
  rest.map((text) => ({ at: quoted(text), message: "is not a flag and has no effect; a value of a switch needs =" }));

/** What the arguments say correctly and probably do not mean. */
function warnings(redirect: Redirect): readonly Issue[] {
  const { uid = 0, gid = 0, ipv6 } = redirect;
  const loops = "no user and no group above 0: the proxy's own traffic would come back to it (root has no rule)";
  const subnets = [
    ...redirect.skipSources.map((subnet) => ({ at: "--subnets-to-ignore", subnet })),
    ...redirect.skipDestinations.map((subnet) => ({ at: "--outbound-subnets-to-ignore", subnet })),
  ].filter(({ subnet }) => !ipv6 && familyOf(subnet) === "v6");
  return [
    ...(uid > 0 || gid > 0 ? [] : [{ at: "--proxy-uid", message: loops }]),
    ...subnets.map(({ at, subnet }) => ({
      at,
      message: `${quoted(subnet.text)} has no effect, IPv6 is not redirected`,
    })),
  ];
}

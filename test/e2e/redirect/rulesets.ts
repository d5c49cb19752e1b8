/** The rules that cases of packets are run under, as arguments of linkerd-init: most of them recorded from Linkerd's program. */
import { recordings, redirectOf } from "../../core/redirect/recordings.ts";
import type { Recording } from "../../core/redirect/recordings.ts";
import type { Redirect } from "../../../src/core/redirect/redirect.ts";

const recorded = {
  chart: "02-chart-default-dual",
  chartV4: "01-chart-default",
  portsOnly: "03-minimal",
  uidAndGid: "04-uid-gid",
  gidOnly: "05-gid-only",
  rootAsProxy: "06-uid-gid-zero",
  listed: "07-ports-to-redirect",
  listedWithSkips: "08-listed-with-skips",
  manySkips: "13-skip-40-mixed",
  edgeSkips: "14-skip-edge-values",
  everySource: "16-subnets-v4",
  controlPlane: "26-control-plane",
  everything: "27-control-plane-gid-dual",
  // What weft is to do; Linkerd's program fails at it.
  subnetsByFamily: "t1-subnets-by-family",
} as const;

const basic = ["-p", "4143", "-o", "4140", "-u", "2102"];
const own = {
  listedBothFamilies: [...basic, "-r", "8080"],
  sources: [...basic, "--subnets-to-ignore", "10.77.0.0/24,fd77::/64"],
  destinations: [...basic, "--outbound-subnets-to-ignore", "10.77.0.0/24,fd77::/64"],
  otherProxyPorts: ["-p", "5143", "-o", "5140", "-u", "2102"],
} as const;

export type RulesetName = keyof typeof recorded | keyof typeof own;

export interface Ruleset {
  readonly redirect: Redirect;
  /** What Linkerd's program left, for each backend of iptables. */
  readonly recordings: readonly Recording[];
}

const recordingsOf = (name: string): Ruleset => {
  const found = recordings.filter((recording) => recording.name === name);
  return { redirect: redirectOf(found[0]?.runs.at(-1)?.args ?? []), recordings: found };
};

const ownRuleset = (args: readonly string[]): Ruleset => ({ redirect: redirectOf(args), recordings: [] });

const each = <From, To>(of: Readonly<Record<string, From>>, become: (from: From) => To): Readonly<Record<string, To>> =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, become(value)]));

export const rulesets = {
  ...each(recorded, recordingsOf),
  ...each<readonly string[], Ruleset>(own, ownRuleset),
} as Readonly<Record<RulesetName, Ruleset>>;

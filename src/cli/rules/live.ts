/** Rules and the firewall of a network namespace: what differs, and how they get there. */
import { checkIptables, checkNft, hasOurChains } from "../../core/redirect/check.ts";
import type { Check } from "../../core/redirect/check.ts";
import { differenceText } from "../../core/redirect/differences.ts";
import { restoreTexts } from "../../core/redirect/iptables.ts";
import type { ByFamily } from "../../core/redirect/iptables.ts";
import { nftScript, tableName } from "../../core/redirect/nftables.ts";
import { closeWaitSysctl, families } from "../../core/redirect/redirect.ts";
import type { Family, Redirect } from "../../core/redirect/redirect.ts";
import { issueText } from "../../core/base/text/issue.ts";
import {
  hasLegacyNat,
  nftRuleset,
  readSysctl,
  restore,
  runNft,
  savedTexts,
  writeSysctl,
} from "../../netfilter/firewall.ts";
import type { Backend } from "../../netfilter/firewall.ts";
import { ran } from "../../netfilter/run.ts";
import type { Place } from "../../netfilter/run.ts";

export interface Wanted {
  readonly redirect: Redirect;
  readonly kind: "nft" | "iptables";
  /** Of iptables; nft has both in one table. */
  readonly families: readonly Family[];
  readonly backend: Backend;
}

export interface Comparison {
  /** A line each; none: the rules are those that are wanted. */
  readonly differences: readonly string[];
  readonly warnings: readonly string[];
}

interface Problem {
  readonly problem: string;
}

/** Reads the live rules and compares. */
export async function compared(wanted: Wanted, place: Place): Promise<Comparison | Problem> {
  const checks = await (wanted.kind === "nft" ? checkedNft(wanted, place) : checkedIptables(wanted, place));
  if ("problem" in checks) return checks;
  const timeout = await checkedTimeout(wanted, place);
  if ("problem" in timeout) return timeout;
  return {
    differences: [...timeout.differences, ...checks.flatMap(({ differences }) => differences.map(differenceText))],
    warnings: [...checks.flatMap(({ warnings }) => warnings.map(issueText)), ...(await doubled(wanted, place))],
  };
}

/** Writes the rules, each firewall's in one transaction (iptables: one for each family); a problem, if there is one. */
export async function applied(
  { redirect, kind, families, backend }: Wanted,
  place: Place,
): Promise<string | undefined> {
  const done = async (): Promise<object> => {
    if (kind === "nft") return runNft(nftScript(redirect), place);
    const found = await savedTexts(families, backend, place);
    if ("problem" in found) return found;
    const sysctl = closeWaitSysctl(redirect);
    const written = sysctl === undefined ? {} : await writeSysctl(sysctl, place);
    return "problem" in written
      ? written
      : restore(only(families, restoreTexts(redirect, found.saved)), backend, place);
  };
  const result = await done();
  return "problem" in result ? String(result.problem) : undefined;
}

const only = (families: readonly Family[], texts: ByFamily): ByFamily =>
  Object.fromEntries(families.map((family) => [family, texts[family]]));

async function checkedNft({ redirect }: Wanted, place: Place): Promise<readonly Check[] | Problem> {
  const list = await nftRuleset(place);
  if ("problem" in list) return list;
  const check = checkNft(redirect, list.stdout);
  return check === undefined ? { problem: "nft -j printed something that is not a ruleset" } : [check];
}

async function checkedIptables(
  { redirect, families, backend }: Wanted,
  place: Place,
): Promise<readonly Check[] | Problem> {
  const found = await savedTexts(families, backend, place);
  if ("problem" in found) return found;
  return families.map((family) => checkIptables(redirect, family, found.saved[family] ?? ""));
}

/** With iptables the close-wait time is a sysctl; in an nft script it is one of the rules. */
async function checkedTimeout({ redirect, kind }: Wanted, place: Place): Promise<Comparison | Problem> {
  const sysctl = kind === "nft" ? undefined : closeWaitSysctl(redirect);
  if (sysctl === undefined) return { differences: [], warnings: [] };
  const found = await readSysctl(sysctl, place);
  if ("problem" in found) return found;
  const live = found.stdout.trim();
  return {
    differences: live === sysctl.value ? [] : [`sysctl ${sysctl.name}: is ${live}, should be ${sysctl.value}`],
    warnings: [],
  };
}

/** Rules of ours in another firewall than the one that is looked at: then both act. */
async function doubled({ redirect, kind, backend }: Wanted, place: Place): Promise<readonly string[]> {
  const others: readonly (readonly [name: string, isThere: () => Promise<boolean>])[] = [
    ["iptables-legacy", async () => (await hasLegacyNat(redirect, place)) && saves("legacy")],
    ["iptables-nft", () => saves("nft")],
    ["nft", async () => "stdout" in (await ran(["nft", "list", "table", "inet", tableName], place))],
  ];
  const saves = async (which: Backend): Promise<boolean> => {
    const found = await savedTexts(families(redirect), which, place);
    return "saved" in found && Object.values(found.saved).some(hasOurChains);
  };
  const own = kind === "nft" ? "nft" : `iptables-${backend}`;
  const found: string[] = [];
  for (const [name, isThere] of others) if (name !== own && (await isThere())) found.push(name);
  return found.map((name) => `${name} has redirecting rules, too: both act`);
}

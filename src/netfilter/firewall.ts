/** What stands in the firewall of a network namespace, and how rules get into it: each answer or a problem in a line. */
import { families as allFamilies } from "../core/redirect/redirect.ts";
import type { Family, Redirect, Sysctl } from "../core/redirect/redirect.ts";
import type { ByFamily } from "../core/redirect/iptables.ts";
import { ran } from "./run.ts";
import type { Place, Ran } from "./run.ts";

/** The two kernels' sides of iptables. */
export type Backend = "nft" | "legacy";

/** The ruleset as JSON, of all families. */
export const nftRuleset = (place: Place): Promise<Ran> => ran(["nft", "-j", "list", "ruleset"], place);

/** Runs a script as one transaction. */
export const runNft = (script: string, place: Place): Promise<Ran> => ran(["nft", "-f", "-"], place, script);

/** Table nat of each family, as `iptables-save` prints it. */
export async function savedTexts(
  families: readonly Family[],
  backend: Backend,
  place: Place,
): Promise<{ readonly saved: ByFamily } | { readonly problem: string }> {
  const saved: Partial<Record<Family, string>> = {};
  for (const family of families) {
    const result = await ran([program(family, backend, "save"), "-t", "nat"], place);
    if ("problem" in result) return result;
    saved[family] = result.stdout;
  }
  return { saved };
}

/** Restores each text, after all of them passed a test: two families are two transactions. */
export async function restore(texts: ByFamily, backend: Backend, place: Place): Promise<Ran> {
  for (const flags of [["--test"], []]) {
    for (const [family, text] of entriesOf(texts)) {
      // Without a limit legacy waits for its lock for ever; nft ignores the flag.
      const words = [program(family, backend, "restore"), "-w", "5", "--noflush", ...flags];
      const result = await ran(words, place, text);
      if ("problem" in result) return result;
    }
  }
  return { stdout: "" };
}

/** `/proc` shows the network namespace of the process that reads it, hence processes. */
export const readSysctl = ({ path }: Sysctl, place: Place): Promise<Ran> => ran(["cat", `/proc/${path}`], place);
export const writeSysctl = ({ path, value }: Sysctl, place: Place): Promise<Ran> =>
  ran(["tee", `/proc/${path}`], place, value);

/** Whether legacy iptables has a table nat. Asking `iptables-legacy-save` would make one. */
export async function hasLegacyNat(redirect: Redirect, place: Place): Promise<boolean> {
  const names = await Promise.all(
    allFamilies(redirect).map((family) =>
      ran(["cat", `/proc/net/${family === "v4" ? "ip" : "ip6"}_tables_names`], place),
    ),
  );
  return names.some((result) => "stdout" in result && result.stdout.split("\n").includes("nat"));
}

const program = (family: Family, backend: Backend, what: "save" | "restore"): string =>
  `${family === "v4" ? "iptables" : "ip6tables"}-${backend}-${what}`;

const entriesOf = (texts: ByFamily): readonly (readonly [Family, string])[] =>
  (["v4", "v6"] as const).flatMap((family) => {
    const text = texts[family];
    return text === undefined ? [] : [[family, text] as const];
  });

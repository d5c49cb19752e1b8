/**
 * Rulesets that Linkerd's program left in fresh network namespaces, for both backends of iptables: `recorded/index.json`
 * has the arguments of each run, the `.save` files what `-save -t nat` printed after the last.
 */
import { readFileSync } from "node:fs";
import { natTable, chainOf } from "../../../src/core/redirect/saved.ts";
import { parseArguments } from "../../../src/core/redirect/arguments.ts";
import type { Family, Redirect } from "../../../src/core/redirect/redirect.ts";

export interface Recording {
  readonly name: string;
  readonly backend: "nft" | "legacy";
  readonly runs: readonly { readonly args: readonly string[]; readonly exit: number }[];
  /** What stood there before the first run, as text for `-restore`; empty: nothing. */
  readonly seed: string;
  /** What `-save` printed at the end, by family; absent: nothing of ours. */
  readonly saved: Readonly<Partial<Record<Family, string>>>;
}

interface Index {
  readonly cases: readonly {
    readonly case: string;
    readonly seed: string | null;
    readonly backends: Readonly<
      Record<
        "nft" | "legacy",
        { readonly runs: Recording["runs"]; readonly files: Readonly<Record<Family, string | null>> }
      >
    >;
  }[];
}

const file = (name: string): string => readFileSync(new URL(`recorded/${name}`, import.meta.url), "utf8");

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own file
const index = JSON.parse(file("index.json")) as Index;

export const recordings: readonly Recording[] = index.cases.flatMap(({ case: name, seed, backends }) =>
  (["nft", "legacy"] as const).map((backend) => {
    const { runs, files } = backends[backend];
    const saved = Object.entries(files).flatMap(([family, name]) => (name === null ? [] : [[family, file(name)]]));
    return {
      name,
      backend,
      runs,
      seed: seed === null ? "" : file(seed),
      saved: Object.fromEntries(saved) as Recording["saved"],
    };
  }),
);

/**
 * What a save says of the table nat. Left out is what does not depend on the rules: lines with `#` (program, version,
 * date), the four built-in chains (declared by a save, never by us), other tables. Counters are 0 on both sides.
 */
export function essence(saved = ""): readonly string[] {
  const { chains, rules } = natTable(saved) ?? { chains: [], rules: [] };
  return [...chains.filter((chain) => !builtIn.includes(chain)).map((chain) => `:${chain}`), ...rules];
}

const builtIn = ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"];

/**
 * What a save would print after `text` was restored with `--noflush` over `saved`: declared chains are emptied, `-D`
 * removes the first rule that is equal, `-A` appends. The order of a save: built-in chains, then the others by bytes.
 */
export function restored(saved: string, text: string): string {
  const before = natTable(saved) ?? { chains: [], rules: [] };
  const declared = natTable(text)?.chains ?? [];
  let rules = before.rules.filter((rule) => !declared.includes(chainOf(rule)));
  for (const line of text.split("\n")) {
    if (line.startsWith("-A ")) rules = [...rules, line];
    if (!line.startsWith("-D ")) continue;
    const at = rules.indexOf(line.replace("-D ", "-A "));
    if (at === -1) throw new Error(`the kernel would refuse ${line}`);
    rules = rules.toSpliced(at, 1);
  }
  const others = [...new Set([...before.chains, ...declared])].filter((chain) => !builtIn.includes(chain)).toSorted();
  const lines = [...builtIn, ...others].flatMap((chain) => rules.filter((rule) => chainOf(rule) === chain));
  return ["*nat", ...others.map((chain) => `:${chain} - [0:0]`), ...lines, "COMMIT", ""].join("\n");
}

/** For arguments that are right. */
export function redirectOf(args: readonly string[]): Redirect {
  const parsed = parseArguments(args);
  if ("issues" in parsed) throw new Error(JSON.stringify(parsed.issues));
  return parsed.redirect;
}

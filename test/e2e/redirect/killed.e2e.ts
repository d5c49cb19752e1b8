/**
 * The program that applies rules is killed at a random moment: then either the old rules stand or the new ones, never a
 * mixture of them. The two families of iptables are a transaction each.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { restoreTexts } from "../../../src/core/redirect/iptables.ts";
import { nftScript, tableName } from "../../../src/core/redirect/nftables.ts";
import type { Redirect } from "../../../src/core/redirect/redirect.ts";
import { describeInLab, environment, run, scratch, startAgent, within } from "./lab.ts";
import { bothFamilies, modes, program, restore } from "./modes.ts";
import type { Mode } from "./modes.ts";
import { rulesets } from "./rulesets.ts";

const kills = 200;

/** What one process does as a whole or not at all. */
interface Transaction {
  readonly command: readonly string[];
  /** Rules to change between, as it reads them. */
  readonly texts: readonly [string, string];
  /** Prints what stands. */
  readonly show: readonly string[];
}

// Many rules and few, so that a mixture could not be taken for either.
const redirects = [rulesets.manySkips.redirect, rulesets.otherProxyPorts.redirect] as const;

function transactionsOf(mode: Mode): readonly Transaction[] {
  const both = (text: (redirect: Redirect) => string): readonly [string, string] => [
    text(redirects[0]),
    text(redirects[1]),
  ];
  if (mode.name === "nft") {
    return [{ command: ["nft", "-f", "-"], texts: both(nftScript), show: ["nft", "list", "table", "inet", tableName] }];
  }
  const backend = mode.name === "iptables-nft" ? "nft" : "legacy";
  return bothFamilies.map((family) => ({
    command: restore(family, backend, "--noflush"),
    // Without the jumps, which stand there already.
    texts: both((redirect) => (restoreTexts(redirect)[family] ?? "").replaceAll(/^-A (PREROUTING|OUTPUT) .*\n/gm, "")),
    show: [program(family, backend, "-save"), "-t", "nat"],
  }));
}

describeInLab("killed while rules are applied", function () {
  this.timeout(120_000);
  for (const mode of modes) {
    it(`${mode.name}, ${kills} times: the old rules or the new ones`, async () => {
      const agent = await startAgent(["unshare", "--net"]);
      try {
        await mode.apply((command, input) => run([...within(agent), ...command], input), redirects[0]);
        const transactions = transactionsOf(mode);
        const counts = { old: 0, new: 0, killed: 0 };
        for (const transaction of transactions) {
          await killOften(within(agent), transaction, kills / transactions.length, counts);
        }
        process.stdout.write(`\n    ${mode.name}: ${JSON.stringify(counts)}\n`);
        // Had all come too early or too late, this would say nothing.
        expect(counts.killed).to.be.greaterThan(kills / 4);
        expect(counts.old).to.be.greaterThan(kills / 20);
        expect(counts.new).to.be.greaterThan(kills / 20);
      } finally {
        await agent.end();
      }
    });
  }
});

interface Counts {
  old: number;
  new: number;
  /** That had not ended by themselves. */
  killed: number;
}

async function killOften(
  inside: readonly string[],
  { command, texts, show }: Transaction,
  times: number,
  counts: Counts,
): Promise<void> {
  const shown = async (): Promise<string> => (await run([...inside, ...show])).replaceAll(/^#.*\n|\[\d+:\d+\]/gm, "");
  const files = texts.map((text, index) => {
    const path = scratch(`rules-${index}`);
    writeFileSync(path, text);
    return path;
  });
  const states: string[] = [];
  const whole: number[] = [];
  for (const file of Array(5).fill(files).flat() as string[]) {
    whole.push((await interrupted([...inside, ...command], file)).ms);
    states[files.indexOf(file)] = await shown();
  }
  const defaultValue = whole.toSorted((a, b) => a - b)[whole.length >> 1] ?? 0;
  expect(states[0]).to.not.equal(states[1]);
  let stands = 1;
  for (let kill = 0; kill < times; kill += 1) {
    const target = 1 - stands;
    const after = Math.random() * 1.3 * defaultValue;
    const { signal } = await interrupted([...inside, ...command], files[target] ?? "", after);
    const found = states.indexOf(await shown());
    expect(found, `a mixture, killed after ${after} ms:\n${await shown()}`).to.not.equal(-1);
    counts[found === stands ? "old" : "new"] += 1;
    if (signal) counts.killed += 1;
    stands = found;
  }
}

/** Runs a command and kills it after so many milliseconds. */
async function interrupted(
  [command = "", ...args]: readonly string[],
  input: string,
  after = Number.POSITIVE_INFINITY,
): Promise<{ readonly ms: number; readonly signal: boolean }> {
  const file = openSync(input, "r");
  const begun = performance.now();
  const child = spawn(command, args, { stdio: [file, "ignore", "ignore"], env: environment });
  const exit = once(child, "exit");
  closeSync(file);
  if (Number.isFinite(after)) {
    // Timers count whole milliseconds, of which a transaction takes a few.
    while (performance.now() - begun < after);
    child.kill("SIGKILL");
  }
  const [, signal] = (await exit) as [number | null, NodeJS.Signals | null];
  return { ms: performance.now() - begun, signal: signal !== null };
}

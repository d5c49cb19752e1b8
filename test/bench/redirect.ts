/**
 * How long it takes to put a pod's rules in place, both families, in each mode of weft, beside the commands that
 * Linkerd's program runs one by one for the same rules. Each way is one shell or one process that is started once, so
 * that no side pays for Node; Linkerd's own start, log lines and Go runtime are left out, which favours it. All ways take
 * turns, each in a namespace of its own: a first run where no rules are, then one over them. Prints JSON, then a table.
 * `--short`: a look.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { restoreScript } from "../../src/core/inject/parts/init-firewall.ts";
import { restoreTexts } from "../../src/core/redirect/iptables.ts";
import { nftScript } from "../../src/core/redirect/nftables.ts";
import { environment, hindrance, startAgent, within } from "../e2e/redirect/lab.ts";
import { bothFamilies, program, workingBackends } from "../e2e/redirect/modes.ts";
import type { Backend } from "../e2e/redirect/modes.ts";
import { ruleByRule } from "../e2e/redirect/rule-by-rule.ts";
import { rulesets } from "../e2e/redirect/rulesets.ts";

const rounds = process.argv.includes("--short") ? 3 : 40;

/** The defaults of Linkerd's chart, with IPv6. */
const { redirect } = rulesets.chart;

interface Way {
  readonly name: string;
  readonly commands: { readonly first: readonly string[]; readonly again: readonly string[] };
  /** No rules of anybody. */
  readonly clear: readonly string[];
}

const { v4 = "", v6 = "" } = restoreTexts(redirect);
const same = (command: readonly string[]): Way["commands"] => ({ first: command, again: command });
const emptied = (backend: Backend): readonly string[] => [
  "sh",
  "-c",
  bothFamilies.map((family) => `printf '*nat\nCOMMIT\n' | ${program(family, backend, "-restore")} -w 5`).join(";"),
];

const ways: readonly Way[] = [
  { name: "weft: nft", commands: same(["nft", nftScript(redirect)]), clear: ["nft", "flush", "ruleset"] },
  ...workingBackends.flatMap((backend) => [
    {
      name: `weft: iptables-${backend}-restore`,
      commands: same(["sh", "-c", restoreScript, "linkerd-init", backend, v4, v6]),
      clear: emptied(backend),
    },
    {
      name: `rule by rule: iptables-${backend}`,
      commands: { first: sequence(backend, false), again: sequence(backend, true) },
      clear: emptied(backend),
    },
  ]),
];

/** One shell that only starts the commands; it stops at the first that fails. */
function sequence(backend: Backend, again: boolean): readonly string[] {
  const quoted = (word: string): string => `'${word}'`;
  const lines = ruleByRule(redirect, backend, again).map((command) => `${command.map(quoted).join(" ")} >/dev/null`);
  return ["sh", "-c", `set -e\n${lines.join("\n")}`];
}

interface Row {
  readonly way: string;
  readonly run: "first" | "again";
  readonly processes: number;
  /** Milliseconds. */
  readonly median: number;
  readonly p90: number;
}

async function main(): Promise<void> {
  if (hindrance !== undefined) throw new Error(hindrance);
  const places = await Promise.all(
    ways.map(async (way) => ({ ...way, agent: await startAgent(["unshare", "--net"]) })),
  );
  const times = new Map(ways.map(({ name }) => [name, { first: [] as number[], again: [] as number[] }]));
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const { name, commands, clear, agent } of places) {
        timed([...within(agent), ...clear]);
        for (const run of ["first", "again"] as const) {
          times.get(name)?.[run].push(timed([...within(agent), ...commands[run]]));
        }
      }
    }
  } finally {
    await Promise.all(places.map(({ agent }) => agent.end()));
  }
  const rows = ways.flatMap(({ name, commands }) =>
    (["first", "again"] as const).map((run): Row => {
      const sorted = (times.get(name)?.[run] ?? []).toSorted((a, b) => a - b);
      const at = (share: number): number => Number((sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1));
      return { way: name, run, processes: processesOf(commands[run]), median: at(0.5), p90: at(0.9) };
    }),
  );
  process.stdout.write(`${JSON.stringify({ machine: machine(), rounds, rows })}\n\n${table(rows)}\n`);
}

function timed([command = "", ...args]: readonly string[]): number {
  const begun = performance.now();
  const { status, stderr } = spawnSync(command, args, { env: environment, stdio: ["ignore", "ignore", "pipe"] });
  const took = performance.now() - begun;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr.toString()}`);
  return took;
}

/** Programs of the firewall; the shell script of weft saves, tests and restores each family. */
function processesOf(command: readonly string[]): number {
  if (command[0] === "nft") return 1;
  return command[2] === restoreScript ? 6 : (command[2] ?? "").split("\n").length - 1;
}

const machine = (): Readonly<Record<string, unknown>> => ({
  processor: cpus()[0]?.model,
  processors: cpus().length,
  kernel: said("uname", "-r"),
  nft: said("nft", "--version"),
  iptables: said("iptables", "--version"),
  commit: said("git", "rev-parse", "--short", "HEAD"),
});

function said(command: string, ...args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "unknown";
  }
}

function table(rows: readonly Row[]): string {
  const nft = (run: Row["run"]): number => rows.find((row) => row.way === "weft: nft" && row.run === run)?.median ?? 0;
  const head = ["way", "run", "programs", "median ms", "p90 ms", "times nft"];
  const lines = rows.map(({ way, run, processes, median, p90 }) => [
    way,
    run,
    `${processes}`,
    median.toFixed(1),
    p90.toFixed(1),
    (median / nft(run)).toFixed(1),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)));
  return [head, ...lines]
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "))
    .join("\n");
}

await main();

/**
 * What the command line takes: time from start to end, processor time and memory, medians of several runs of the built
 * program, which take turns. Prints JSON, then a table.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median, table } from "./servers.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const main = here("../../dist/main.js");
const rounds = 7;

const folder = mkdtempSync(join(tmpdir(), "weft-bench-cli-"));
const written = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const usage = written(
  "usage.cjs",
  `process.on("exit", () => {
     const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
     require("node:fs").writeSync(3, JSON.stringify([(userCPUTime + systemCPUTime) / 1000, maxRSS / 1024]));
   });`,
);

const deployment = readFileSync(here("../../manifests/demo/deployment.yaml"), "utf8").trim().split("\n");
const numbered = (index: number): readonly string[] =>
  deployment.map((line) => line.replace("name: cart", `name: cart-${index}`));
const list = Array.from({ length: 2000 }, (_, index) => `- ${numbered(index).join("\n  ")}\n`).join("");
const stream = Array.from(
  { length: Math.ceil(40_000 / (deployment.length + 1)) },
  (_, index) => `${numbered(index).join("\n")}\n---\n`,
).join("");

const manual = ["inject", "--manual", "--trust-anchors", here("../fixtures/anchors.crt")];
const commands: readonly (readonly [name: string, args: readonly string[], rounds: number])[] = [
  ["node -e 0", ["-e", "0"], rounds],
  ["weft --help", [main, "--help"], rounds],
  ["weft inject, a small file", [main, "inject", here("../../manifests/demo/deployment.yaml")], rounds],
  ["weft inject, 40,000 lines", [main, "inject", written("stream.yaml", stream)], 3],
  [
    "weft inject --manual, List of 2,000 Deployments",
    [main, ...manual, written("list.yaml", `apiVersion: v1\nkind: List\nitems:\n${list}`)],
    3,
  ],
];

interface Row {
  readonly command: string;
  readonly milliseconds: number;
  readonly cpuMilliseconds: number;
  readonly mib: number;
}

/** The time is that of a run in which nothing is looked at. */
function once(args: readonly string[]): readonly [milliseconds: number, cpuMilliseconds: number, mib: number] {
  const begun = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: "ignore" });
  const milliseconds = performance.now() - begun;
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}`);
  const looked = spawnSync(process.execPath, ["--require", usage, ...args], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const [cpu = Number.NaN, mib = Number.NaN] = JSON.parse(String(looked.output[3])) as readonly number[];
  return [milliseconds, cpu, mib];
}

try {
  const runs = commands.map(() => [] as (readonly number[])[]);
  // The first run of each fills V8's compile cache.
  for (const [, args] of commands) spawnSync(process.execPath, args, { stdio: "ignore" });
  for (let round = 0; round < rounds; round += 1) {
    commands.forEach(([, args, most], index) => round < most && runs[index]?.push(once(args)));
  }
  const rows = commands.map(([command], index): Row => {
    const of = (column: number): number => Math.round(median((runs[index] ?? []).map((run) => run[column] ?? 0)));
    return { command, milliseconds: of(0), cpuMilliseconds: of(1), mib: of(2) };
  });
  const text = table([
    ["", "time", "processor time", "memory"],
    ...rows.map((row) => [row.command, `${row.milliseconds} ms`, `${row.cpuMilliseconds} ms`, `${row.mib} MiB`]),
  ]);
  process.stdout.write(`${JSON.stringify(rows)}\n\n${text}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * The webhook beside a bare HTTPS server, and beside any other that `PEER=` starts, in the same run, asked about pods of
 * one template, as they come when there are many; and once more about pods of which no two are alike. Start to first
 * answer, rate and latency at 32 kept-alive connections, processor time for each request, memory before and after
 * 500,000 requests. Prints JSON, then a table. The servers take turns, so that what else the machine does hits all of
 * them. `--short`: a look, which fails only when an answer is wrong.
 */
import { execFileSync } from "node:child_process";
import { availableParallelism, cpus } from "node:os";
import { checkedAnswer, load } from "./load.ts";
import type { Load } from "./load.ts";
import { bare, cpuSeconds, median, memoryMiB, peer, review, started, stopAll, table, unlike, weft } from "./servers.ts";
import type { Server } from "./servers.ts";

const short = process.argv.includes("--short");
const connections = 32;
const seconds = short ? 1 : 5;
const rounds = short ? 1 : 5;
/** Ends earlier where it takes so many seconds. */
const many = short ? { requests: 2_000, seconds: 5 } : { requests: 500_000, seconds: 300 };

interface Turn extends Load {
  readonly cpuMicroseconds: number;
}

interface Row extends Turn {
  readonly server: string;
  readonly startMs: number;
  readonly idleMiB: number;
  readonly peakMiB: number;
  /** Requests of which the peak is. */
  readonly of: number;
  /** Of the bare server's rate. */
  readonly share: number;
}

async function main(): Promise<void> {
  const servers = await allStarted();
  const turns = new Map<Server, Turn[]>(servers.map((server) => [server, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [server, all] of turns) all.push(await turn(server, { seconds }));
  }
  const rows: Omit<Row, "share">[] = [];
  for (const [server, all] of turns) rows.push(await rowOf(server, all));
  const bareRate = rows.find(({ server }) => server.startsWith("bare"))?.rate ?? Number.NaN;
  const shared = rows.map((row): Row => ({ ...row, share: row.rate / bareRate }));
  process.stdout.write(`${JSON.stringify({ machine: machine(), connections, rows: shared })}\n\n${text(shared)}\n`);
}

async function allStarted(): Promise<readonly Server[]> {
  const [warn, info] = [await started(await weft("warn")), await started(await weft("info"))];
  const other = await started({ ...(await weft("info")), name: "the same, no two pods alike", reviews: unlike });
  const yardstick = await started(bare(await checkedAnswer(warn, review)));
  const line = process.env["PEER"] ?? "";
  return [warn, info, other, yardstick, ...(line === "" ? [] : [await started(peer(line))])];
}

async function turn(server: Server, until: { readonly seconds: number; readonly requests?: number }): Promise<Turn> {
  const before = cpuSeconds(server);
  const result = await load({ ...server, connections, ...until });
  // Each review was asked about once before, and the first one twice.
  const asked = result.requests + server.reviews.length + 1;
  return { ...result, cpuMicroseconds: ((cpuSeconds(server) - before) * 1e6) / asked };
}

async function rowOf(server: Server, turns: readonly Turn[]): Promise<Omit<Row, "share">> {
  const of = (name: keyof Turn): number => median(turns.map((each) => each[name]));
  const { requests } = await turn(server, many);
  return {
    server: server.name,
    startMs: server.startMs,
    idleMiB: server.idleMiB,
    peakMiB: memoryMiB(server, "VmHWM"),
    of: requests + turns.reduce((sum, each) => sum + each.requests, 0),
    requests: of("requests"),
    rate: of("rate"),
    p50: of("p50"),
    p99: of("p99"),
    cpuMicroseconds: of("cpuMicroseconds"),
  };
}

const machine = (): Readonly<Record<string, unknown>> => ({
  processor: cpus()[0]?.model,
  processors: availableParallelism(),
  node: process.version,
  commit: commit(),
});

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { stdio: ["ignore", "pipe", "ignore"] })
      .toString()
      .trim();
  } catch {
    return "unknown";
  }
}

const text = (rows: readonly Row[]): string =>
  table([
    ["", "rate", "of bare", "p99", "processor time", "start", "memory idle → peak", "of requests"],
    ...rows.map((row) => [
      row.server,
      `${Math.round(row.rate)}/s`,
      `${Math.round(row.share * 100)} %`,
      `${row.p99.toFixed(1)} ms`,
      `${Math.round(row.cpuMicroseconds)} µs`,
      `${(row.startMs / 1000).toFixed(2)} s`,
      `${row.idleMiB} → ${row.peakMiB} MiB`,
      row.of,
    ]),
  ]);

try {
  await main();
} finally {
  stopAll();
}

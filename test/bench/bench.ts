/**
 * How fast the webhook is, beside a bare HTTPS server in the same run: rates and latencies at 1, 8 and 32 kept-alive
 * connections, processor time per request, memory over many requests, start to first answer. Prints JSON, then a table.
 * The two servers take turns, so that what else the machine does hits both. `--short`: a look, which fails only when an
 * answer is wrong.
 */
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { selfSigned } from "../../src/certificates/x509/self-signed.ts";
import { checkedAnswer, load } from "./load.ts";
import type { Load } from "./load.ts";

const short = process.argv.includes("--short");
const seconds = short ? 1 : 6;
const rounds = short ? 1 : 3;
const manyRequests = short ? 5_000 : 500_000;
const connections = [1, 8, 32];
const processors = availableParallelism();

const children: ChildProcess[] = [];
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "weft-bench-"));

interface Server {
  readonly name: "weft" | "bare";
  readonly process: ChildProcess;
  readonly port: number;
  readonly startMs: number;
}

interface Row extends Load {
  readonly server: string;
  readonly connections: number;
  readonly cpuMicroseconds: number | undefined;
}

async function main(): Promise<void> {
  await writeAnchors();
  const review = readFileSync(here("./review.json"));
  const weft = await started("weft", [here("../../src/main.ts"), "webhook", ...webhookFlags()], review);
  writeFileSync(join(folder, "answer.json"), await checkedAnswer(weft.port, review));
  const bare = await started("bare", [here("./bare-server.ts"), join(folder, "answer.json")], review);
  const rows = await measured([weft, bare], review);
  const memory = await memoryOver(weft, review);
  const report = { machine: machine(), start: { weftMs: weft.startMs, bareMs: bare.startMs }, rows, memory };
  process.stdout.write(`${JSON.stringify(report)}\n\n${table(rows)}\n`);
  process.stdout.write(`start to first answer: weft ${weft.startMs} ms, bare ${bare.startMs} ms\n`);
  process.stdout.write(`memory of weft: ${memory.map(([count, mib]) => `${mib} MiB after ${count}`).join(", ")}\n`);
}

async function writeAnchors(): Promise<void> {
  const now = Date.now();
  const dates = { notBefore: new Date(now - 60_000), notAfter: new Date(now + 86_400_000) };
  writeFileSync(
    join(folder, "anchors.pem"),
    (await selfSigned({ names: ["root.linkerd.cluster.local"], ...dates })).certificate,
  );
}

function webhookFlags(): readonly string[] {
  const fixed = ["--address", "127.0.0.1:0", "--admin-address", "127.0.0.1:0"];
  return [...fixed, "--objects", here("./cluster.json"), "--trust-anchors", join(folder, "anchors.pem")];
}

/** Starts a server that says where it listens in a line with `127.0.0.1:PORT`, and waits for its first right answer. */
async function started(name: Server["name"], args: readonly string[], review: Buffer): Promise<Server> {
  const begun = performance.now();
  const child = spawn(...pinned(0, process.execPath, args), { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const port = await new Promise<number>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      const found = /127\.0\.0\.1:(\d+)/.exec(chunk.toString());
      if (found?.[1] !== undefined) resolve(Number(found[1]));
    };
    child.stdout?.on("data", look);
    child.stderr?.on("data", look);
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}`)));
  });
  await checkedAnswer(port, review);
  return { name, process: child, port, startMs: Math.round(performance.now() - begun) };
}

/** One processor for the server, the rest for this program; where that cannot be said, wherever. */
function pinned(cpu: number, command: string, args: readonly string[]): [string, string[]] {
  if (processors < 2 || !hasTaskset()) return [command, [...args]];
  execFileSync("taskset", ["-apc", "1", String(process.pid)], { stdio: "ignore" });
  return ["taskset", ["-c", String(cpu), command, ...args]];
}

function hasTaskset(): boolean {
  try {
    execFileSync("taskset", ["-V"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

async function measured(servers: readonly Server[], review: Buffer): Promise<readonly Row[]> {
  const all: Row[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const count of connections) {
      for (const server of servers) all.push(await one(server, review, count));
    }
  }
  return connections.flatMap((count) =>
    servers.map(({ name }) => {
      const rows = all.filter((row) => row.server === name && row.connections === count);
      return rows.toSorted((a, b) => a.rate - b.rate)[Math.floor(rows.length / 2)] as Row;
    }),
  );
}

async function one(server: Server, review: Buffer, count: number): Promise<Row> {
  const before = cpuSeconds(server);
  const result = await load({ port: server.port, review, connections: count, seconds });
  const used = cpuSeconds(server);
  const cpu = before === undefined || used === undefined ? undefined : ((used - before) * 1e6) / result.requests;
  return {
    server: server.name,
    connections: count,
    ...result,
    cpuMicroseconds: cpu === undefined ? undefined : Math.round(cpu),
  };
}

/** User and system time of a process (proc(5): fields 14 and 15, in ticks of 10 ms). */
function cpuSeconds({ process: { pid } }: Server): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

async function memoryOver(server: Server, review: Buffer): Promise<readonly (readonly [number, number])[]> {
  const points: (readonly [number, number])[] = [];
  const step = manyRequests / 5;
  for (let done = 0; done <= manyRequests; done += step) {
    if (done > 0) await load({ port: server.port, review, connections: 8, requests: step });
    points.push([done, residentMiB(server)]);
  }
  return points;
}

function residentMiB({ process: { pid } }: Server): number {
  try {
    const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Math.round(Number(kib) / 1024);
  } catch {
    return Number.NaN;
  }
}

const machine = (): Readonly<Record<string, unknown>> => ({
  processor: cpus()[0]?.model,
  processors,
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

function table(rows: readonly Row[]): string {
  const head = ["server", "connections", "requests/s", "p50 ms", "p99 ms", "µs processor/request", "of bare"];
  const lines = rows.map((row) => {
    const bare = rows.find(({ server, connections: count }) => server === "bare" && count === row.connections);
    const share = bare === undefined ? "" : `${Math.round((row.rate / bare.rate) * 100)} %`;
    return [
      row.server,
      row.connections,
      Math.round(row.rate),
      row.p50.toFixed(2),
      row.p99.toFixed(2),
      row.cpuMicroseconds ?? "",
      share,
    ];
  });
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => String(line[column]).length)));
  return [head, ...lines]
    .map((line) => line.map((cell, column) => String(cell).padStart(widths[column] ?? 0)).join("  "))
    .join("\n");
}

try {
  await main();
} finally {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}

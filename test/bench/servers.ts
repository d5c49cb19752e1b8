/** Processes that answer reviews, started to be measured: when they answer first, what processor time and memory they use. */
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { selfSigned } from "../../src/certificates/x509/self-signed.ts";
import { checkedAnswer } from "./load.ts";

export interface Server {
  readonly name: string;
  readonly reviews: readonly Buffer[];
  readonly pid: number;
  readonly port: number;
  readonly path: string;
  /** From the command to the first right answer. */
  readonly startMs: number;
  /** Resident, a second after that. */
  readonly idleMiB: number;
}

export interface Command {
  readonly name: string;
  /** What it is asked; absent: `alike`. */
  readonly reviews?: readonly Buffer[];
  readonly command: readonly string[];
  readonly path: string;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** A pod as an API server sends it. */
export const review = readFileSync(here("./review.json"));

const text = review.toString();
const numbered = (index: number, length: number): string => index.toString(36).padStart(length, "0");
const changed = (count: number, change: (index: number) => string): readonly Buffer[] =>
  Array.from({ length: count }, (_, index) => Buffer.from(change(index)));

/** Pods of one template: another uid, and another name of the volume with the token, as an API server makes them up. */
export const alike = changed(64, (index) =>
  text
    .replace("705ab4f5-6393-11e8-b7cc-42010a800002", `705ab4f5-6393-11e8-b7cc-42010a${numbered(index, 6)}`)
    .replaceAll("kube-api-access-7kq2x", `kube-api-access-${numbered(index, 5)}`),
);

/** A template for each pod, of more than a webhook may keep. */
export const unlike = changed(2000, (index) =>
  text.replace('"pod-template-hash":"7d4b9c6f5"', `"pod-template-hash":"${numbered(index, 9)}"`),
);

const folder = mkdtempSync(join(tmpdir(), "weft-bench-"));
const children: ChildProcess[] = [];

/** Takes all of it down. */
export function stopAll(): void {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}

/** What every server is given: anchors, a certificate. */
const files = (async () => {
  const now = Date.now();
  const dates = { notBefore: new Date(now - 60_000), notAfter: new Date(now + 86_400_000) };
  const anchors = join(folder, "anchors.pem");
  writeFileSync(anchors, (await selfSigned({ names: ["root.linkerd.cluster.local"], ...dates })).certificate);
  const tls = await selfSigned({ names: ["localhost"], ...dates });
  writeFileSync(join(folder, "tls.crt"), tls.certificate);
  writeFileSync(join(folder, "tls.key"), tls.key);
  return ["--objects", here("./cluster.json"), "--trust-anchors", anchors, "--tls-dir", folder];
})();

/** weft as it is built, with V8's flags of its image. */
export async function weft(level: "warn" | "info"): Promise<Command> {
  const main = here("../../dist/main.js");
  if (!existsSync(main)) throw new Error("no dist: npm run build");
  const flags = ["--address", "127.0.0.1:$PORT", "--admin-address", "127.0.0.1:0", "--log-level", level];
  return {
    name: `weft, log level ${level}`,
    command: [process.execPath, ...imageFlags(), main, "webhook", ...flags, ...(await files)],
    path: "/inject",
  };
}

/** What the image gives to Node. */
function imageFlags(): readonly string[] {
  const entry = /^ENTRYPOINT (\[.*\])$/m.exec(readFileSync(here("../../images/weft/Dockerfile"), "utf8"))?.[1] ?? "[]";
  return (JSON.parse(entry) as readonly string[]).filter((word) => word.startsWith("--"));
}

/** node:https, which parses the body and answers with these bytes. */
export function bare(answer: Buffer): Command {
  const file = join(folder, "answer.json");
  writeFileSync(file, answer);
  return {
    name: "bare node:https",
    command: [process.execPath, here("./bare-server.mjs"), file, folder, "$PORT"],
    path: "/",
  };
}

/** Any other webhook: a line for a shell, which listens on `$PORT` and answers as Linkerd's does. */
export const peer = (line: string): Command => ({
  name: "peer",
  command: ["sh", "-c", `export PORT=$PORT; exec ${line}`],
  path: "/",
});

let nextPort = 20_000 + (process.pid % 20_000);

/** Runs it on a processor of its own, where there are two; `$PORT` is where it is to listen. */
export async function started({ name, command, path, reviews = alike }: Command): Promise<Server> {
  const port = (nextPort += 1);
  const words = command.map((word) => word.replace("$PORT", String(port)));
  const begun = performance.now();
  const [program = "", ...args] = pinned(words);
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  children.push(child);
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said = `${said}${chunk.toString()}`.slice(-2000)));
  while (!(await isOpen(port))) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${said}`);
    await after(5);
  }
  await checkedAnswer({ port, path }, review);
  const startMs = Math.round(performance.now() - begun);
  await after(1000);
  const pid = child.pid ?? 0;
  return { name, reviews, pid, port, path, startMs, idleMiB: memoryMiB({ pid }, "VmRSS") };
}

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const end = (open: boolean) => () => {
      socket.destroy();
      resolve(open);
    };
    socket.once("connect", end(true)).once("error", end(false));
  });

/** The last processor is for this program and its load, the first for servers; where that cannot be said, wherever. */
function pinned(words: readonly string[]): readonly string[] {
  if (availableParallelism() < 2 && !isPinned) return words;
  try {
    execFileSync("taskset", ["-apc", "1", String(process.pid)], { stdio: "ignore" });
    isPinned = true;
    return ["taskset", "-c", "0", ...words];
  } catch {
    return words;
  }
}
let isPinned = false;

/** User and system time (proc(5): fields 14 and 15, in ticks of 10 ms); NaN where there is no /proc. */
export function cpuSeconds({ pid }: Pick<Server, "pid">): number {
  const fields = read(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** `VmHWM` is the most that was ever resident. */
export const memoryMiB = ({ pid }: Pick<Server, "pid">, what: "VmRSS" | "VmHWM"): number =>
  Math.round(Number(new RegExp(`${what}:\\s+(\\d+)`).exec(read(`/proc/${pid}/status`))?.[1]) / 1024);

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

export function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  const cells = (row: readonly (string | number)[]): readonly string[] =>
    row.map((cell, column) => String(cell)[column === 0 ? "padEnd" : "padStart"](widths[column] ?? 0));
  return rows.map((row) => cells(row).join("  ").trimEnd()).join("\n");
}

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

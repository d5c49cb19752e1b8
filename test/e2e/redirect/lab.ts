/**
 * A pod and a peer: two network namespaces of our own, joined by a veth pair, with processes that serve and connect. The
 * namespaces have no names: each lives as long as a process in it, and those end with the pipe to this process, however
 * it ends. So nothing is left behind, not even after SIGKILL.
 */
import { execFile, execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Family } from "../../../src/core/redirect/redirect.ts";

/** Uids of section 7.1 of the contract. */
export const proxyUid = 2102;
export const appUid = 1000;

/** Addresses of `eth0`; more than one network, so that rules with networks can tell them apart. */
export const addresses = {
  pod: { v4: "10.77.0.2", v6: "fd77::2" },
  peer: { v4: "10.77.0.1", v6: "fd77::1" },
  otherPeer: { v4: "192.0.10.10", v6: "2001:db8:7::1" },
  loopback: { v4: "127.0.0.1", v6: "::1" },
} as const satisfies Readonly<Record<string, Readonly<Record<Family, string>>>>;

export interface Lab {
  /** Serves as the proxy's user; nothing is open at first. */
  readonly proxy: Agent;
  /** Serves as the application's user, in the pod. */
  readonly app: Agent;
  /** Connects from the pod, as any user. */
  readonly pod: Agent;
  /** Serves outside the pod. */
  readonly services: Agent;
  /** Connects from outside. */
  readonly peer: Agent;
  /** Runs a program in the pod's namespace; rejects with what it printed when it fails. */
  readonly run: Run;
  /** As arguments of a program that is to run in the pod's namespace. */
  readonly inside: readonly string[];
  readonly end: () => Promise<void>;
}

export type Run = (command: readonly string[], input?: string) => Promise<string>;

/** A process of sockets.py: see there what it can be asked. */
export interface Agent {
  readonly pid: number;
  readonly ask: <Answer = unknown>(order: Readonly<Record<string, unknown>>) => Promise<Answer>;
  readonly end: () => Promise<void>;
}

/** Further addresses are the peer's, on its loopback device. */
export async function startLab(further: FurtherAddresses = {}): Promise<Lab> {
  const agents: Agent[] = [];
  const end = async (): Promise<void> => void (await Promise.all(agents.map(({ end }) => end())));
  const start = async (prefix: readonly string[]): Promise<Agent> => {
    const agent = await startAgent(prefix);
    agents.push(agent);
    return agent;
  };
  try {
    const unshare = ["unshare", "--net"];
    const [pod, peer] = await Promise.all([start(unshare), start(unshare)]);
    await joinByVeth(pod, peer, further);
    const inside = within(pod);
    const [proxy, app, services] = await Promise.all([start(inside), start(inside), start(within(peer))]);
    return {
      proxy,
      app,
      pod,
      services,
      peer,
      inside,
      run: (command, input) => run([...inside, ...command], input),
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

type FurtherAddresses = Readonly<Partial<Record<Family, readonly string[]>>>;

async function joinByVeth(pod: Agent, peer: Agent, { v4 = [], v6 = [] }: FurtherAddresses): Promise<void> {
  const inside = within(pod);
  await run([...inside, "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", `${peer.pid}`]);
  await run([...inside, "ip", "-batch", "-"], deviceLines("pod", addresses.peer));
  await run(
    [...within(peer), "ip", "-batch", "-"],
    deviceLines("peer", addresses.pod) +
      [addresses.otherPeer.v4, ...v4].map((address) => `addr add ${address}/32 dev lo\n`).join("") +
      [addresses.otherPeer.v6, ...v6].map((address) => `addr add ${address}/128 dev lo nodad\n`).join(""),
  );
}

// Neighbours are looked for from a link-local address, and one that the kernel makes is not used for the first two
// seconds: it asks whether anybody has it. So both are given, and `nodad`.
const deviceLines = (side: "pod" | "peer", gateway: Readonly<Record<Family, string>>): string =>
  `link set lo up
addr add ${addresses[side].v4}/24 dev eth0
addr add ${addresses[side].v6}/64 dev eth0 nodad
link set eth0 addrgenmode none
addr add ${side === "pod" ? "fe80::2" : "fe80::1"}/64 dev eth0 nodad
link set eth0 up
route add default via ${gateway.v4}
route add default via ${gateway.v6}
`;

/** Several labs at once would wait for one lock of legacy iptables, which is a file. */
const folder = mkdtempSync(join(tmpdir(), "weft-redirect-"));
// It too goes when the pipe to this process ends.
spawn("sh", ["-c", 'cat; rm -r "$0"', folder], { stdio: ["pipe", "ignore", "ignore"], detached: true }).unref();
export const scratch = (name: string): string => join(folder, name);
export const environment = { ...process.env, XTABLES_LOCKFILE: scratch("xtables.lock") };

/** To be put in front of a command. */
export const within = ({ pid }: Agent): readonly string[] => ["nsenter", `--net=/proc/${pid}/ns/net`, "--"];

const sockets = fileURLToPath(new URL("sockets.py", import.meta.url));

/** Itself, where `python3` is a script that looks for it. */
const interpreter = works(["python3", "-V"])
  ? execFileSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).trim()
  : "python3";

/** `prefix`: where the process is to run. */
export async function startAgent(prefix: readonly string[]): Promise<Agent> {
  const [command, ...args] = [...prefix, interpreter, "-IS", sockets];
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting: { readonly resolve: (line: string) => void; readonly reject: (error: Error) => void }[] = [];
  let ended = false;
  const gone = new Promise<void>((resolve) => {
    child.once("close", () => {
      ended = true;
      for (const { reject } of waiting.splice(0)) reject(new Error(`${args.join(" ")} ended`));
      resolve();
    });
  });
  child.once("error", () => child.emit("close"));
  child.stdin.on("error", () => undefined);
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.resolve(line));
  const ask: Agent["ask"] = async <Answer>(order: Readonly<Record<string, unknown>>): Promise<Answer> => {
    if (ended) throw new Error(`${args.join(" ")} has ended`);
    const answer = new Promise<string>((resolve, reject) => void waiting.push({ resolve, reject }));
    child.stdin.write(`${JSON.stringify(order)}\n`);
    return JSON.parse(await answer) as Answer;
  };
  await ask({ do: "ready" });
  return { pid: pidOf(child), ask, end: () => (child.stdin.end(), gone) };
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error("no process");
  return pid;
}

/** What the command prints; rejects with what it complains of. */
export const run: Run = ([command = "", ...args], input = "") =>
  new Promise((resolve, reject) => {
    const child = execFile(command, args, { env: environment, maxBuffer: 1e8 }, (error, output, complaint) => {
      if (error === null) resolve(output);
      else reject(new Error(`${args.slice(-6).join(" ")}: ${complaint || error.message}`));
    });
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });

/** Why nothing of this can run here; `undefined` when it can. Said once, in one line. */
export const hindrance: string | undefined = findHindrance();
if (hindrance !== undefined) process.stdout.write(`tests of redirection are skipped: ${hindrance}\n`);

function findHindrance(): string | undefined {
  if (process.getuid?.() !== 0) return "they need root";
  const missing = ["ip", "nft", "python3", "nsenter", "unshare"].filter(
    (tool) => !works(["sh", "-c", `command -v ${tool}`]),
  );
  if (missing.length > 0) return `${missing.join(", ")} is not installed`;
  if (!works(["unshare", "--net", "true"])) return "the kernel refuses network namespaces";
  if (!works(["unshare", "--net", "ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth1"])) {
    return "the kernel has no veth devices";
  }
  return undefined;
}

export function works([command = "", ...args]: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore", env: environment });
    return true;
  } catch {
    return false;
  }
}

/** `describe`, skipped where there can be no lab. */
export const describeInLab = (title: string, body: (this: Mocha.Suite) => void): Mocha.Suite | void =>
  hindrance === undefined ? describe(title, body) : describe.skip(title, body);

/**
 * A node and its pods: each pod a network and a mount namespace of its own on one bridge. A namespace lives as long as
 * the process that holds it, and that ends with the pipe to this one.
 */
import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";

const exec = promisify(execFile);

/** Of the node: API server, DNS, control plane. */
export const nodeIp = "10.99.0.1";

export interface PodSpace {
  readonly ip: string;
  /** The node's end of the pod's cable. */
  readonly link: string;
  /** Starts a program in it. */
  readonly start: (command: readonly string[], options?: StartOptions) => ChildProcess;
  /** Runs a program in it; what it printed. */
  readonly run: (command: readonly string[]) => Promise<string>;
  /** `/proc/PID/ns/net` */
  readonly netns: string;
  /** Writes a file that only the pod sees, below /run. */
  readonly write: (path: string, content: string | Uint8Array) => void;
  /** With everything that was started in it. */
  readonly end: () => Promise<void>;
}

export interface StartOptions {
  readonly uid?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** The node's own bridge and address. */
export async function startNode(): Promise<void> {
  // That of the tests before.
  await exec("ip", ["link", "delete", "mesh0"]).catch(() => undefined);
  await batch(`link set lo up
link add mesh0 type bridge
addr add ${nodeIp}/24 dev mesh0
link set mesh0 up
`);
}

export async function startPodSpace(name: string, ip: string): Promise<PodSpace> {
  // Its own /run: two proxies find their files at the same paths, as in two pods.
  const holder = spawn(
    "unshare",
    ["--net", "--mount", "sh", "-c", "mount -t tmpfs tmpfs /run && echo up && exec cat"],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  await once(holder.stdout, "data");
  const pid = holder.pid ?? 0;
  const inside = ["nsenter", `--net=/proc/${pid}/ns/net`, `--mount=/proc/${pid}/ns/mnt`, "--"];
  const link = `to-${name}`;
  await batch(`link add ${link} type veth peer name eth0 netns ${pid}
link set ${link} master mesh0 up
`);
  await batch(
    `link set lo up
addr add ${ip}/24 dev eth0
link set eth0 up
route add default via ${nodeIp}
`,
    inside,
  );
  const run: PodSpace["run"] = async (command) => {
    const [program = "", ...args] = [...inside, ...command];
    return (await exec(program, args)).stdout;
  };
  const started: ChildProcess[] = [];
  return {
    ip,
    link,
    netns: `/proc/${pid}/ns/net`,
    run,
    start: (command, { uid, env } = {}) => {
      const as = uid === undefined ? [] : ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--"];
      const [program = "", ...args] = [...inside, ...as, ...command];
      const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env: env ?? process.env });
      started.push(child);
      return child;
    },
    write: (path, content) => {
      const file = `/proc/${pid}/root${path}`;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    },
    end: async () => {
      for (const child of started) child.kill("SIGKILL");
      holder.stdin.end();
      // The kernel takes the namespace away some time later, and the cable with it: its name is to be free at once.
      await exec("ip", ["link", "delete", link]).catch(() => undefined);
    },
  };
}

/** Pulls the node's end of a pod's cable, or puts it back. */
export const setLink = (link: string, state: "up" | "down"): Promise<void> => batch(`link set ${link} ${state}\n`);

async function batch(lines: string, inside: readonly string[] = []): Promise<void> {
  const [program, ...args] = [...inside, "ip", "-batch", "-"];
  const child = execFile(program, args);
  child.stdin?.end(lines);
  const [code] = (await once(child, "close")) as [number];
  if (code !== 0) throw new Error(`ip -batch failed:\n${lines}`);
}

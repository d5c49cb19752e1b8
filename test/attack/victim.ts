/**
 * weft as it is installed: a process of its own, started as its image starts it, under the memory limit of its container.
 * Where no limit can be set, V8's heap gets one.
 */
import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdirSync, openSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { once } from "node:events";
import { keep } from "../api/harness/kept.ts";
import type { Cgroup, Cgroups, Missing } from "./cgroup.ts";
import { installed, nodeFlags } from "./installed.ts";
import type { Victim } from "./installed.ts";
import type { Port, World } from "./world.ts";

export interface VictimProcess {
  readonly pid: number;
  readonly ports: Readonly<Record<Port, number>>;
  readonly running: () => boolean;
  /** What it was killed for by the kernel, or how it ended by itself; undefined: it runs. */
  readonly end: () => string | undefined;
  /** The end of its log, where somebody reads it. */
  readonly lastLines: () => readonly string[];
  /** Bytes of its log. */
  readonly logged: () => number;
  /** As a kubelet ends it, once; gives the exit code and how long that took, undefined when it had to be killed. */
  readonly stop: () => Promise<Stopped>;
}

export interface Stopped {
  readonly code: number | undefined;
  readonly milliseconds: number;
}

export interface VictimOptions {
  readonly name: string;
  readonly victim: Victim;
  readonly world: World;
  /** A folder with `kubeconfig`, `anchors.pem`, `tls.crt` and `tls.key`; the log is written there. */
  readonly folder: string;
  readonly cgroups: Cgroups | Missing;
}

const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** How long an ended process may take: a last call and draining (`webhook/limits.ts`), and a busy machine. */
const mostForStopping = 25_000;

export async function startVictim(options: VictimOptions): Promise<VictimProcess> {
  const { name, victim, world, folder, cgroups } = options;
  const { memory, flags, environment } = installed(victim);
  const ports = await freePorts();
  const group = "missing" in cgroups ? undefined : cgroups.create(`weft-attack-${process.pid}-${name}`, memory);
  const log = logOf(folder, world.log ?? "read");
  const node = [process.execPath, ...nodeFlags(), ...(group === undefined ? [heapLimit(memory)] : []), main];
  const weft = [...node, victim, ...flags, ...placeFlags(victim, folder, ports)];
  const command = log.onSmallDisk === true ? onSmallDisk(folder, weft) : weft;
  const kept = await keep(group === undefined ? command : inGroup(group, command), {
    log: log.path,
    env: { ...process.env, ...(group === undefined ? {} : environment) },
  });
  let end: string | undefined;
  const ended = kept.ended.then((code) => {
    end = endOf(code, group);
    return code;
  });
  let stopped: Promise<Stopped> | undefined;
  const stop = async (): Promise<Stopped> => {
    const begun = performance.now();
    kept.kill("SIGTERM");
    const inTime = await Promise.race([ended, pause(mostForStopping, undefined, { ref: false })]);
    kept.kill("SIGKILL");
    await ended;
    log.close();
    group?.destroy();
    return { code: inTime, milliseconds: performance.now() - begun };
  };
  const started: VictimProcess = {
    pid: kept.pid,
    ports,
    running: kept.running,
    end: () => end,
    lastLines: () => (log.isRead ? kept.output().trimEnd().split("\n").slice(-8) : []),
    logged: () => (log.isRead ? statSync(log.path).size : 0),
    stop: () => (stopped ??= stop()),
  };
  await ready(started);
  return started;
}

/** A shell joins the group, and becomes the process. */
const inGroup = ({ procs }: Cgroup, command: readonly string[]): readonly string[] => [
  "/bin/sh",
  "-c",
  'echo $$ >"$0" && exec "$@"',
  procs,
  ...command,
];

/** Its log is on a disk of 64 KiB, which nobody else sees (mount_namespaces(7)). */
function onSmallDisk(folder: string, command: readonly string[]): readonly string[] {
  const script = 'mount -t tmpfs -o size=64k tmpfs "$0" && exec "$@" >"$0/log" 2>&1';
  return ["unshare", "--mount", "/bin/sh", "-c", script, join(folder, "disk"), ...command];
}

/** In place of a part of the container's memory, since Node would take the machine's for that. */
const heapLimit = (memory: number): string => `--max-old-space-size=${Math.floor((memory * 0.65) / 2 ** 20)}`;

const placeFlags = (victim: Victim, folder: string, ports: VictimProcess["ports"]): readonly string[] => [
  `--kubeconfig=${join(folder, "kubeconfig")}`,
  `--trust-anchors=${join(folder, "anchors.pem")}`,
  "--namespace=weft",
  // No Service has to hear of its end first.
  "--grace-period=0s",
  `--admin-address=127.0.0.1:${ports.admin}`,
  ...(victim === "webhook"
    ? [`--address=127.0.0.1:${ports.webhook}`]
    : [
        `--issuer-dir=${folder}`,
        ...(["identity", "destination", "policy"] as const).map((each) => `--${each}-address=127.0.0.1:${ports[each]}`),
      ]),
];

/** Its log may be lost, so it is told where to listen. All are held until all are known. */
async function freePorts(): Promise<VictimProcess["ports"]> {
  const names = ["webhook", "admin", "identity", "destination", "policy"] as const;
  const servers = await Promise.all(
    names.map(async (name) => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return { name, server, port: (server.address() as AddressInfo).port };
    }),
  );
  await Promise.all(
    servers.map(({ server }) => {
      server.close();
      return once(server, "close");
    }),
  );
  return Object.fromEntries(servers.map(({ name, port }) => [name, port])) as Record<Port, number>;
}

interface Log {
  readonly path: string;
  readonly onSmallDisk?: boolean;
  readonly isRead: boolean;
  readonly close: () => void;
}

function logOf(folder: string, kind: NonNullable<World["log"]>): Log {
  if (kind === "no disk") return { path: "/dev/full", isRead: false, close: () => undefined };
  if (kind === "small disk") {
    mkdirSync(join(folder, "disk"));
    return { path: "/dev/null", onSmallDisk: true, isRead: false, close: () => undefined };
  }
  const path = join(folder, "log");
  if (kind === "read") {
    writeFileSync(path, "");
    return { path, isRead: true, close: () => undefined };
  }
  execFileSync("mkfifo", [path]);
  // Opened for both, so that the pipe has a reader; without waiting for a writer, as none is there yet.
  const reader = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  return { path, isRead: false, close: () => closeSync(reader) };
}

async function ready(victim: VictimProcess): Promise<void> {
  const until = performance.now() + 60_000;
  while (victim.running() && performance.now() < until) {
    const { status } = await fetch(`http://127.0.0.1:${victim.ports.admin}/readyz`, {
      headers: { connection: "close" },
      signal: AbortSignal.timeout(2000),
    }).catch(() => ({ status: 0 }));
    if (status === 200) return;
    await pause(50);
  }
  const lines = victim.lastLines().join("\n");
  await victim.stop();
  throw new Error(`weft did not become ready: ${victim.end() ?? ""}\n${lines}`);
}

function endOf(code: number, group: Cgroup | undefined): string {
  if (group !== undefined && group.kills() > 0) return "killed by the kernel: no memory left below the limit";
  return code > 128 ? `ended by signal ${code - 128}` : `ended with exit code ${code}`;
}

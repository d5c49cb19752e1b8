/** Replicas of weft: the program as its Deployments run it, with this machine's folders in place of mounted volumes. */
import { mkdirSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { names, paths } from "../../../src/core/install/names.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { eventually } from "./cluster.ts";
import { keep } from "./kept.ts";
import type { Kept } from "./kept.ts";

/** One process. */
export interface Running {
  readonly name: string;
  readonly adminPort: number;
  readonly process: Kept;
  /** Body of an admin page, and its status. */
  readonly page: (path: string) => Promise<Page>;
  readonly ready: () => Promise<boolean>;
  /** Its log so far, a line each. */
  readonly log: () => readonly LogLine[];
}

/** Of the webhook. */
export interface Replica extends Running {
  /** Where it answers reviews. */
  readonly port: number;
}

export interface Page {
  readonly status: number;
  readonly text: string;
}

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [key: string]: unknown;
}

export interface ReplicaOptions {
  readonly name: string;
  readonly folder: string;
  /** Of the container. */
  readonly args: readonly string[];
  /** Flags that stand in for the Deployment's, or come on top. */
  readonly flags: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** How long it may take until it listens; milliseconds. */
  readonly patience?: number;
}

const program = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));

/** Resolves once it listens; ready is another question. */
export async function startReplica(options: ReplicaOptions): Promise<Replica> {
  const own = { ...options, flags: ["--address=127.0.0.1:0", ...options.flags] };
  const { running, started } = await start(own, "serving reviews");
  return { ...running, port: portOf(started["address"]) };
}

/** Likewise, of the control plane. */
export async function startController(options: ReplicaOptions): Promise<Running> {
  const listeners = ["identity", "destination", "policy"].map((name) => `--${name}-address=127.0.0.1:0`);
  return (await start({ ...options, flags: [...listeners, ...options.flags] }, "serving proxies")).running;
}

/** Likewise, of the certificate controller. */
export async function startCertificates(options: ReplicaOptions): Promise<Running> {
  return (await start(options, "looking after certificates")).running;
}

/** `started`: the line of its log that says so. */
async function start(
  options: ReplicaOptions,
  msg: string,
): Promise<{ readonly running: Running; readonly started: LogLine }> {
  const { name, folder, args, flags, env, patience = 15_000 } = options;
  const log = join(folder, `${name}.log`);
  const own = ["--admin-address=127.0.0.1:0", "--log-format=json"];
  const mounted = args.map((arg) => arg.replace(/=(\/var\/run\/.*)/, `=${folder}$1`));
  const kept = await keep([process.execPath, program, ...mounted, ...own, ...flags], {
    log,
    env: { ...process.env, ...env },
  });
  const lines = (): readonly LogLine[] => logLines(kept.output());
  const started = await eventually(
    `${name} serves`,
    () => {
      const line = lines().find((each) => each.msg === msg);
      if (line === undefined && !kept.running()) throw new Error(`${name} ended:\n${kept.output()}`);
      return line;
    },
    (line) => line !== undefined,
    { within: patience },
  ).catch((error: unknown) => {
    kept.kill("SIGKILL");
    throw error;
  });
  const adminPort = portOf(started?.["admin"]);
  const page = (path: string): Promise<Page> => pageOf(adminPort, path);
  const ready = async (): Promise<boolean> => (await page("/readyz").catch(() => ({ status: 0 }))).status === 200;
  const running = { name, adminPort, process: kept, page, ready, log: lines };
  return { running, started: started ?? { level: "", msg } };
}

/** Writes a ConfigMap's or Secret's data where the Deployment mounts it. */
export function mount(folder: string, object: JsonObject): void {
  const { kind, metadata, data = {} } = object as unknown as Volume;
  const path = mounts[metadata.name];
  if (path === undefined) return;
  for (const [file, value] of Object.entries(data)) {
    const at = join(folder, path, file);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, kind === "Secret" ? Buffer.from(value, "base64") : value);
  }
}

interface Volume {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
}

const mounts: Readonly<Record<string, string>> = {
  [names.settings]: paths.settings,
  [names.trustAnchors]: paths.trustAnchors,
  [names.issuer]: paths.issuer,
  [names.givenSecret]: paths.tls,
  [names.certManagerSecret]: paths.tls,
};

// The last line may be half written.
const logLines = (text: string): readonly LogLine[] =>
  text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as LogLine];
    } catch {
      return [];
    }
  });

const portOf = (address: unknown): number => Number(String(address).split(":").at(-1));

const pageOf = (port: number, path: string): Promise<Page> =>
  new Promise((resolve, reject) => {
    // A stopped process takes connections, and is silent.
    const signal = AbortSignal.timeout(5000);
    get({ host: "127.0.0.1", port, path, agent: false, signal }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }));
    }).on("error", reject);
  });

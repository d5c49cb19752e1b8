/**
 * A pod of the lab: its manifest goes through weft's engine, and what the engine wrote is what is started: the real
 * proxy with the environment of the injected container, behind weft's redirect rules, beside the plain program.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { inject } from "../../../src/index.ts";
import type { Installation } from "../../../src/index.ts";
import { workloadRequest } from "../../support/proxy-client.ts";
import type { HttpSeen, LoadSeen, Many, ManySeen, Order, TcpSeen } from "./agent.ts";
import { startPodSpace } from "./lab.ts";
import type { PodSpace } from "./lab.ts";

const proxyUid = 2102;
const agentFile = fileURLToPath(new URL("agent.ts", import.meta.url));
const main = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));

export interface PodAsked {
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly ip: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Who its program says it is; `backend` without it. */
  readonly says?: string;
  /** undefined: it is not meshed. */
  readonly mesh: { readonly installation: Installation; readonly settings: string; readonly token: string } | undefined;
}

export interface LabPod {
  readonly space: PodSpace;
  /** The Pod as the API server would have it. */
  readonly object: PodObject;
  readonly http: (url: string, asked?: HttpAsked) => Promise<HttpSeen>;
  readonly http2: (url: string, method?: string) => Promise<HttpSeen>;
  /** The server speaks first. */
  readonly tcp: (host: string, port: number, say: string) => Promise<TcpSeen>;
  /** The client does. */
  readonly echo: (host: string, port: number, say: string) => Promise<TcpSeen>;
  readonly load: (url: string) => Promise<void>;
  readonly stop: () => Promise<LoadSeen>;
  /** Who serves, so many times. */
  readonly many: (order: Omit<Many, "do">) => Promise<ManySeen>;
  /** Opens a connection that is kept; what the server said first. */
  readonly hold: (host: string, port: number) => Promise<string>;
  /** Says a line on it; its echo. */
  readonly held: (say: string) => Promise<string>;
  /** Text of the proxy's metrics, asked for inside the pod. */
  readonly metrics: () => Promise<string>;
  /** What the proxy has logged. */
  readonly log: () => string;
  readonly end: () => Promise<void>;
}

type HttpAsked = Pick<Extract<Order, { do: "http" }>, "headers" | "patience">;

interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
}
interface Container {
  readonly name: string;
  readonly env?: readonly EnvVar[];
}
export interface PodObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly serviceAccountName: string;
    readonly nodeName: string;
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
  };
  readonly status: Readonly<Record<string, unknown>>;
}

export async function startPod(asked: PodAsked): Promise<LabPod> {
  const space = await startPodSpace(asked.name, asked.ip);
  const plain = manifest(asked);
  const agent = await startAgent(space, asked.says ?? "backend");
  const proxy = asked.mesh === undefined ? undefined : await mesh(space, plain, asked.mesh);
  return {
    space,
    object: proxy?.object ?? plain,
    ...agent,
    metrics: async () => (await agent.http("http://127.0.0.1:4191/metrics")).body,
    log: () => proxy?.log() ?? "",
    end: async () => {
      if (proxy !== undefined) {
        proxy.process.kill("SIGTERM");
        await Promise.race([once(proxy.process, "exit"), sleep(3000)]);
      }
      await space.end();
    },
  };
}

const manifest = ({ name, namespace, serviceAccount, ip, labels, annotations = {} }: PodAsked): PodObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    namespace,
    uid: `uid-${name}`,
    labels,
    annotations: { "linkerd.io/inject": "enabled", ...annotations },
  },
  spec: {
    serviceAccountName: serviceAccount,
    nodeName: "node",
    containers: [
      {
        name: "app",
        image: "app:1",
        ports: [
          { name: "http", containerPort: 8080 },
          { name: "http2", containerPort: 8081 },
          { name: "echo", containerPort: 7070 },
          { name: "named", containerPort: 7071 },
          { name: "tcp-lines", containerPort: 9090 },
        ],
        // What a token and its audience are mounted by, in a pod that the API server has admitted.
        volumeMounts: [{ name: "kube-api-access", mountPath: "/var/run/secrets/kubernetes.io/serviceaccount" }],
      } as Container,
    ],
    ...({ volumes: [{ name: "kube-api-access", projected: { sources: [] } }] } as object),
  },
  status: { phase: "Running", podIP: ip, podIPs: [{ ip }], hostIP: "10.99.0.1" },
});

interface Meshed {
  readonly object: PodObject;
  readonly process: ChildProcess;
  readonly log: () => string;
}

async function mesh(
  space: PodSpace,
  plain: PodObject,
  { installation, settings, token }: NonNullable<PodAsked["mesh"]>,
): Promise<Meshed> {
  const injection = inject(plain, { settings: installation });
  if (injection.kind !== "injected") throw new Error(`not injected: ${JSON.stringify(injection)}`);
  const object = injection.object;
  await redirect(space, plain, settings);
  const { spec } = object;
  const container = [...spec.containers, ...(spec.initContainers ?? [])].find(({ name }) => name === "linkerd-proxy");
  const env = environment(container?.env ?? [], object);
  const { csr, key } = await workloadRequest(env["LINKERD2_PROXY_IDENTITY_LOCAL_NAME"] ?? "");
  const dir = env["LINKERD2_PROXY_IDENTITY_DIR"] ?? "";
  space.write(runPath(`${dir}/key.p8`), Buffer.from(key.replaceAll(/-----.*-----|\s/g, ""), "base64"));
  space.write(runPath(`${dir}/csr.der`), csr);
  space.write(runPath(env["LINKERD2_PROXY_IDENTITY_TOKEN_FILE"] ?? ""), token);
  await space.run(["chown", "-R", `${proxyUid}`, "/run"]);
  const child = space.start([process.env["LINKERD2_PROXY"] ?? ""], { uid: proxyUid, env });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text) => (log += text));
  return { object, process: child, log: () => log };
}

const runPath = (path: string): string => path.replace(/^\/var\/run\//, "/run/");

/** `weft rules --apply`: what the pod's init container would do. */
async function redirect(space: PodSpace, plain: PodObject, settings: string): Promise<void> {
  const node = process.execPath;
  space.write("/run/pod.json", JSON.stringify(plain));
  await space.run([node, main, "rules", "--apply", "--format", "nft", "--settings", settings, "/run/pod.json"]);
}

/** As kubelet does it: fields of the pod, and `$(NAME)` of variables that came before (core/v1, EnvVar). */
function environment(variables: readonly EnvVar[], { metadata, spec, status }: PodObject): Record<string, string> {
  const fields: Readonly<Record<string, string>> = {
    "metadata.name": metadata.name,
    "metadata.namespace": metadata.namespace,
    "metadata.uid": metadata.uid,
    "spec.nodeName": spec.nodeName,
    "spec.serviceAccountName": spec.serviceAccountName,
    "status.podIP": String(status["podIP"]),
    "status.podIPs": String(status["podIP"]),
  };
  const known: Record<string, string> = {};
  for (const { name, value = "", valueFrom } of variables) {
    const path = valueFrom?.fieldRef?.fieldPath;
    known[name] =
      path === undefined
        ? value.replaceAll(/\$\(([^)]+)\)/g, (whole, other: string) => known[other] ?? whole)
        : (fields[path] ?? "");
  }
  // A test has no two minutes for a proxy that was never certified.
  return { ...known, LINKERD2_PROXY_SHUTDOWN_GRACE_PERIOD: "2s" };
}

type Asks = Pick<LabPod, "http" | "http2" | "tcp" | "echo" | "load" | "stop" | "many" | "hold" | "held">;

async function startAgent(space: PodSpace, says: string): Promise<Asks> {
  const child = space.start([process.execPath, agentFile, "serve", says]);
  child.stderr?.pipe(process.stderr);
  const waiting: ((line: string) => void)[] = [];
  if (child.stdout === null) throw new Error("no output");
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.(line));
  const ask = async <Answer>(order: Order): Promise<Answer> => {
    const line = new Promise<string>((resolve) => void waiting.push(resolve));
    child.stdin?.write(`${JSON.stringify(order)}\n`);
    return JSON.parse(await line) as Answer;
  };
  return {
    http: (url, asked = {}) => ask({ ...asked, do: "http", url }),
    http2: (url, method = "GET") => ask({ do: "http2", url, method }),
    tcp: (host, port, say) => ask({ do: "tcp", host, port, say }),
    echo: (host, port, say) => ask({ do: "echo", host, port, say }),
    load: (url) => ask({ do: "load", url }),
    stop: () => ask({ do: "stop" }),
    many: (order) => ask({ ...order, do: "many" }),
    hold: async (host, port) => (await ask<TcpSeen>({ do: "hold", host, port })).heard,
    held: async (say) => (await ask<TcpSeen>({ do: "held", say })).heard,
  };
}

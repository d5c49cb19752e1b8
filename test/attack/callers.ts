/**
 * Who must be served while weft is attacked: API servers with reviews, proxies that are certified for the first time and
 * again, proxies that open streams, the kubelet. Each calls at its own pace, and does not wait for the answer before.
 */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { defaultTimeouts } from "../../src/core/registration/webhooks.ts";
import { entries } from "../../src/core/registration/entries.ts";
import type { Certificate } from "../support/certificates.ts";
import type { Listener } from "../support/controller-process.ts";
import { certify, proxyClient, workloadRequest } from "../support/proxy-client.ts";
import type { ProxyClient } from "../support/proxy-client.ts";
import type { Port } from "./world.ts";

export type GoodName = "reviews" | "certificates" | "streams";
export type CallerName =
  | "reviews"
  /** Pods that come for the first time, each from an address of its own. */
  | "newcomers"
  /** Pods that were certified before, and show that certificate. */
  | "renewals"
  | "streams"
  | "probes";

export interface Call {
  readonly name: CallerName;
  /** When it was made, as performance.now() counts. */
  readonly at: number;
  /** Milliseconds until the answer, or until it was given up. */
  readonly took: number;
  /** What was wrong with the answer, or that there was none. */
  readonly wrong?: string;
}

export interface Callers {
  readonly calls: readonly Call[];
  /** Resolves when the last answer is there. */
  readonly stop: () => Promise<void>;
}

export interface Place {
  readonly ports: Readonly<Record<Port, number>>;
  /** PEM. */
  readonly anchors: string;
  /** Of the pod whose certificate is renewed, and whose streams are opened. */
  readonly certificate: Certificate | undefined;
  readonly streamPath: string;
}

/** As the proxies of the fixtures know it. */
export const serverName = "linkerd-destination.linkerd.serviceaccount.identity.linkerd.cluster.local";
export const identityOf = (account: string, namespace = "shop"): string =>
  `${account}.${namespace}.serviceaccount.identity.linkerd.cluster.local`;

/** A call that takes longer has failed: that of an API server's entry, in milliseconds. */
const patience = defaultTimeouts.inject * 1000;

interface Caller {
  readonly name: CallerName;
  /** Milliseconds between two calls. */
  readonly every: number;
  /** Rejects when the answer is not as it must be. */
  readonly call: (index: number) => Promise<void>;
  readonly close: () => void;
}

export async function goodCallers(names: readonly GoodName[], place: Place): Promise<Callers> {
  const made = await Promise.all([probes(place), ...names.map((name) => makers[name](place))]);
  const callers = made.flat();
  const ending = new AbortController();
  const calls: Call[] = [];
  const loops = callers.map((caller) => loop(caller, ending.signal, (call) => calls.push(call)));
  return {
    calls,
    stop: async () => {
      ending.abort();
      await Promise.all(loops);
      for (const { close } of callers) close();
    },
  };
}

async function loop({ name, every, call }: Caller, ending: AbortSignal, seen: (call: Call) => void): Promise<void> {
  const inFlight = new Set<Promise<void>>();
  for (let index = 0; !ending.aborted; index += 1) {
    const at = performance.now();
    const one = inTime(call(index)).then(
      () => seen({ name, at, took: performance.now() - at }),
      (error: unknown) => seen({ name, at, took: performance.now() - at, wrong: wordsOf(error) }),
    );
    inFlight.add(one);
    void one.then(() => inFlight.delete(one));
    await pause(every, undefined, { signal: ending }).catch(() => undefined);
  }
  await Promise.all(inFlight);
}

function inTime(call: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer in ${patience / 1000} s`)), patience);
    call.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Without ports and addresses, so that the same reasons are counted together. */
const wordsOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return (typeof code === "string" ? code : message).replaceAll(/\d+\.\d+\.\d+\.\d+(:\d+)?/g, "…").slice(0, 80);
};

/** Reviews as an API server sends them: on connections that it keeps, now and then on a new one. */
async function reviews({ ports }: Place): Promise<readonly Caller[]> {
  const body = readFileSync(new URL("../bench/review.json", import.meta.url));
  const kept = new Agent({ keepAlive: true, rejectUnauthorized: false });
  const call = async (index: number): Promise<void> => {
    const isNew = index % 5 === 4;
    const agent = isNew ? new Agent({ rejectUnauthorized: false }) : kept;
    const { status, text } = await posted(ports.webhook, body, agent);
    if (isNew) agent.destroy();
    if (status !== 200) throw new Error(`HTTP ${status}`);
    const { response } = JSON.parse(text) as { response?: { patch?: string } };
    const patch = Buffer.from(response?.patch ?? "", "base64").toString();
    if (!patch.includes('"name":"linkerd-proxy"')) throw new Error("answered without the proxy");
  };
  return [{ name: "reviews", every: 25, call, close: () => kept.destroy() }];
}

interface Posted {
  readonly status: number;
  readonly text: string;
}

const posted = (port: number, body: Buffer, agent: Agent): Promise<Posted> =>
  new Promise((resolve, reject) => {
    const path = `${entries.injectNamespace.path}?timeout=10s`;
    const headers = { "content-type": "application/json", "content-length": body.length };
    const asked = request({ host: "127.0.0.1", port, path, method: "POST", agent, headers, timeout: patience });
    asked.on("error", reject).on("timeout", () => asked.destroy(new Error(`no answer in ${patience / 1000} s`)));
    asked.on("response", (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }));
    });
    asked.end(body);
  });

/** A call on a connection of its own, as proxies do it. */
async function certificates(place: Place): Promise<readonly Caller[]> {
  const { csr } = await workloadRequest(identityOf("web"));
  const ask = async (certificate: Certificate | undefined, from?: string): Promise<void> => {
    const client = await connect(place, "identity", certificate, from);
    try {
      await certify(client, { identity: identityOf("web"), token: "web", csr });
    } finally {
      client.close();
    }
  };
  const address = (index: number): string => `127.7.${(index >> 7) % 250}.${(index % 128) + 1}`;
  return [
    { name: "newcomers", every: 80, call: (index) => ask(undefined, address(index)), close: () => undefined },
    { name: "renewals", every: 80, call: () => ask(place.certificate), close: () => undefined },
  ];
}

/** New Get streams on a connection that is there, now and then on one of their own. */
async function streams(place: Place): Promise<readonly Caller[]> {
  const own = (): Promise<ProxyClient> => connect(place, "destination", place.certificate);
  let kept: Promise<ProxyClient> | undefined;
  const shared = (): Promise<ProxyClient> => {
    kept ??= own().then(
      (client) => {
        // A proxy comes back; that it had to is seen in the streams that ended.
        void client.closed.then(() => (kept = undefined));
        return client;
      },
      (error: unknown) => {
        kept = undefined;
        throw error;
      },
    );
    return kept;
  };
  const call = async (index: number): Promise<void> => {
    const isNew = index % 10 === 9;
    const client = await (isNew ? own() : shared());
    try {
      const stream = client.stream("destination", "Get", { path: place.streamPath });
      const first = (await stream.message(0)) as { readonly add?: object };
      stream.cancel();
      if (first.add === undefined) throw new Error("told of no endpoints");
    } finally {
      if (isNew) client.close();
    }
  };
  await shared();
  const close = (): void =>
    void kept?.then(
      (client) => client.close(),
      () => undefined,
    );
  return [{ name: "streams", every: 40, call, close }];
}

/** As the kubelet asks, on a connection each: alive, and ready. */
async function probes({ ports }: Place): Promise<readonly Caller[]> {
  const call = async (index: number): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${ports.admin}${index % 2 === 0 ? "/livez" : "/readyz"}`, {
      headers: { connection: "close" },
      signal: AbortSignal.timeout(patience),
    });
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`HTTP ${answer.status}`);
  };
  return [{ name: "probes", every: 50, call, close: () => undefined }];
}

const makers: Readonly<Record<GoodName, (place: Place) => Promise<readonly Caller[]>>> = {
  reviews,
  certificates,
  streams,
};

/** Rejects also when the listener takes the connection and says nothing. */
export async function connect(
  { ports, anchors }: Pick<Place, "ports" | "anchors">,
  to: Listener,
  certificate: Certificate | undefined,
  localAddress?: string,
): Promise<ProxyClient> {
  const address = { port: ports[to], ...(localAddress !== undefined && { localAddress }) };
  const client = proxyClient({ address, name: serverName, anchors, certificate });
  const late = new AbortController();
  try {
    return await Promise.race([
      client,
      pause(patience, undefined, { signal: late.signal }).then(() => {
        void client.then(
          (come) => come.close(),
          () => undefined,
        );
        throw new Error(`no connection in ${patience / 1000} s`);
      }),
    ]);
  } finally {
    late.abort();
  }
}

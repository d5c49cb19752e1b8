/**
 * 10,000 proxies that ask for a certificate at the same moment: how fast they are served, and what it costs. The service
 * runs in a process of its own behind TLS, as the controller runs it; tokens are reviewed at once, by nobody. Who is turned away
 * comes back after 10 s, as proxies do. Two ways:
 * all calls at once over a few connections, and a connection for each call, as proxies do it. Prints JSON: certificates
 * a second, milliseconds until an answer, processor time and memory of the server, and as the limit what OpenSSL signs
 * and verifies with the same kind of key on one processor. `--short`: a look.
 */
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { cpus } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { defaultLife } from "../../src/core/identity/validity.ts";
import { identityService } from "../../src/grpc/identity-service.ts";
import { listenGrpc } from "../../src/grpc/listener.ts";
import { domain, identityNamed, testMesh } from "../support/certificates.ts";
import { GrpcError, certify, proxyClient, workloadRequest } from "../support/proxy-client.ts";
import type { ProxyClient, ProxyClientOptions } from "../support/proxy-client.ts";

const short = process.argv.includes("--short");
const calls = short ? 1000 : 10_000;
const ownConnections = short ? 200 : 2000;
const name = identityNamed("linkerd-identity", "linkerd");

interface Cost {
  readonly cpuMilliseconds: number;
  readonly rssMiB: number;
  /** How many were turned away; they come back after 10 s, as proxies do. */
  readonly refusals: number;
}

/** The server's process: says where it listens, and answers each message with what it has cost since the one before. */
async function serve(): Promise<void> {
  const { anchor, issuer } = await testMesh();
  const now = Date.now();
  let refusals = 0;
  const service = identityService({
    domain,
    life: defaultLife,
    spiffe: false,
    issuer: () => issuer,
    review: (token) =>
      Promise.resolve({
        status: {
          authenticated: true,
          audiences: ["identity.l5d.io"],
          user: { username: `system:serviceaccount:shop:${token}`, uid: token },
        },
      }),
    now: () => new Date(),
    onCertified: () => undefined,
    onRefused: ({ refusal: { reason, message } }) => {
      if (reason !== "overloaded") throw new Error(message);
      refusals += 1;
    },
  });
  const pair = await issuer.servingPair([name], { notBefore: now - 60_000, notAfter: now + 3_600_000 });
  const listener = await listenGrpc({
    address: { host: "127.0.0.1", port: 0 },
    identity: { ...pair, anchors: anchor.certificate },
    clientCertificates: "optional",
    services: [service],
  });
  let before = process.cpuUsage();
  process.on("message", () => {
    const { user, system } = process.cpuUsage(before);
    before = process.cpuUsage();
    process.send?.({
      cpuMilliseconds: Math.round((user + system) / 1000),
      rssMiB: Math.round(process.memoryUsage.rss() / 2 ** 20),
      refusals,
    });
    refusals = 0;
  });
  process.send?.({ address: listener.address, anchors: anchor.certificate });
}

async function run(): Promise<void> {
  const server = fork(fileURLToPath(import.meta.url), ["--server"], { stdio: "inherit" });
  const [options] = (await once(server, "message")) as [Pick<ProxyClientOptions, "address" | "anchors">];
  const cost = async (): Promise<Cost> => {
    server.send("cost");
    const [answer] = (await once(server, "message")) as [Cost];
    return answer;
  };
  const connect = (): Promise<ProxyClient> => proxyClient({ ...options, name });
  // Keys and requests take longer to make than to certify, so they come round again.
  const accounts = await Promise.all(
    Array.from({ length: 100 }, async (_, index) => {
      const identity = identityNamed(`sa-${index}`, "shop");
      return { identity, token: `sa-${index}`, csr: (await workloadRequest(identity)).csr };
    }),
  );
  const ask = async (client: ProxyClient, index: number): Promise<void> => {
    const account = accounts[index % accounts.length];
    if (account === undefined) throw new Error("no account");
    for (;;) {
      try {
        return void (await certify(client, account));
      } catch (error) {
        if (!(error instanceof GrpcError) || error.status.code !== 8) throw error;
        await pause(10_000);
      }
    }
  };

  const flood = async (count: number, one: (index: number) => Promise<void>) => {
    await cost();
    const begun = performance.now();
    const latencies = await Promise.all(
      Array.from({ length: count }, async (_, index) => {
        await one(index);
        return performance.now() - begun;
      }),
    );
    const seconds = (performance.now() - begun) / 1000;
    return { count, ...figures(latencies, seconds), ...perCall(await cost(), count) };
  };

  const few = await Promise.all(Array.from({ length: 8 }, connect));
  const on = (index: number): ProxyClient => {
    const client = few[index % few.length];
    if (client === undefined) throw new Error("no connection");
    return client;
  };
  for (let index = 0; index < 300; index += 1) await ask(on(index), index);
  const atOnce = await flood(calls, (index) => ask(on(index), index));
  // One after the other on each connection: what a call takes where nothing waits.
  const steady = await steadily(few, calls / 5, ask, cost);
  for (const client of few) client.close();
  const eachItsOwn = await inTurns(
    ownConnections,
    32,
    async (index) => {
      const client = await connect();
      await ask(client, index);
      client.close();
    },
    cost,
  );
  server.kill();
  const limit = opensslSpeed();
  const figure = { processors: cpus().length, model: cpus()[0]?.model ?? "", node: process.version };
  console.log(JSON.stringify({ ...figure, atOnce, steady, eachItsOwn, openssl: limit }, undefined, 2));
}

const steadily = (
  few: readonly ProxyClient[],
  count: number,
  ask: (client: ProxyClient, index: number) => Promise<void>,
  cost: () => Promise<Cost>,
) => {
  const free = [...few];
  return inTurns(
    count,
    few.length,
    async (index) => {
      const client = free.pop();
      if (client === undefined) throw new Error("no connection");
      await ask(client, index);
      free.push(client);
    },
    cost,
  );
};

/** So many at once, each after another. */
async function inTurns(
  count: number,
  atOnce: number,
  one: (index: number) => Promise<void>,
  cost: () => Promise<Cost>,
) {
  await cost();
  const latencies: number[] = [];
  let next = 0;
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < count) {
        next += 1;
        const sent = performance.now();
        await one(next);
        latencies.push(performance.now() - sent);
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  return { count, atOnce, ...figures(latencies, seconds), ...perCall(await cost(), count) };
}

function figures(latencies: readonly number[], seconds: number) {
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round((sorted[Math.floor(share * (sorted.length - 1))] ?? 0) * 10) / 10;
  return { perSecond: Math.round(latencies.length / seconds), p50: at(0.5), p99: at(0.99), last: at(1) };
}

const perCall = ({ cpuMilliseconds, rssMiB, refusals }: Cost, count: number) => ({
  turnedAway: refusals,
  serverMicrosecondsEach: Math.round((cpuMilliseconds * 1000) / count),
  rssMiB,
});

/** `undefined` without OpenSSL's command. */
function opensslSpeed(): { readonly signPerSecond: number; readonly verifyPerSecond: number } | undefined {
  try {
    const text = execFileSync("openssl", ["speed", "-seconds", "3", "ecdsap256"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [, sign, verify] = /\(nistp256\).*?([\d.]+)\s+([\d.]+)\s*$/m.exec(text) ?? [];
    return { signPerSecond: Number(sign), verifyPerSecond: Number(verify) };
  } catch {
    return undefined;
  }
}

await (process.argv.includes("--server") ? serve() : run());

/**
 * Runs in a network namespace of its own: an API server behind TLS, and a watch of its namespaces as weft's parts keep
 * one. Then all packets between them are lost, and later no more. Prints what was seen, as JSON.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { connect as connectTo } from "node:net";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
import { setTimeout as sleep } from "node:timers/promises";
import { realClock } from "../../../src/async/clock.ts";
import { connect } from "../../../src/kube/connect.ts";
import { reflect } from "../../../src/kube/reflector.ts";
import { HeldValues } from "../../../src/kube/store.ts";
import { httpApi } from "../../support/api-http.ts";
import { serverPair } from "../../support/certificates.ts";
import { kubeconfig } from "../../support/listening.ts";

export interface Seen {
  /** Seconds without packets until the watch was over. */
  readonly noticed: number;
  readonly words: string;
  /** Seconds with packets again until what happened meanwhile was known. */
  readonly caughtUp: number;
}

const file = process.argv[2] ?? "";

async function main(): Promise<Seen> {
  execFileSync("ip", ["link", "set", "lo", "up"]);
  const namespace = (name: string) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  const behind = await httpApi([namespace("before")]);
  const port = await tlsInFrontOf(Number(new URL(behind.url).port));
  writeFileSync(file, kubeconfig(`https://127.0.0.1:${port}`, { cluster: { "insecure-skip-tls-verify": true } }));
  const connected = await connect({ kubeconfig: file, env: {} });
  rmSync(file);
  if ("issues" in connected) throw new Error(JSON.stringify(connected.issues));
  const ending = new AbortController();
  const failure = Promise.withResolvers<Error>();
  const known = Promise.withResolvers<void>();
  reflect({
    api: connected.value,
    path: "/api/v1/namespaces",
    keep: () => true,
    clock: realClock,
    random: Math.random,
    signal: ending.signal,
    onFailure: failure.resolve,
    holder: new HeldValues<boolean>((name) => (name === "meanwhile" ? known.resolve() : undefined)),
  });
  while (behind.api.watches() === 0) await sleep(20);
  // The acknowledgement of the last packet is not lost, which would be asked for again, and not waited for.
  await sleep(1000);
  lose(port);
  const since = performance.now();
  behind.api.put(namespace("meanwhile"));
  const { message } = await failure.promise;
  const over = performance.now();
  execFileSync("nft", ["flush", "ruleset"]);
  await known.promise;
  return { noticed: (over - since) / 1000, words: message, caughtUp: (performance.now() - over) / 1000 };
}

async function tlsInFrontOf(port: number): Promise<number> {
  const { certificate: cert, key } = await serverPair();
  const server = createServer({ cert, key }, (socket) => {
    const plain = connectTo(port, "127.0.0.1");
    for (const end of [socket, plain]) end.on("error", () => undefined);
    socket.pipe(plain).pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Nobody is told: no reset, no ICMP. */
const lose = (port: number): void =>
  void execFileSync("nft", ["-f", "-"], {
    input: `add table inet lost
add chain inet lost output { type filter hook output priority 0; }
add rule inet lost output tcp dport ${port} drop
add rule inet lost output tcp sport ${port} drop
`,
  });

process.stdout.write(`${JSON.stringify(await main())}\n`, () => process.exit(0));

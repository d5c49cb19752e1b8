/**
 * What streams cost: from a change at the API server to the message at 1,000 readers, memory of a stream, and 5,000
 * streams at once. weft is a process of its own; the API server is in memory and shares the other process with the readers.
 *
 *   npm run bench:streams [-- --streams=5000 --rounds=50]
 *
 * Prints JSON; times in milliseconds, memory in bytes.
 */
import { readFileSync } from "node:fs";
import { argumentsOf } from "../support/arguments.ts";
import { controllerProcess } from "../support/controller-process.ts";
import type { Certificate } from "../support/certificates.ts";
import type { ControllerProcess } from "../support/controller-process.ts";
import type { ProxyClient, ProxyStream } from "../support/proxy-client.ts";
import { podNamed, shop, sliceOf } from "../support/shop.ts";

const usage = `Usage: npm run bench:streams -- [options]

  --streams N   readers of one Service, at most (default 5000)
  --rounds N    changes of it (default 50)
`;
const { values } = argumentsOf(usage, {
  options: { streams: { type: "string", default: "5000" }, rounds: { type: "string", default: "50" } },
});
const most = Number(values.streams);
const rounds = Number(values.rounds);
/** Streams on one connection: a proxy has one for each target that it talks to. */
const perConnection = 50;
const identity = "web.shop.serviceaccount.identity.linkerd.cluster.local";
const path = "web.shop.svc.cluster.local:80";

const plane = await controllerProcess(shop);
plane.http.tokens.set("token", "system:serviceaccount:shop:web");
const certificate = await plane.certified(identity, "token");
const proxies: ProxyClient[] = [];
const streams: ProxyStream[] = [];

await settle();
const before = memory(plane.pid);
await openUntil(1000);
const one = await updates();
await openUntil(most);
await settle();
const perStream = (memory(plane.pid) - before) / most;
const all = await updates();
console.log(
  JSON.stringify(
    {
      cpu: readFileSync("/proc/cpuinfo", "utf8").match(/model name\s*: (.*)/)?.[1],
      node: process.version,
      updateSeenBy1000Streams: one,
      [`updateSeenBy${most}Streams`]: all,
      memoryPerStream: Math.round(perStream),
      connections: proxies.length,
      residentAtTheEnd: memory(plane.pid),
    },
    undefined,
    2,
  ),
);
for (const proxy of proxies) proxy.close();
await plane.stop();

async function openUntil(count: number): Promise<void> {
  while (streams.length < count) {
    const proxy = await connected(plane, certificate);
    for (let index = 0; index < perConnection && streams.length < count; index += 1)
      streams.push(proxy.stream("destination", "Get", { path }));
  }
  await Promise.all(streams.map((stream) => stream.message(0)));
}

async function connected(to: ControllerProcess, as: Certificate): Promise<ProxyClient> {
  const proxy = await to.connect("destination", as);
  proxies.push(proxy);
  return proxy;
}

/** An endpoint comes, and goes again: from the change at the API server to each reader's message. */
async function updates(): Promise<object> {
  plane.http.api.put(podNamed("web-3", "10.1.0.3"));
  const times: number[] = [];
  const whole: number[] = [];
  const used = processorTime(plane.pid);
  for (let round = 0; round < rounds; round += 1) {
    const seen = streams.map(({ messages }) => messages.length);
    const pods = { "web-1": "10.1.0.1", "web-2": "10.1.0.2", ...(round % 2 === 0 ? { "web-3": "10.1.0.3" } : {}) };
    const since = performance.now();
    plane.http.api.put(sliceOf("web", pods));
    await Promise.all(
      streams.map(async (stream, index) => {
        await stream.message(seen[index] ?? 0);
        times.push(performance.now() - since);
      }),
    );
    whole.push(performance.now() - since);
  }
  return {
    streams: streams.length,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    all: { p50: percentile(whole, 0.5), p99: percentile(whole, 0.99) },
    processorTimePerMessage: round3((processorTime(plane.pid) - used) / (rounds * streams.length)),
  };
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 3000));
}

function percentile(of: readonly number[], share: number): number {
  const sorted = of.toSorted((a, b) => a - b);
  return round3(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
}

function round3(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** Resident, in bytes (proc(5), statm: pages of 4 KiB). */
function memory(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4096;
}

/** Of a process, in milliseconds (proc(5), stat: ticks of 10 ms). */
function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

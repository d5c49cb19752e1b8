/** The faults, in the order of the report. */
import { setTimeout as sleep } from "node:timers/promises";
import { textAt } from "../../src/core/base/json/read.ts";
import { names } from "../../src/core/install/names.ts";
import { namedPath, resources } from "../../src/core/kubernetes/kinds.ts";
import type { Replica } from "../api/harness/replica.ts";
import { certificateRotation } from "./certificates.ts";
import type { Fault, Scene } from "./fault.ts";
import type { Did } from "./figures.ts";
import { namespacesHeldStale } from "./stale.ts";

export const errors: readonly Fault[] = [
  {
    name: "none",
    about: "Nothing goes wrong.",
    act: async ({ until }) => {
      await until(1);
      return { says: "nothing", happened: true, unavoidable: 0 };
    },
  },
  { name: "kill", about: "`kill -9` of a replica, which is started again.", act: kill },
  { name: "roll", about: "Rolling restart: the new replica is ready before the old one gets SIGTERM.", act: roll },
  {
    name: "certificates",
    about: "CA and certificate are renewed several times (`--ca-life=36s --certificate-life=12s`).",
    controllerFlags: ["--ca-life=36s", "--certificate-life=12s"],
    act: certificateRotation,
  },
  { name: "watches", about: "Connections of the replicas to the API server are cut, again and again.", act: cut },
  {
    name: "settings",
    about: "The ConfigMap with the settings is broken in one way after the other, and mended.",
    act: breakSettings,
  },
  {
    name: "stale",
    about: "The watch on namespaces is silent, while namespaces are annotated and pods created in them at once.",
    act: namespacesHeldStale,
  },
  {
    name: "black hole",
    about: "A replica takes connections and never answers (SIGSTOP), and comes back.",
    act: blackHole,
  },
];

const rounds = ({ seconds }: Scene): number => Math.max(1, Math.floor(seconds / 30));

async function kill(scene: Scene): Promise<Did> {
  const { weft, endpoints, until } = scene;
  const lost: Lost[] = [];
  for (let round = 0; round < rounds(scene); round += 1) {
    await until((round + 0.25) / rounds(scene));
    const victim = weft.replicas()[round] as Replica;
    const open = weft.balancer.open(victim.port);
    const before = weft.balancer.counters(victim.port);
    victim.process.kill("SIGKILL");
    await victim.process.ended;
    // The kubelet starts it again as soon as it sees that it ended.
    await endpoints.without(victim);
    await endpoints.add(await weft.launch());
    const { untaken } = weft.balancer.counters(victim.port);
    lost.push({ open, waiting: before.waiting, untaken: untaken - before.untaken });
  }
  const [open, waiting, untaken] = [sum(lost, "open"), sum(lost, "waiting"), sum(lost, "untaken")];
  return {
    says:
      `${lost.length} kills; ${open} connections led there, on ${waiting} of them a request was in flight, and ` +
      `${untaken} more were given before the replica was out of the Service: each loses one request at most`,
    happened: lost.length > 0,
    // Also of a connection that was idle: the API server may use it before it hears that it is gone.
    unavoidable: open + untaken,
  };
}

interface Lost {
  readonly open: number;
  readonly waiting: number;
  readonly untaken: number;
}

const sum = (all: readonly Lost[], key: keyof Lost): number => all.reduce((total, each) => total + each[key], 0);

async function roll(scene: Scene): Promise<Did> {
  const { weft, endpoints, probe, until } = scene;
  let stopped = 0;
  for (let round = 0; round < rounds(scene); round += 1) {
    await until((round + 0.1) / rounds(scene));
    for (const old of weft.replicas().filter(({ process }) => process.running())) {
      await endpoints.add(await weft.launch());
      // Its end begins in two places at once: the EndpointSlice, and the kubelet with the preStop pause.
      await Promise.all([endpoints.remove(old), sleep(probe.preStop)]);
      old.process.kill("SIGTERM");
      if ((await old.process.ended) === 0) stopped += 1;
    }
  }
  return {
    says: `${stopped} replicas replaced one by one`,
    happened: stopped === 2 * rounds(scene),
    unavoidable: 0,
  };
}

async function cut({ proxy, seconds, until }: Scene): Promise<Did> {
  const broken: number[] = [];
  for (let second = 0.5; second < seconds - 1; second += 2) {
    await until(second / seconds);
    broken.push(proxy.cut());
    proxy.away(true);
    await sleep(500);
    proxy.away(false);
  }
  await until(1);
  // The replicas come back ever more slowly, so that not every cut meets a watch.
  const hits = broken.filter((watches) => watches > 0).length;
  const watches = broken.reduce((total, each) => total + each, 0);
  return {
    says:
      `${broken.length} cuts, each followed by half a second in which the API server takes no connection; ` +
      `${hits} of them met watches, ${watches} in all`,
    happened: hits > 0,
    unavoidable: 0,
  };
}

async function breakSettings({ cluster, weft, seconds, until }: Scene): Promise<Did> {
  const path = namedPath(resources.configMaps, names.settings, weft.namespace);
  const good = textAt(await cluster.get(path), "data", names.settingsKey);
  const write = async (text: string | null): Promise<void> => {
    const body = { data: { [names.settingsKey]: text } };
    await cluster.ask({ method: "PATCH", path, body, contentType: "application/merge-patch+json" });
  };
  const broken: readonly (string | null)[] = [
    "proxy: [",
    good.slice(0, good.length / 2),
    good.replace(/clusterNetworks"?:.*/, 'clusterNetworks": "not a network",'),
    null,
    "\0\0\0",
  ];
  let times = 0;
  for (let second = 0.5; second < seconds - 1; second += 2) {
    await until(second / seconds);
    await write(broken[times % broken.length] ?? null);
    times += 1;
    await sleep(1000);
    await write(good);
  }
  await until(1);
  const count = (text: string): number =>
    weft.replicas().flatMap(({ log }) => log().filter(({ msg }) => msg.startsWith(text))).length;
  const refused = count("settings changed and cannot be used");
  return {
    says: `${times} times for a second; the replicas refused ${refused} and took ${count("settings read again")} versions`,
    happened: refused >= times,
    unavoidable: 0,
  };
}

async function blackHole({ weft, endpoints, probe, until }: Scene): Promise<Did> {
  await until(0.25);
  const victim = weft.replicas()[0] as Replica;
  const open = weft.balancer.open(victim.port);
  const before = weft.balancer.counters(victim.port);
  const begun = performance.now();
  victim.process.kill("SIGSTOP");
  await endpoints.without(victim);
  const out = (performance.now() - begun) / 1000;
  const given = weft.balancer.counters(victim.port).given - before.given;
  await until(0.75);
  const { unanswered, waiting } = weft.balancer.counters(victim.port);
  victim.process.kill("SIGCONT");
  await endpoints.including(victim);
  const { period, timeout, threshold } = probe;
  const most = (period * threshold + timeout) / 1000;
  return {
    says:
      `stopped at a quarter, out of the Service after ${out.toFixed(1)} s (${threshold} probes, one each ${period / 1000} s, ` +
      `of ${timeout / 1000} s: ${most} s at most, and the way to the node's rules), continued at three quarters; ` +
      `${open} connections led there and ${given} more were given: each loses one request at most; ` +
      `${unanswered - before.unanswered + waiting} did`,
    happened: given + open > 0,
    unavoidable: open + given,
  };
}

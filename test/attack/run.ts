/** One attack from its beginning to its end: weft is started, attacked, left alone and stopped; what was seen is judged. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import type { PemPair } from "../../src/certificates/x509/pem.ts";
import type { Certificate } from "../support/certificates.ts";
import { certify, workloadRequest } from "../support/proxy-client.ts";
import { namespaceNamed, podNamed, shop } from "../support/shop.ts";
import { attackApi } from "./api.ts";
import type { AttackApi } from "./api.ts";
import type { Order } from "./attacker.ts";
import { connect, goodCallers, identityOf } from "./callers.ts";
import type { Callers } from "./callers.ts";
import type { Cgroups, Missing } from "./cgroup.ts";
import { goodOf, keptShare, mostForAnAnswer, slowedBy, violations } from "./figures.ts";
import type { Facts } from "./figures.ts";
import { installed } from "./installed.ts";
import { descriptorsOf, memoryOf, processorTimeOf, turnsOf } from "./process.ts";
import type { Attack, Did, ServerAttack, StaticAttack, Target } from "./shape.ts";
import { startVictim } from "./victim.ts";
import type { VictimProcess } from "./victim.ts";

export interface Outcome {
  readonly name: string;
  readonly claim: string;
  readonly victim: Attack["victim"];
  /** What was done, in words. */
  readonly says: string;
  readonly wrong: readonly string[];
  /** Of attacks on a process. */
  readonly facts?: Facts & {
    readonly seconds: number;
    /** Processor time of weft's process, in milliseconds. */
    readonly processor: number;
  };
}

/** What all attacks of a run share. */
export interface Surroundings {
  readonly cgroups: Cgroups | Missing;
  /** A folder that whoever made it removes. */
  readonly place: string;
  readonly anchor: PemPair;
  readonly issuer: PemPair;
  /** Seconds within which good callers must be answered. */
  readonly within: number;
}

/** Good callers before the attack, so that what is compared with has been warm. */
const warmUp = 800;
/** How long memory may take to come back. */
const mostForMemory = 8000;
/** An attacker says what it did when its time is over. */
const graceForAnAttacker = 8000;
/** What is still under way when an attack is over may be answered late. */
const settling = 500;

export const runAttack = (attack: Attack, surroundings: Surroundings): Promise<Outcome> =>
  "look" in attack ? looked(attack) : attacked(attack, surroundings);

async function looked({ name, claim, victim, look }: StaticAttack): Promise<Outcome> {
  return { name, claim, victim, ...(await look()) };
}

async function attacked(attack: ServerAttack, surroundings: Surroundings): Promise<Outcome> {
  const { cgroups, place, anchor, issuer, within } = surroundings;
  const { name, victim, world = {} } = attack;
  const folder = mkdtempSync(join(place, "attack-"));
  const api = await attackApi(objects, world);
  let victimProcess: VictimProcess | undefined;
  try {
    for (const [file, text] of Object.entries({
      kubeconfig: api.kubeconfig,
      "anchors.pem": anchor.certificate,
      "tls.crt": issuer.certificate,
      "tls.key": issuer.key,
    }))
      writeFileSync(join(folder, file), text);
    for (const account of ["web", "cart"]) api.tokens.set(account, `system:serviceaccount:shop:${account}`);
    api.tokens.set("mallory", "system:serviceaccount:evil:mallory");
    victimProcess = await startVictim({ name, victim, world, folder, cgroups });
    return await seen(attack, victimProcess, api, { anchors: anchor.certificate, within });
  } finally {
    await victimProcess?.stop();
    await api.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The cluster of the fixtures and of the benchmark's review; and a tenant whose pods are the attacker's. */
const objects: readonly JsonObject[] = [
  ...shop.map((object) => (object["kind"] === "Namespace" ? asking(object) : object)),
  replicaSet(),
  namespaceNamed("evil"),
  podNamed("x", "10.1.0.66", { namespace: "evil", serviceAccount: "mallory" }),
  ...["weft-controller", "weft-injector"].map((name) => ({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name, namespace: "weft" },
    spec: {},
  })),
];

function asking(namespace: JsonObject): JsonObject {
  return { ...namespace, metadata: { name: "shop", annotations: { "linkerd.io/inject": "enabled" } } };
}

function replicaSet(): JsonObject {
  const ownerReferences = [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "1", controller: true }];
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web-7d4b9c6f5", namespace: "shop", ownerReferences },
  };
}

async function seen(
  attack: ServerAttack,
  victim: VictimProcess,
  api: AttackApi,
  { anchors, within }: { readonly anchors: string; readonly within: number },
): Promise<Outcome> {
  const { ports, pid } = victim;
  const certificates = attack.victim === "controller" ? await certified({ ports, anchors }) : undefined;
  const streamPath = attack.world?.streamPath ?? "web.shop.svc.cluster.local:80";
  const good = await goodCallers(attack.good, { ports, anchors, certificate: certificates?.web, streamPath });
  await pause(warmUp);
  const before = memoryOf(pid)?.now ?? 0;
  const peaks = followed(pid);
  const used = processorTimeOf(pid) ?? 0;
  const turns = turnsOf(pid);
  const own = monitorEventLoopDelay({ resolution: 20 });
  own.enable();
  const begun = performance.now();
  const did = await done(attack, { ports, certificates }, api, victim);
  const ended = performance.now();
  own.disable();
  const slowed = victim.running() ? slowedBy(turns, turnsOf(pid)) : 1;
  const processor = (processorTimeOf(pid) ?? Number.NaN) - used;
  const after = await memoryBack(pid, before + installed(attack.victim).memory * keptShare);
  const died = victim.end();
  await stopped(good, victim);
  const stop = await victim.stop();
  const during = good.calls.filter(({ at }) => at >= begun && at < ended);
  const later = good.calls.filter(({ at, wrong }) => at >= ended + settling && wrong !== undefined);
  const peak = peaks();
  const facts: Facts = {
    during: goodOf(during),
    refusedLater: later.length,
    memory: { limit: installed(attack.victim).memory, before, peak: peak.memory, after },
    died,
    stopped: stop,
    happened: did.happened,
    slowed,
  };
  const seconds = (ended - begun) / 1000;
  const standstill = goodOf(during.filter(({ name }) => name === "probes")).probes?.max ?? 0;
  const asked = api.asked.filter(({ at }) => at >= begun && at < ended);
  return {
    name: attack.name,
    claim: attack.claim,
    victim: attack.victim,
    says: did.says,
    wrong: [
      ...violations(facts, within),
      ...stoodStill(own.max / 1e6, within),
      ...(did.wrong ?? []),
      ...(died === undefined
        ? (attack.wrong?.({
            seconds,
            asked,
            processor,
            descriptors: peak.descriptors,
            standstill: standstill / (slowed * within),
          }) ?? [])
        : []),
      ...(died === undefined ? [] : victim.lastLines().filter((line) => /FATAL|Error/.test(line))),
    ],
    facts: { ...facts, seconds, processor },
  };
}

/** Good callers live in this process: while it stands still nobody asks, and no answer is taken. */
const stoodStill = (milliseconds: number, within: number): readonly string[] =>
  milliseconds > mostForAnAnswer * within
    ? [`the good callers' own process stood still for ${Math.round(milliseconds)} ms: their times are not weft's`]
    : [];

/** The proxies of the good callers, and of the attacker. */
async function certified(place: Parameters<typeof connect>[0]) {
  const one = async (account: string, namespace: string): Promise<Certificate> => {
    const identity = identityOf(account, namespace);
    const { csr, key } = await workloadRequest(identity);
    const client = await connect(place, "identity", undefined);
    const { chain } = await certify(client, { identity, token: account, csr });
    client.close();
    return { chain, key };
  };
  return { web: await one("web", "shop"), cart: await one("cart", "shop"), mallory: await one("mallory", "evil") };
}

/** Both ways of attacking at once; ends early when weft has. */
async function done(attack: ServerAttack, target: Target, api: AttackApi, victim: VictimProcess): Promise<Did> {
  const over = new AbortController();
  const milliseconds = attack.seconds * 1000;
  const timer = setTimeout(() => over.abort(), milliseconds);
  const look = setInterval(() => (victim.running() ? undefined : over.abort()), 50);
  try {
    const parts = await Promise.all([
      attack.attack && fromItsProcess({ name: attack.name, milliseconds, target }, over.signal),
      attack.inCluster?.(api, over.signal),
    ]);
    const all = parts.filter((part) => part !== undefined);
    return {
      says: all.map(({ says }) => says).join("; "),
      happened: all.length > 0 && all.every(({ happened }) => happened),
      wrong: all.flatMap(({ wrong = [] }) => wrong),
    };
  } finally {
    clearTimeout(timer);
    clearInterval(look);
  }
}

/** It ends by itself; where it does not, or weft has ended before, it is ended. */
async function fromItsProcess(order: Order, over: AbortSignal): Promise<Did> {
  const child = fork(fileURLToPath(new URL("attacker.ts", import.meta.url)));
  const ended = once(child, "exit").then(() => undefined);
  try {
    await once(child, "message");
    child.send(order);
    const answer = once(child, "message").then(([did]) => did as Did);
    answer.catch(() => undefined);
    const late = once(over, "abort").then(() => pause(graceForAnAttacker));
    const did = await Promise.race([answer, ended, late]);
    return did ?? { says: "the attacker did not end by itself", happened: false };
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

/** Gives the most that was seen, also when the process has ended. */
function followed(pid: number): () => { readonly memory: number; readonly descriptors: number } {
  let memory = 0;
  let descriptors = 0;
  const look = (): void => {
    memory = Math.max(memory, memoryOf(pid)?.most ?? 0);
    descriptors = Math.max(descriptors, descriptorsOf(pid));
  };
  const timer = setInterval(look, 200);
  return () => {
    clearInterval(timer);
    look();
    return { memory, descriptors };
  };
}

async function memoryBack(pid: number, most: number): Promise<number> {
  const until = performance.now() + mostForMemory;
  await pause(2 * settling);
  for (;;) {
    const now = memoryOf(pid)?.now ?? 0;
    if (now <= most || performance.now() > until) return now;
    await pause(200);
  }
}

/** Who calls a process that has ended would only wait. */
async function stopped(good: Callers, victim: VictimProcess): Promise<void> {
  if (victim.running()) await good.stop();
  else void good.stop();
}

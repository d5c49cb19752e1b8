/**
 * Pods of a namespace, tapped: who is chosen is asked for again and again, so that new pods are tapped, too, and those that
 * are gone are not missed.
 */
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import { names } from "../../core/install/names.ts";
import { bindingCommand } from "../../core/install/people-rights.ts";
import type { Labels } from "../../core/base/json/json.ts";
import { isOf, labelsByAddress, nodeAddresses, nodesByAddress, shareOf, tapPod } from "../../core/traffic/tap/pods.ts";
import type { Asked, TapPod } from "../../core/traffic/tap/pods.ts";
import type { TapEvent } from "../../core/traffic/tap/event.ts";
import { observeRequest } from "../../core/traffic/tap/match.ts";
import type { TapFilter } from "../../core/traffic/tap/match.ts";
import type { Fact } from "../../core/checks/fact.ts";
import { semaphore } from "../../async/semaphore.ts";
import { pagesAtOnce } from "../../kube/pod-pages.ts";
import { tapper } from "./certificate.ts";
import type { Tapper } from "./certificate.ts";
import { tapOnePod } from "./pod-tap.ts";
import type { PodTap } from "./pod-tap.ts";
import { tappable } from "./proxy-names.ts";
import type { Tappable } from "./proxy-names.ts";
import { TapRefused, toldLine } from "./world.ts";
import type { TapWorld } from "./world.ts";

export interface TapAsked {
  readonly namespace: string;
  readonly resource: Asked;
  /** As it was typed, such as `deploy/web`. */
  readonly word: string;
  /** A label selector; blank: all. */
  readonly selector: string;
  readonly filter: Omit<TapFilter, "from">;
  /** Whose requests alone; pods of that namespace. */
  readonly from: { readonly namespace: string; readonly resource: Asked; readonly word: string } | undefined;
  /** Requests in a second, of all pods together. */
  readonly mostPerSecond: number;
}

export interface TapSink {
  readonly onEvent: (event: TapEvent) => void;
  /** So many requests were not told, as we were slow. */
  readonly onLost: (requests: number) => void;
  /** A line for people. */
  readonly say: (line: string) => void;
}

export interface Tapping {
  /** What is known of an address: labels of its pod, or of its node. */
  readonly labelsOf: (ip: string) => Labels | undefined;
  /** Resolves when the signal has aborted, and everything is closed; rejects with `TapRefused` when no pod lets us. */
  readonly over: Promise<void>;
}

/** Pods that are tapped at once: a forward each. */
const mostTapped = 500;
/** Milliseconds between two looks at which pods there are. */
const lookEvery = 5000;
/** Milliseconds after which it is said why nothing may be seen. */
const silentFor = 10_000;

/** Rejects with `TapRefused` when there is nothing to tap, or nobody lets us. */
export async function startTapping(
  world: TapWorld,
  asked: TapAsked,
  sink: TapSink,
  signal: AbortSignal,
): Promise<Tapping> {
  const state = new State(world, asked, sink, signal);
  await state.begin();
  return { labelsOf: state.labelsOf, over: state.go() };
}

class State {
  #labels: ReadonlyMap<string, Labels> = new Map();
  #nodes: ReadonlyMap<string, Labels> = new Map();
  readonly #world: TapWorld;
  readonly #asked: TapAsked;
  readonly #sink: TapSink;
  readonly #signal: AbortSignal;
  /** By uid. */
  readonly #tapped = new Map<string, { readonly pod: TapPod; readonly stop: () => void }>();
  /** Looked at, and not tapped. */
  readonly #passedOver = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  readonly #tappers = new Map<string, Tapper>();
  #from: readonly string[] | undefined;
  #seen = false;
  #isListTold = false;
  /** Ends all of it when no pod is left that lets us. */
  readonly #ending = new AbortController();

  constructor(world: TapWorld, asked: TapAsked, sink: TapSink, signal: AbortSignal) {
    this.#world = world;
    this.#asked = asked;
    this.#sink = { ...sink, say: (line) => sink.say(toldLine(line)) };
    this.#signal = AbortSignal.any([signal, this.#ending.signal]);
  }

  readonly labelsOf = (ip: string): Labels | undefined => this.#labels.get(ip) ?? this.#nodes.get(ip);

  async begin(): Promise<void> {
    void this.#readNodes();
    const { word, namespace, from } = this.#asked;
    const pods = needed(await this.#look(), namespace);
    if (from !== undefined && this.#from?.length === 0)
      throw new TapRefused([`--from: there is no pod of ${from.word} in namespace ${from.namespace}`]);
    if (pods.length === 0)
      throw new TapRefused([`there is no running meshed pod of ${word} in namespace ${namespace}`]);
    if (pods.length > mostTapped)
      throw new TapRefused([
        `${word} in namespace ${namespace} has ${pods.length} running meshed pods, ${mostTapped} can be tapped at once: choose with a name, or with --selector`,
      ]);
    await this.#begin(pods, (lines) => new TapRefused(lines));
    // Whoever may not is told before anything is waited for; one pod that lies of its mesh keeps nobody from the others.
    const certificates = [...this.#tappers.values()].map((each) => each.certificate());
    await Promise.any(certificates).catch(() => certificates[0]);
  }

  async go(): Promise<void> {
    void this.#world.clock.wait(silentFor, this.#signal).then(() => this.#sayWhySilent());
    while (!this.#signal.aborted) {
      await this.#world.clock.wait(lookEvery, this.#signal);
      if (!this.#signal.aborted) await this.#again();
    }
    await Promise.all(this.#running);
    this.#ending.signal.throwIfAborted();
  }

  /** The pods that are chosen now; addresses and callers are those of now, too. */
  async #look(): Promise<Fact<readonly TapPod[]>> {
    const { namespace, selector, resource, from } = this.#asked;
    const [all, selected, callers] = await Promise.all([
      this.#list(namespace, ""),
      selector === "" ? undefined : this.#list(namespace, selector),
      from === undefined || from.namespace === namespace ? undefined : this.#list(from.namespace, ""),
    ]);
    if (all.kind !== "known") return all;
    if (selected !== undefined && selected.kind !== "known") return selected;
    if (callers !== undefined && callers.kind !== "known") return callers;
    const others = callers?.value ?? [];
    this.#labels = labelsByAddress([...all.value, ...others]);
    if (from !== undefined)
      this.#from = [...(callers?.value ?? all.value)]
        .filter((pod) => pod.view.alive && isOf(pod, from.resource))
        .flatMap(({ view }) => view.ips);
    const chosen = (selected ?? all).value.filter((pod) => pod.running && pod.meshed && isOf(pod, resource));
    return { kind: "known", value: chosen };
  }

  #list(namespace: string, selector: string): Promise<Fact<readonly TapPod[]>> {
    const query = { resourceVersion: "0", ...(selector === "" ? {} : { labelSelector: selector }) };
    return this.#world.reach.reduced("Pods", collectionPath(resources.pods, namespace), tapPod, { query });
  }

  async #again(): Promise<void> {
    const found = await this.#look();
    if (found.kind !== "known") {
      if (!this.#isListTold) this.#sink.say(`the list of pods could not be read again: ${found.text}`);
      this.#isListTold = true;
      return;
    }
    this.#isListTold = false;
    const pods = new Map(found.value.map((pod) => [pod.view.uid, pod]));
    for (const [uid, { pod, stop }] of this.#tapped) {
      if (pods.has(uid)) continue;
      this.#tapped.delete(uid);
      stop();
      this.#sink.say(`pod ${pod.view.name} is gone`);
    }
    for (const uid of this.#passedOver) if (!pods.has(uid)) this.#passedOver.delete(uid);
    const room = mostTapped - this.#tapped.size;
    const fresh = found.value.filter(({ view: { uid } }) => !this.#tapped.has(uid) && !this.#passedOver.has(uid));
    await this.#begin(fresh.slice(0, room));
  }

  /** Looks at what each lets, and taps it. `none`: where none of them lets us. */
  async #begin(pods: readonly TapPod[], none?: (lines: readonly string[]) => Error): Promise<void> {
    const turns = semaphore({ most: pagesAtOnce, mostWaiting: Infinity });
    const looked = await Promise.all(
      pods.map(async (pod) => ({
        pod,
        proxy: (await turns.run(() => tappable(this.#world, pod, this.#signal))) ?? { kind: "not" as const, why: "" },
      })),
    );
    if (this.#signal.aborted) return;
    const refusals = looked.flatMap(({ pod, proxy }) =>
      proxy.kind === "not" ? [`pod ${pod.view.name}: ${proxy.why}`] : [],
    );
    const help = looked.flatMap(({ proxy }) => (proxy.kind === "not" && proxy.help !== undefined ? [proxy.help] : []));
    const lines = [...refusals, ...new Set(help)];
    if (refusals.length === pods.length && none !== undefined) throw none(lines);
    for (const line of lines) this.#sink.say(line);
    for (const { pod, proxy } of looked)
      if (proxy.kind === "tappable") this.#tap(pod, proxy);
      else this.#passedOver.add(pod.view.uid);
  }

  #tap(pod: TapPod, proxy: Extract<Tappable, { kind: "tappable" }>): void {
    const { uid, name } = pod.view;
    const ending = new AbortController();
    const tapper = this.#tapperFor(pod, proxy);
    const tap = {
      pod,
      proxy,
      tapper,
      request: () => this.#request(),
      onEvent: (event: TapEvent) => {
        this.#seen = true;
        this.#sink.onEvent(event);
      },
      onLost: this.#sink.onLost,
      onTrouble: (why: string) => {
        // One that is gone breaks off first, and is told of when the list says so.
        if (!ending.signal.aborted) this.#sink.say(`pod ${name}: ${why}; it is tried again`);
      },
    };
    const running = this.#untilItEnds(tap, AbortSignal.any([this.#signal, ending.signal])).finally(() =>
      this.#running.delete(running),
    );
    this.#running.add(running);
    this.#tapped.set(uid, { pod, stop: () => ending.abort() });
  }

  async #untilItEnds(tap: PodTap, signal: AbortSignal): Promise<void> {
    const { uid, name } = tap.pod.view;
    const end = await tapOnePod(this.#world, tap, signal);
    if (end.kind === "given up") this.#giveUp(uid, `pod ${name}: ${end.why}`);
  }

  #giveUp(uid: string, line: string): void {
    this.#tapped.delete(uid);
    this.#passedOver.add(uid);
    if (this.#tapped.size === 0) this.#ending.abort(new TapRefused([line]));
    else this.#sink.say(line);
  }

  /** Pods of one mesh share a certificate. */
  #tapperFor({ controlPlaneNamespace }: TapPod, { identity, names: proxy }: Extract<Tappable, { kind: "tappable" }>) {
    const key = JSON.stringify([identity, controlPlaneNamespace, proxy.identityService, proxy.anchors]);
    const found = this.#tappers.get(key);
    if (found !== undefined) return found;
    const asked = { namespace: this.#asked.namespace, controlPlaneNamespace, identity, proxy };
    const made = tapper(this.#world, asked, this.#signal);
    this.#tappers.set(key, made);
    return made;
  }

  #request() {
    const { filter, mostPerSecond } = this.#asked;
    if (this.#from?.length === 0) return undefined;
    return observeRequest({ ...filter, from: this.#from }, shareOf(mostPerSecond, this.#tapped.size));
  }

  #sayWhySilent(): void {
    if (this.#seen || this.#signal.aborted) return;
    const opaque = [
      ...new Set([...this.#tapped.values()].map(({ pod }) => pod.opaquePorts).filter((each) => each !== "")),
    ];
    this.#sink.say(
      `nothing was seen for 10 s. Only HTTP is seen here: opaque and other TCP is in weft edges and weft stat${opaque.length === 0 ? "" : ` (opaque ports of these pods: ${opaque.slice(0, 3).join("; ")})`}`,
    );
  }

  /** Names of nodes, for addresses of kubelets; who may not list them does without. */
  async #readNodes(): Promise<void> {
    const nodes = await this.#world.reach.reduced("Nodes", collectionPath(resources.nodes), nodeAddresses);
    if (nodes.kind === "known") this.#nodes = nodesByAddress(nodes.value);
  }
}

function needed<Value>(fact: Fact<Value>, namespace: string): Value {
  if (fact.kind === "known") return fact.value;
  throw new TapRefused([
    `${fact.what} in namespace ${namespace}: ${fact.text}`,
    ...(fact.kind === "forbidden"
      ? [`an administrator lets somebody look: ${bindingCommand(namespace, "clusterrole", names.viewer)}`]
      : []),
  ]);
}

/** The debug container of a pod: the one that is there, or a new one; waited for until it runs. */
import { isObject } from "../../core/base/json/json.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { at } from "../../core/base/json/read.ts";
import { containerState, ephemeralPatch, newName, usableContainer, whyNot } from "../../core/debug/container.ts";
import type { DebugImage } from "../../core/debug/container.ts";
import { refusalLines } from "../../core/debug/refusal.ts";
import { namedPath, resources } from "../../core/kubernetes/kinds.ts";
import { valueOf } from "../../core/checks/fact.ts";
import type { ApiAnswer, AskApi } from "../../kube/api.ts";
import type { ExecInPod } from "../../kube/exec.ts";
import { patchTypes } from "../../kube/objects.ts";
import { askSelfAccess } from "../check/rights.ts";
import type { Reach } from "../check/reach.ts";
import type { Progress } from "../check/progress.ts";
import { CommandFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { whyRefused } from "../live-objects.ts";

export interface DebugWorld {
  readonly ask: AskApi;
  readonly exec: ExecInPod;
  readonly reach: Reach;
  readonly io: Io;
  readonly progress: Progress;
  /** Milliseconds since some moment. */
  readonly now: () => number;
  /** So many milliseconds, or until the signal aborts. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Five characters for a name. */
  readonly suffix: () => string;
  /** Of the installed settings; fails with a reason. */
  readonly image: () => Promise<DebugImage>;
}

export interface ContainerAsked {
  readonly pod: string;
  readonly namespace: string;
  /** Undefined: one of ours of any image will do, and a new one is of the settings' image. */
  readonly image: string | undefined;
  readonly netRaw: boolean;
}

/** A container that runs. */
export interface Debugged {
  readonly pod: { readonly namespace: string; readonly name: string };
  readonly container: string;
  /** The pod as it was read last. */
  readonly object: JsonObject;
}

/** Milliseconds. */
const startsWithin = 30_000;
const again = 500;

export async function readyContainer(world: DebugWorld, asked: ContainerAsked): Promise<Debugged> {
  const { object, time } = await readPod(world, asked);
  const why = whyNot(object);
  const place = `${asked.namespace}/${asked.pod}`;
  if (why !== undefined) throw new CommandFailure([`nothing can be looked at in ${place}: ${why}`]);
  if (at(object, "spec", "hostNetwork") === true)
    world.io.stderr(`weft: ${place} has the network of its node: what is seen is the node's traffic\n`);
  const found = usableContainer(object, asked, time);
  const container = found ?? (await added(world, asked, object));
  return world.progress.during(() => started(world, asked, container));
}

interface PodRead {
  readonly object: JsonObject;
  /** By the API server's clock; milliseconds. */
  readonly time: number;
}

async function readPod({ ask }: DebugWorld, { pod, namespace }: ContainerAsked): Promise<PodRead> {
  const answer = await ask({ method: "GET", path: namedPath(resources.pods, pod, namespace) });
  const { status, body, date = "" } = answer;
  if (status === 200 && isObject(body)) return { object: body, time: Date.parse(date) || 0 };
  if (status === 404) throw new CommandFailure([`there is no pod ${pod} in namespace ${namespace}`]);
  throw new CommandFailure(refusalLines("get", { pod, namespace }, { status, words: whyRefused(answer) }));
}

/** Its name. Nothing is added where nothing could be run in it. */
async function added(world: DebugWorld, asked: ContainerAsked, object: JsonObject): Promise<string> {
  const { ask, io } = world;
  await mayExec(world, asked);
  const { image, pullPolicy } =
    asked.image === undefined ? await world.image() : { image: asked.image, pullPolicy: "" };
  const name = newName(object, world.suffix);
  const answer = await ask({
    method: "PATCH",
    path: `${namedPath(resources.pods, asked.pod, asked.namespace)}/ephemeralcontainers`,
    query: { fieldManager: "weft-debug" },
    contentType: patchTypes.strategic,
    body: ephemeralPatch({ name, image, pullPolicy, netRaw: asked.netRaw }),
  });
  if (answer.status >= 300) throw refused(asked, answer);
  io.stderr(
    `weft: container ${name} (${image}) was added to ${asked.namespace}/${asked.pod}; it ends by itself in an hour\n`,
  );
  return name;
}

const refused = (asked: ContainerAsked, answer: ApiAnswer): CommandFailure =>
  new CommandFailure(refusalLines("add", asked, { status: answer.status, words: whyRefused(answer) }));

/** Either verb may be the one that the API server asks about, by its version; an answer that does not come forbids nothing. */
async function mayExec({ reach }: DebugWorld, { pod, namespace }: ContainerAsked): Promise<void> {
  const answers = await Promise.all(
    ["get", "create"].map((verb) => askSelfAccess(reach, { verb, group: "", resource: "pods/exec", namespace })),
  );
  if (answers.some(({ allowed }) => valueOf(allowed) !== false)) return;
  throw new CommandFailure(
    refusalLines("exec", { pod, namespace }, { status: 403, words: "you may not run programs in its containers" }),
  );
}

/** Waits until it runs. */
async function started(world: DebugWorld, asked: ContainerAsked, container: string): Promise<Debugged> {
  const { now, wait, io, progress } = world;
  const { pod, namespace } = asked;
  const answered = progress.onAsk(`container ${container} of ${namespace}/${pod}`);
  const end = now() + startsWithin;
  try {
    for (;;) {
      const { object } = await readPod(world, asked);
      const state = containerState(object, container);
      if (state.kind === "running") return { pod: { namespace, name: pod }, container, object };
      if (state.kind === "failed") throw new CommandFailure([`container ${container} does not run: ${state.text}`]);
      if (now() >= end) {
        throw new CommandFailure([
          `container ${container} does not run after 30s: ${state.text}`,
          "its image may still be on its way: the same command waits for the same container",
        ]);
      }
      await wait(again, io.signal);
      if (io.signal.aborted) throw new CommandFailure([`stopped; container ${container} ends by itself in an hour`]);
    }
  } finally {
    answered();
  }
}

/**
 * `weft restart --missed`: workloads whose pods asked for a proxy and have none are rolled, one after the other, as
 * `kubectl rollout restart` does. One that does not get ready, or whose new pods have no proxy either, is the last.
 */
import { setTimeout as after } from "node:timers/promises";
import type { Command } from "commander";
import type { JsonObject } from "../../core/base/json/json.ts";
import { textMapAt } from "../../core/base/json/read.ts";
import { goDurationText, parseDuration, wholeMilliseconds } from "../../core/base/scalars/duration.ts";
import type { Duration } from "../../core/base/scalars/duration.ts";
import { quoted } from "../../core/base/text/quote.ts";
import { isMissed, podsText } from "../../core/dataplane/findings.ts";
import { isKept, rolloutOf, standsStill } from "../../core/dataplane/rollout.ts";
import { restartCommand, targetName, targetOf } from "../../core/dataplane/target.ts";
import type { RollingKind, Target } from "../../core/dataplane/target.ts";
import { selectorText } from "../../core/install/names.ts";
import { namedPath, resources } from "../../core/kubernetes/kinds.ts";
import type { Kind } from "../../core/kubernetes/kinds.ts";
import type { ApiCall, AskApi } from "../../kube/api.ts";
import { patchTypes } from "../../kube/objects.ts";
import { reachOf } from "../check/reach.ts";
import type { Reach } from "../check/reach.ts";
import { openCluster, withClusterFlags } from "../cluster.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { found, whyRefused } from "../live-objects.ts";
import { isGiven, textsOf } from "../options.ts";
import { gatherDataPlane } from "./gather.ts";
import type { PodsWanted } from "./gather.ts";
import { needed, podsWanted, withPodFlags } from "./status.ts";

export function register(command: Command, io: Io): void {
  withPodFlags(withClusterFlags(command))
    .option("--missed", "workloads whose pods asked for a proxy and run without one")
    .option("--timeout <duration>", 'how long one workload may take, such as 90s (default "5m")')
    .option("--dry-run", "print the commands that would do it, and change nothing")
    .action(async () => {
      if (!isGiven(command, "missed")) throw usageFailure("say what to restart: --missed");
      const asked = { wanted: podsWanted(command), timeout: timeoutOf(command), dryRun: isGiven(command, "dryRun") };
      const api = await openCluster(command, io);
      const reach = reachOf({ api, clock: () => new Date() });
      // Ctrl-C ends the wait.
      const wait = (milliseconds: number): Promise<unknown> =>
        after(milliseconds, undefined, { signal: io.signal }).catch(() => undefined);
      await restart({ ask: api.ask, reach, io, now: () => new Date(), wait }, asked);
    });
}

function timeoutOf(command: Command): Duration {
  const text = textsOf(command, "timeout").at(-1) ?? "5m";
  const duration = parseDuration(text);
  if (duration !== undefined && duration > 0n) return duration;
  throw usageFailure(`--timeout: ${quoted(text)} is not a duration such as 90s or 5m`);
}

export interface RestartWorld {
  readonly ask: AskApi;
  readonly reach: Reach;
  readonly io: Io;
  readonly now: () => Date;
  /** So many milliseconds, or until the command is to stop. */
  readonly wait: (milliseconds: number) => Promise<unknown>;
}

export interface RestartAsked {
  readonly wanted: PodsWanted;
  /** For each workload. */
  readonly timeout: Duration;
  readonly dryRun: boolean;
}

type Rolling = Extract<Target, { kind: "rolling" }>;

export async function restart(world: RestartWorld, asked: RestartAsked): Promise<void> {
  const { io, reach } = world;
  const { states } = needed(await gatherDataPlane(reach, asked.wanted));
  const targets = distinct(states.filter(isMissed).map(targetOf));
  const rolling = targets.filter((target): target is Rolling => target.kind === "rolling");
  for (const target of targets.filter(({ kind }) => kind !== "rolling"))
    io.stderr(`weft: ${place(target)} is left as it is: ${restartCommand(target)}\n`);
  if (asked.dryRun) {
    for (const target of rolling) if (await isRestartable(world, target)) io.print(`${restartCommand(target)}\n`);
    return;
  }
  let done = 0;
  for (const [index, target] of rolling.entries()) {
    const ending = await rolled(world, target, asked);
    if (ending.kind === "failed") {
      const left = rolling.slice(index + 1).map(place);
      throw new CommandFailure([
        `${place(target)}: ${ending.why}`,
        ...(left.length === 0 ? [] : [`not restarted: ${left.join(", ")}`]),
      ]);
    }
    if (ending.kind === "restarted") done += 1;
  }
  io.print(done === 0 ? "nothing was restarted\n" : `${done} of ${targets.length} workloads restarted\n`);
}

/** One for each workload, in the order of their names. */
const distinct = (targets: readonly Target[]): readonly Target[] =>
  [...new Map(targets.map((target) => [place(target), target])).entries()]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, target]) => target);

const place = (target: Target): string => `${target.namespace} ${targetName(target)}`;

const kinds: Readonly<Record<RollingKind, Kind>> = {
  deployment: resources.deployments,
  statefulset: resources.statefulSets,
  daemonset: resources.daemonSets,
};

/** Milliseconds between two looks. */
const pause = 2000;

type Ending =
  | { readonly kind: "restarted" | "left" }
  /** The next one is not to follow. */
  | { readonly kind: "failed"; readonly why: string };

async function rolled(world: RestartWorld, target: Rolling, { timeout }: RestartAsked): Promise<Ending> {
  const { ask, io, now } = world;
  const path = pathOf(target);
  if (!(await isRestartable(world, target))) return { kind: "left" };
  if (io.signal.aborted) return { kind: "failed", why: "stopped before it was restarted" };
  io.print(`${place(target)}: restarted\n`);
  const answer = await ask(restartPatch(path, now()));
  if (answer.status >= 300) throw new CommandFailure([`${path}: ${whyRefused(answer)}`]);
  const why = await waited(world, target, path, { end: now().getTime() + Number(wholeMilliseconds(timeout)), timeout });
  return why === undefined ? { kind: "restarted" } : { kind: "failed", why };
}

const pathOf = ({ of, name, namespace }: Rolling): string => namedPath(kinds[of], name, namespace);

/** Why it is not, is told. */
async function isRestartable({ ask, io }: RestartWorld, target: Rolling): Promise<boolean> {
  const workload = await found(ask, pathOf(target));
  const why = workload === undefined ? "is not there" : standsStill(target.of, workload);
  if (why !== undefined) io.stderr(`weft: ${place(target)} is left as it is: it ${why}\n`);
  return why === undefined;
}

/** Until it is ready; gives why it is not, or not as it should be. */
async function waited(
  world: RestartWorld,
  target: Rolling,
  path: string,
  { end, timeout }: { readonly end: number; readonly timeout: Duration },
): Promise<string | undefined> {
  const { ask, io, now, wait } = world;
  for (;;) {
    const workload = await found(ask, path);
    if (workload === undefined) return "is gone";
    const rollout = rolloutOf(target.of, workload);
    if (rollout.kind === "done") return stillMissed(world, target, workload);
    if (rollout.kind === "failed") return rollout.text;
    if (now().getTime() + pause > end) return `not ready after ${goDurationText(timeout)}: ${rollout.text}`;
    await wait(pause);
    if (io.signal.aborted) return `stopped: ${rollout.text}`;
  }
}

/** As `kubectl rollout restart` does it. Public for its tests. */
export const restartPatch = (path: string, now: Date): ApiCall => ({
  method: "PATCH",
  path,
  query: { fieldManager: "weft-restart" },
  contentType: patchTypes.strategic,
  body: {
    spec: {
      template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": now.toISOString() } } },
    },
  },
});

/** Whatever kept the proxy away may still do so; then the others would be restarted for nothing. */
async function stillMissed(
  { reach, io }: RestartWorld,
  target: Rolling,
  workload: JsonObject,
): Promise<string | undefined> {
  const selector = selectorText(textMapAt(workload, "spec", "selector", "matchLabels"));
  const { states } = needed(await gatherDataPlane(reach, { namespace: target.namespace, selector }));
  const missed = states.filter((state) => isMissed(state) && place(targetOf(state)) === place(target));
  const kept = missed.filter(({ name }) => isKept(target.of, workload, name)).length;
  if (missed.length > kept) return "its new pods have no proxy either: see weft check";
  if (kept > 0) io.stderr(`weft: ${place(target)}: its partition keeps ${podsText(kept)} as before, without a proxy\n`);
  return undefined;
}

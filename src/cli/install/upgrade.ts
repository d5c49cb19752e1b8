/**
 * `weft upgrade`: what installing this version, with what weft was installed with and the flags given now, would change
 * in the cluster; or the objects themselves; or, once they are applied, waiting until every replica is of them.
 */
import type { Command } from "commander";
import { comparable } from "../../core/install/comparable.ts";
import { installObjects } from "../../core/install/objects.ts";
import { manifestText, nameOf, shownName } from "../../core/install/print.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { oneLine } from "../../core/base/text/quote.ts";
import { goDurationText } from "../../core/base/scalars/duration.ts";
import type { Duration } from "../../core/base/scalars/duration.ts";
import { rolloutOf } from "../../core/dataplane/rollout.ts";
import { yamlDifference } from "../../core/print/difference.ts";
import { changesText, deletionOf, upgradeFormats, upgradeJson } from "./upgrade-text.ts";
import type { Change, Refusal, Upgrade } from "./upgrade-text.ts";
import type { AskApi, KubeApi } from "../../kube/api.ts";
import { adoptLinkerd } from "./adopt.ts";
import { openCluster, withClusterFlags } from "../cluster.ts";
import { lastLook } from "../check/wait.ts";
import { installChoices, withInstallFlags } from "./install-options.ts";
import { installedIn } from "./installed.ts";
import type { Installed } from "./installed.ts";
import { upgradeCommand } from "../../core/install/before.ts";
import { keeperText } from "../../core/install/keeper.ts";
import { isUnnamed, pinned, unnamedText } from "../../core/install/image.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { labelled, live, tried } from "../live-objects.ts";
import { isGiven, outputOf, textsOf, WordFlag } from "../options.ts";
import { notInUse, patienceFor, waitOf } from "../waiting.ts";
import type { InstallOptions } from "../../core/install/chosen.ts";

export function register(command: Command, io: Io): void {
  withClusterFlags(withInstallFlags(command))
    .addOption(
      new WordFlag(
        "-o, --output <format>",
        'diff, json, or yaml for kubectl apply -f - (default "diff")',
        upgradeFormats,
      ),
    )
    .option("--exit-code", "exit with 1 when anything would change")
    .option(
      "--wait <duration>",
      "after kubectl apply: until nothing would change, every Deployment of weft's is rolled out and every replica uses what is stored, at most so long, such as 2m",
    )
    .action(() => upgrade(command, io));
}

async function upgrade(command: Command, io: Io): Promise<void> {
  const output = outputOf(command, upgradeFormats);
  const wait = textsOf(command, "wait").length === 0 ? undefined : waitOf(command);
  if (wait !== undefined && output === "yaml") throw usageFailure(`--wait: comes after it: ${waitCommand}`);
  const api = await openCluster(command, io);
  const installed = await installedIn(api.ask, textsOf(command, "namespace").at(-1));
  tellKeeper(installed, output, io);
  const adopt = (controlPlane: string) => adoptLinkerd(api.ask, controlPlane);
  const options = await installChoices(command, io, { adopt, installed });
  for (const line of imageLines(options, installed)) io.stderr(`weft: ${line}\n`);
  if (output === "yaml") {
    const objects = installObjects(options);
    io.stdout(manifestText(objects));
    return tellLeftOver(await leftOver(objects, options.namespace, api.ask), io);
  }
  const found = await (wait === undefined
    ? lookedAt(api, options, installed.keeper)
    : waited(api, options, { keeper: installed.keeper, patience: patienceFor(wait, io) }));
  const shown: Upgrade = { ...found, installed: installed.version, version: io.version, keeper: installed.keeper };
  if (output === "json") io.print(upgradeJson(shown));
  else io.print(changesText(found.changes, io.colours.stdout));
  if (output !== "json") tellLeftOver(found.leftOver, io);
  conclude(found, { wait, output, exits: isGiven(command, "exitCode") }, io);
}

/** That, or why not, and the exit code. */
function conclude(
  { changes, refusals, waiting = [] }: Found,
  { wait, output, exits }: { readonly wait: Duration | undefined; readonly output: string; readonly exits: boolean },
  io: Io,
): void {
  if (refusals.length > 0) throw new CommandFailure(refusalLines(refusals));
  if (wait !== undefined && changes.length + waiting.length > 0) {
    const hint = changes.length > 0 ? `not applied yet: ${upgradeCommand}` : "applied, and not in use everywhere yet";
    throw new CommandFailure([...waiting, `${hint}; waited ${goDurationText(wait)}`]);
  }
  if (changes.length > 0) {
    if (exits) throw new CommandFailure([]);
  } else if (output !== "json") {
    io.stderr(`weft: nothing would change${wait === undefined ? "" : ", and every replica uses what is stored"}\n`);
  }
}

const waitCommand = `${upgradeCommand} && weft upgrade --wait 2m`;

const refusalLines = (refusals: readonly Refusal[]): readonly string[] =>
  refusals.map(({ name, why }) => `${shownName(name)}: ${why}`);

/** What another tool has applied it would put back, or lose what it knows: its own command is named. */
function tellKeeper({ keeper }: Installed, output: string, io: Io): void {
  if (keeper === undefined || output === "json") return;
  if (output === "yaml") throw new CommandFailure([`${keeperText(keeper)}; nothing was printed`]);
  io.stderr(`weft: ${keeperText(keeper)}\n`);
}

/** Why the pods would run what they run now, or what has to be there first. */
function imageLines({ weft, version }: InstallOptions, installed: Installed): readonly string[] {
  const stays = pinned(installed.given, weft, version);
  if (stays !== undefined) return [stays];
  return isUnnamed(weft) && version !== installed.version ? [unnamedText(version)] : [];
}

type Found = Pick<Upgrade, "changes" | "refusals" | "leftOver" | "waiting">;

async function lookedAt(
  { ask }: Pick<KubeApi, "ask">,
  options: InstallOptions,
  keeper: Installed["keeper"],
): Promise<Found> {
  const objects = installObjects(options);
  const changes: Change[] = [];
  const refusals: Refusal[] = [];
  for (const object of objects) {
    const name = nameOf(object);
    // helm makes it, or whoever ran helm.
    if (keeper?.tool === "Helm" && name.kind === "Namespace") continue;
    const trial = await tried(object, ask);
    if (trial.kind === "refused") {
      refusals.push({ name, why: oneLine(trial.why) });
      continue;
    }
    const { before, after } = trial;
    const pair = comparable({ before: before ?? after, after });
    const hunks = yamlDifference(before === undefined ? {} : pair.before, pair.after);
    if (hunks.length > 0) changes.push({ name, kind: before === undefined ? "created" : "changed", hunks });
  }
  return { changes, refusals, leftOver: await leftOver(objects, options.namespace, ask), waiting: undefined };
}

/** What was found last, when there is nothing left to wait for or no time. */
const waited = (
  api: KubeApi,
  options: InstallOptions,
  { keeper, patience }: Pick<Installed, "keeper"> & { readonly patience: ReturnType<typeof patienceFor> },
): Promise<Found> =>
  lastLook(
    async () => {
      const found = await lookedAt(api, options, keeper);
      const waiting = [...(await underWay(api.ask, options)), ...(await notInUse(api, options.namespace))];
      return { ...found, waiting };
    },
    ({ changes, refusals, waiting }) => {
      const failing = [...changes.map(({ name }) => `${shownName(name)} would change`), ...waiting];
      return { isOver: failing.length + refusals.length === 0, failing, which: failing.join() };
    },
    patience,
  );

/** A line for each of weft's Deployments whose pods are not all of it. */
async function underWay(ask: AskApi, options: InstallOptions): Promise<readonly string[]> {
  const deployments = installObjects(options).filter(({ kind }) => kind === "Deployment");
  const lines = deployments.map(async (object) => {
    const stored = await live(object, ask);
    // That it is not there is told as a change.
    const rollout = stored && rolloutOf("deployment", stored);
    if (rollout === undefined || rollout.kind === "done") return [];
    return [`${shownName(nameOf(object))}: ${rollout.text}`];
  });
  return (await Promise.all(lines)).flat();
}

/** What applying the objects does not take away. */
export function tellLeftOver(left: readonly JsonObject[], io: Pick<Io, "stderr">): void {
  for (const name of left.map(nameOf))
    io.stderr(`weft: ${shownName(name)} is not part of weft any more: ${deletionOf(name)}\n`);
}

/** With weft's labels, in its namespace or in none, and not among the objects. */
export async function leftOver(
  objects: readonly JsonObject[],
  own: string,
  ask: AskApi,
): Promise<readonly JsonObject[]> {
  const key = (object: JsonObject): string => JSON.stringify(nameOf(object));
  const wanted = new Set(objects.map(key));
  return (await labelled(ask)).filter((object) => {
    const { namespace } = nameOf(object);
    return (namespace === "" || namespace === own) && !wanted.has(key(object));
  });
}

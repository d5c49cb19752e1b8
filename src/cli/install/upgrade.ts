/**
 * `weft upgrade`: what installing this version, with what weft was installed with and the flags given now, would change
 * in the cluster; or the objects themselves.
 */
import type { Command } from "commander";
import { comparable } from "../../core/install/comparable.ts";
import { installObjects } from "../../core/install/objects.ts";
import { manifestText, nameOf, shownName } from "../../core/install/print.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { oneLine, quoted } from "../../core/base/text/quote.ts";
import { differenceText, yamlDifference } from "../../core/print/difference.ts";
import { paint } from "../../core/base/text/paint.ts";
import type { AskApi } from "../../kube/api.ts";
import type { ObjectName } from "../../core/kubernetes/kinds.ts";
import { adoptLinkerd } from "./adopt.ts";
import { openCluster, withClusterFlags } from "../cluster.ts";
import { installChoices, withInstallFlags } from "./install-options.ts";
import { installedIn } from "./installed.ts";
import type { Installed } from "./installed.ts";
import { keeperText } from "../../core/install/keeper.ts";
import { isUnnamed, pinned, unnamedText } from "../../core/install/image.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { labelled, tried } from "../live-objects.ts";
import type { Trial } from "../live-objects.ts";
import { isGiven, textsOf } from "../options.ts";
import type { InstallOptions } from "../../core/install/chosen.ts";

const outputs = ["diff", "yaml"];

export function register(command: Command, io: Io): void {
  withClusterFlags(withInstallFlags(command))
    .option("-o, --output <format>", 'diff, or yaml for kubectl apply -f - (default "diff")')
    .option("--exit-code", "exit with 1 when anything would change")
    .action(() => upgrade(command, io));
}

async function upgrade(command: Command, io: Io): Promise<void> {
  const output = textsOf(command, "output").at(-1) ?? "diff";
  if (!outputs.includes(output)) throw usageFailure(`--output: ${quoted(output)} is not ${outputs.join(" or ")}`);
  const { ask } = await openCluster(command, io);
  const installed = await installedIn(ask, textsOf(command, "namespace").at(-1));
  tellKeeper(installed, output, io);
  const adopt = (controlPlane: string) => adoptLinkerd(ask, controlPlane);
  const options = await installChoices(command, io, { adopt, installed });
  for (const line of imageLines(options, installed)) io.stderr(`weft: ${line}\n`);
  if (output === "yaml") {
    const objects = installObjects(options);
    io.stdout(manifestText(objects));
    await tellLeftOver(objects, options.namespace, ask, io);
  } else if (!(await shownChanges(options, ask, io))) io.stderr("weft: nothing would change\n");
  else if (isGiven(command, "exitCode")) throw new CommandFailure([]);
}

/** What another tool has applied it would put back, or lose what it knows: its own command is named. */
function tellKeeper({ keeper }: Installed, output: string, io: Io): void {
  if (keeper === undefined) return;
  if (output !== "diff") throw new CommandFailure([`${keeperText(keeper)}; nothing was printed`]);
  io.stderr(`weft: ${keeperText(keeper)}\n`);
}

/** Why the pods would run what they run now, or what has to be there first. */
function imageLines({ weft, version }: InstallOptions, installed: Installed): readonly string[] {
  const stays = pinned(installed.given, weft, version);
  if (stays !== undefined) return [stays];
  return isUnnamed(weft) && version !== installed.version ? [unnamedText(version)] : [];
}

/** Prints the differences; says whether there are any. */
async function shownChanges(options: InstallOptions, ask: AskApi, io: Io): Promise<boolean> {
  const objects = installObjects(options);
  const refusals: string[] = [];
  let isChanged = false;
  for (const object of objects) {
    const trial = await tried(object, ask);
    if (trial.kind === "refused") refusals.push(`${shownName(nameOf(object))}: ${oneLine(trial.why)}`);
    else if (showDifference(trial, io)) isChanged = true;
  }
  await tellLeftOver(objects, options.namespace, ask, io);
  if (refusals.length > 0) throw new CommandFailure(refusals);
  return isChanged;
}

/** What applying the objects does not take away. */
export async function tellLeftOver(
  objects: readonly JsonObject[],
  namespace: string,
  ask: AskApi,
  io: Pick<Io, "stderr">,
): Promise<void> {
  for (const left of await leftOver(objects, namespace, ask))
    io.stderr(`weft: ${shownName(nameOf(left))} is not part of weft any more: ${deletion(nameOf(left))}\n`);
}

const deletion = (name: ObjectName): string =>
  ["kubectl", ...(name.namespace === "" ? [] : ["--namespace", name.namespace]), "delete", shownName(name)].join(" ");

function showDifference({ before, after }: Extract<Trial, { kind: "accepted" }>, io: Io): boolean {
  const name = shownName(nameOf(after));
  const pair = comparable({ before: before ?? after, after });
  const hunks = yamlDifference(before === undefined ? {} : pair.before, pair.after);
  const names = {
    before: `${name} ${before === undefined ? "(not there)" : "as it is"}`,
    after: `${name} as it would be`,
  };
  io.print(differenceText(hunks, names, paint(io.colours.stdout)));
  return hunks.length > 0;
}

/** With weft's labels, in its namespace or in none, and not among the objects. */
async function leftOver(objects: readonly JsonObject[], own: string, ask: AskApi): Promise<readonly JsonObject[]> {
  const key = (object: JsonObject): string => JSON.stringify(nameOf(object));
  const wanted = new Set(objects.map(key));
  return (await labelled(ask)).filter((object) => {
    const { namespace } = nameOf(object);
    return (namespace === "" || namespace === own) && !wanted.has(key(object));
  });
}

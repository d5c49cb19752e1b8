/** `weft uninstall`: what to give to `kubectl delete -f -`. Registrations come first: nobody waits for a weft that is gone. */
import type { Command } from "commander";
import { deletable, uninstallObjects } from "../../core/install/objects.ts";
import { manifestText } from "../../core/install/print.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import type { InstallOptions } from "../../core/install/chosen.ts";
import { names } from "../../core/install/names.ts";
import { adoptLinkerd } from "./adopt.ts";
import { openCluster, withClusterFlags } from "../cluster.ts";
import { installChoices, withInstallFlags } from "./install-options.ts";
import { CommandFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { labelled } from "../live-objects.ts";
import { keeperOf } from "../../core/install/keeper.ts";
import type { AskApi } from "../../kube/api.ts";
import { leftAlone } from "./meshed-pods.ts";
import { isGiven } from "../options.ts";

export function register(command: Command, io: Io): void {
  withClusterFlags(withInstallFlags(command))
    .option("--offline", "do not ask the cluster what is there: delete what weft install makes with the same flags")
    .option("--force", "also when pods would be left without their control plane")
    .action(() => uninstall(command, io));
}

async function uninstall(command: Command, io: Io): Promise<void> {
  const { objects, against } = isGiven(command, "offline")
    ? await asInstalled(command, io)
    : await asFound(command, io);
  if (against.length > 0 && !isGiven(command, "force"))
    throw new CommandFailure([...against, "nothing was printed; --force prints it all the same"]);
  io.stderr(against.map((line) => `weft: ${line}\n`).join(""));
  io.stdout(manifestText(objects));
  io.stderr(
    "weft: afterwards `weft backfill --remove` takes weft's label from namespaces; meshed pods keep their proxies until they are restarted\n",
  );
}

interface Uninstalled {
  readonly objects: readonly JsonObject[];
  /** Lines; none: nothing speaks against it. */
  readonly against: readonly string[];
}

async function asInstalled(command: Command, io: Io): Promise<Uninstalled> {
  const adopt = async (controlPlane: string) => adoptLinkerd((await openCluster(command, io)).ask, controlPlane);
  // Only names are printed.
  const makeAuthorities = () => Promise.resolve(namesake);
  const options = await installChoices(command, io, { adopt, makeAuthorities });
  const objects = uninstallObjects(options);
  const left = leftBehind(options, objects);
  if (left !== undefined) io.stderr(`weft: ${left}\n`);
  return { objects, against: options.controlPlane.kind === "own" ? [notSeen(options)] : [] };
}

const notSeen = ({ namespace }: InstallOptions): string =>
  `whether pods have their certificates from the control plane in namespace ${namespace} was not seen: with --offline nobody is asked`;

/** Nobody was asked whether weft was installed with that flag; where the namespace goes, so does what is in it. */
export function leftBehind({ weft, namespace }: InstallOptions, objects: readonly JsonObject[]): string | undefined {
  const goes = weft.webhookClientCa !== undefined || objects.some(({ kind }) => kind === "Namespace");
  const name = `configmap/${names.clientCa}`;
  return goes
    ? undefined
    : `installed with --webhook-client-ca there is ${name}, too: kubectl --namespace ${namespace} delete ${name}`;
}

const namesake = {
  trustAnchors: "-----BEGIN CERTIFICATE-----\n-\n-----END CERTIFICATE-----\n",
  issuer: { certificate: "", key: "" },
};

/** Everything that carries weft's labels, whatever it is called. */
async function asFound(command: Command, io: Io): Promise<Uninstalled> {
  const { ask, server } = await openCluster(command, io);
  const found = await seen(ask);
  if (found.length === 0) throw new CommandFailure([`there is nothing of weft in the cluster at ${server}`]);
  const keepers = new Set(found.flatMap((object) => keeperOf(object)?.tool ?? []));
  for (const tool of keepers)
    io.stderr(`weft: ${tool} keeps this installation, and may put it back: take it away there\n`);
  return { objects: deletable(found), against: await leftAlone(found, ask) };
}

async function seen(ask: AskApi): Promise<readonly JsonObject[]> {
  try {
    return await labelled(ask);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    throw new CommandFailure([...error.lines, unseen]);
  }
}

const unseen =
  "what is installed, and which pods it serves, was not seen, so nothing was printed; weft uninstall --offline --force prints what weft install makes with the same flags";

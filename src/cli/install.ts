/** `weft install`: the objects of an installation, for `kubectl apply -f -`; or what a cluster would make of them. */
import type { Command } from "commander";
import { installObjects } from "../core/install/objects.ts";
import { manifestText } from "../core/install/print.ts";
import { adoptLinkerd } from "./adopt.ts";
import { openCluster, withClusterFlags } from "./cluster.ts";
import { installChoices, withInstallFlags } from "./install-options.ts";
import type { Io } from "./io.ts";
import { isGiven } from "./options.ts";
import { triedOut } from "./try-objects.ts";

export function register(command: Command, io: Io): void {
  withClusterFlags(
    withInstallFlags(command).option(
      "--dry-run",
      "ask the API server what it would make of each object, and keep nothing",
    ),
  ).action(() => install(command, io));
}

async function install(command: Command, io: Io): Promise<void> {
  const adopt = async (controlPlane: string) => adoptLinkerd((await openCluster(command, io)).ask, controlPlane);
  const choices = await installChoices(command, io, { adopt });
  const objects = installObjects(choices);
  if (isGiven(command, "dryRun")) await triedOut(objects, (await openCluster(command, io)).ask, io);
  else io.stdout(manifestText(objects));
}

/** `weft install`: the objects of an installation, for `kubectl apply -f -`; or what a cluster would make of them. */
import type { Command } from "commander";
import { installObjects } from "../../core/install/objects.ts";
import { isUnnamed, unnamedText } from "../../core/install/image.ts";
import { manifestText } from "../../core/install/print.ts";
import { adoptLinkerd } from "./adopt.ts";
import { openCluster, withClusterFlags } from "../cluster.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { writeSecretFile } from "../../files/write.ts";
import { oneLine } from "../../core/base/text/quote.ts";
import { thereAlready } from "../../files/read.ts";
import { installChoices, withInstallFlags } from "./install-options.ts";
import type { Authorities } from "./install-options.ts";
import { CommandFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { issuerFiles, newAuthorities } from "../issuer-files.ts";
import type { NewAuthorities } from "../issuer-files.ts";
import { isGiven, textsOf } from "../options.ts";
import { triedOut } from "./try-objects.ts";
import { againstInstalling } from "../../core/install/before.ts";
import { needsOf } from "../../core/install/needs.ts";
import { lackingIn, lookAt } from "./look.ts";
import type { InstallOptions } from "../../core/install/chosen.ts";

export function register(command: Command, io: Io): void {
  withClusterFlags(
    withInstallFlags(command)
      .option("--anchor-key-file <file>", "where the key of a new trust anchor goes, a new file", "weft-anchor.key")
      .option("--dry-run", "ask the API server what it would make of each object, and keep nothing")
      .option("--offline", "do not look whether the cluster has weft already"),
  ).action(() => install(command, io));
}

async function install(command: Command, io: Io): Promise<void> {
  const adopt = async (controlPlane: string) => adoptLinkerd((await openCluster(command, io)).ask, controlPlane);
  let made: NewAuthorities | undefined;
  const makeAuthorities = async (trustDomain: string): Promise<Authorities> => {
    made = await newAuthorities(trustDomain, new Date());
    return { trustAnchors: made.anchor.certificate, issuer: issuerFiles(made.issuer) };
  };
  const options = await installChoices(command, io, { adopt, makeAuthorities });
  const objects = installObjects(options);
  const against = await looked(command, io, options);
  if (isGiven(command, "dryRun")) {
    // Nothing is printed that could be applied.
    io.stderr(against.map((line) => `weft: ${line}\n`).join(""));
    return triedOut(objects, (await openCluster(command, io)).ask, io);
  }
  if (against.length > 0) throw new CommandFailure(against);
  if (isUnnamed(options.weft)) io.stderr(`weft: ${unnamedText(io.version)}\n`);
  if (made !== undefined) await keepAnchorKey(made.anchor.key, textsOf(command, "anchorKeyFile").at(-1) ?? "", io);
  io.stdout(manifestText(objects));
}

/** What speaks against it; says so where nobody could look. */
async function looked(command: Command, io: Io, options: InstallOptions): Promise<readonly string[]> {
  const look = await lookAt(command, io, options.namespace);
  if (look.kind === "seen") {
    const against = againstInstalling(look.found, options.mesh.kind === "adopted");
    const lacking = against.length > 0 ? [] : await lackingIn(look.ask, needsOf(options));
    io.stderr(lacking.map((line) => `weft: ${line}\n`).join(""));
    return against;
  }
  if (isGiven(command, "offline")) return [];
  io.stderr(`weft: could not look whether weft is installed already: ${look.why}\n`);
  const { nodes } = needsOf(options);
  if (nodes > 1) io.stderr(`weft: ${nodes} nodes are needed that take pods, as no two replicas may share one\n`);
  return [];
}

/** Before anything is printed: an anchor without its key could never sign another issuer. */
async function keepAnchorKey(key: string, file: string, io: Io): Promise<void> {
  const issue = await writeSecretFile(file, key);
  if (issue !== undefined)
    throw new CommandFailure([
      `${issueText(issue)}: it would hold the key of a new trust anchor, which each weft install makes`,
      ...(issue.message === thereAlready ? secondRun(file) : ["say --anchor-key-file for another place"]),
    ]);
  io.stderr(
    `weft: a new trust anchor: its key is in ${file}, and nowhere else. Keep it safe, and not in the cluster: weft identity rotate needs it once a year\n`,
  );
}

const secondRun = (file: string): readonly string[] => [
  'nothing was printed; where the output goes to a file by ">", the shell has emptied that file already',
  `of a mesh that is installed, weft upgrade -o yaml prints everything again; of one that is not, remove ${oneLine(file)} and start anew, or say --anchor-key-file`,
];

/** `weft identity`: the CAs of a mesh with weft's own control plane: made, looked at, changed while the mesh runs. */
import { defaultClusterDomain } from "../../core/mesh/control-plane.ts";
import { join } from "node:path";
import type { Command } from "commander";
import { nextStep } from "../../core/identity/rotation.ts";
import type { Step } from "../../core/identity/rotation.ts";
import { statusText } from "../../core/identity/rotation-text.ts";
import { statusJson } from "../../core/identity/rotation-json.ts";
import { folded } from "../../core/print/wrap.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { quoted } from "../../core/base/text/quote.ts";
import { writeNewFile } from "../../files/write.ts";
import { openCluster, withClusterFlags } from "../cluster.ts";
import { gatherRotation } from "./gather.ts";
import { oncePossible } from "./patience.ts";
import type { Gathered } from "./gather.ts";
import { addAnchor, changeIssuer, dropAnchors } from "./steps.ts";
import type { StepWorld } from "./steps.ts";
import { installedIn } from "../install/installed.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { newAuthorities } from "../issuer-files.ts";
import { formatFlag, isGiven, namespaceIn, outputOf, textsOf } from "../options.ts";
import { isDnsSubdomain } from "../../core/base/scalars/dns-label.ts";
import { patienceFor, untilInUse, waitOf } from "../waiting.ts";

const formats = ["text", "json"] as const;

export function register(command: Command, io: Io): void {
  withClusterFlags(command)
    .argument("[action]", "status; rotate anchor; rotate issuer; make FOLDER: new CAs, as files")
    .argument("[what]", "anchor or issuer; the folder")
    .option("-n, --namespace <namespace>", "where weft is installed (default: wherever that is)")
    .option("--status", "rotate: where it stands, and what comes next")
    .option("--start", "rotate: a new anchor joins the bundle; or a new issuer takes the place of the old one")
    .option("--finish", "rotate: the old anchor leaves the bundle")
    .option(
      "--wait <duration>",
      'rotate: for what speaks against the step, and then until every replica uses what it wrote, at most so long, such as 10m (default "0s")',
    )
    .option("--dry-run", "rotate: what that would do, or what speaks against it; without it the next step")
    .option("--force", "rotate: also when pods are then not trusted, or do not trust")
    .option("--anchor-key-file <file>", "rotate: where a new anchor's key goes, or the key that signs the new issuer")
    .addOption(formatFlag(formats, "status: "))
    .option("--trust-domain <domain>", "make: what the CAs are named after", defaultClusterDomain)
    .action(async (action: string | undefined, what: string | undefined) => {
      if (action === undefined) throw usageFailure(...whichAction);
      const run = actions[action];
      if (run === undefined) throw usageFailure(`${quoted(action)} is not status, rotate or make`);
      await run(command, io, what);
    });
}

const whichAction = [
  "say what to do:",
  "  weft identity status          shows trust anchors, issuer, and what comes next",
  "  weft identity rotate issuer   changes the issuer; with --start",
  "  weft identity rotate anchor   changes the trust anchor, in steps; with --start and --finish",
  "  weft identity make FOLDER     writes the CAs of a new mesh as files",
];

const actions: Readonly<Record<string, (command: Command, io: Io, what: string | undefined) => Promise<void>>> = {
  status: async (command, io) => {
    const format = outputOf(command, formats);
    const { gathered } = await opened(command, io);
    if (format === "json") io.print(statusJson(gathered.facts));
    else printStatus(gathered, io);
  },
  rotate,
  make,
};

/** `kind`: the step that is to be taken, as soon as it can be. */
async function opened(
  command: Command,
  io: Io,
  kind?: Step["kind"],
): Promise<{ readonly gathered: Gathered; readonly world: StepWorld }> {
  const given = namespaceIn(command, "--namespace", "namespace");
  const wait = waitOf(command);
  const api = await openCluster(command, io);
  const { ask } = api;
  const namespace = given ?? (await installedIn(ask, undefined)).namespace;
  const [dryRun, force] = [isGiven(command, "dryRun"), isGiven(command, "force")];
  const patience = patienceFor(wait, io);
  const look = (): Promise<Gathered> => gatherRotation(ask, namespace, new Date());
  const gathered = kind === undefined || dryRun || force ? await look() : await oncePossible(kind, look, patience);
  const spread = patience.wait > 0 ? () => untilInUse(api, namespace, patience) : undefined;
  return { gathered, world: { ask, io, namespace, now: new Date(), dryRun, force, spread } };
}

async function rotate(command: Command, io: Io, what: string | undefined): Promise<void> {
  if (what !== "anchor" && what !== "issuer") throw usageFailure("rotate: say which, anchor or issuer");
  const asked = ["status", "start", "finish"].filter((flag) => isGiven(command, flag));
  if (asked.length > 1) throw usageFailure(`rotate: one of --status, --start and --finish, not ${asked.length}`);
  const { gathered, world } = await opened(command, io, kindOf(what, asked[0]));
  const step = asked[0] ?? (world.dryRun ? next(what, gathered) : "status");
  const keyFile = textsOf(command, "anchorKeyFile").at(-1);
  if (step === "status") printStatus(gathered, io);
  else if (what === "issuer") await (step === "start" ? changeIssuer(gathered, keyFile, world) : finishIssuer(io));
  else
    await (step === "start"
      ? addAnchor(gathered, keyFile ?? "weft-anchor-new.key", world)
      : dropAnchors(gathered, world));
}

const printStatus = ({ facts }: Gathered, io: Io): void => io.print(folded(statusText(facts), io.columns));

function kindOf(what: "anchor" | "issuer", asked: string | undefined): Step["kind"] | undefined {
  if (asked === "start") return what === "issuer" ? "issue" : "add";
  return asked === "finish" && what === "anchor" ? "drop" : undefined;
}

/** For `--dry-run` alone. */
function next(what: "anchor" | "issuer", { facts }: Gathered): "start" | "finish" {
  const step = nextStep(facts);
  if (what === "issuer" || step === undefined) return "start";
  if (step.kind === "issue")
    throw new CommandFailure([
      "next the issuer is changed: weft identity rotate issuer --dry-run --anchor-key-file FILE",
    ]);
  return "finish";
}

/** Proxies are sent the issuer with each certificate: whoever trusts the anchor trusts the new one at once. */
const finishIssuer = (io: Io): Promise<void> => {
  io.print("an issuer is changed in one step: there is nothing to finish\n");
  return Promise.resolve();
};

/** For kustomize, and for whoever keeps keys elsewhere: an anchor and an issuer, as `weft install` would make them. */
async function make(command: Command, io: Io, folder: string | undefined): Promise<void> {
  // Keys that nobody asked to have where they are typed, such as in a checkout, are soon committed.
  if (folder === undefined) throw usageFailure("make: say where the keys go, in a folder: weft identity make FOLDER");
  const trustDomain = textsOf(command, "trustDomain").at(-1) ?? "";
  if (!isDnsSubdomain(trustDomain)) throw usageFailure(`--trust-domain: ${quoted(trustDomain)} is not a domain`);
  const { anchor, issuer } = await newAuthorities(trustDomain, new Date());
  const files = [
    ["anchor.key", anchor.key, 0o600],
    ["ca-bundle.crt", anchor.certificate, 0o644],
    ["crt.pem", issuer.certificate, 0o644],
    ["key.pem", issuer.key, 0o600],
  ] as const;
  for (const [name, text, mode] of files) {
    const issue = await writeNewFile(join(folder, name), text, mode);
    if (issue !== undefined) throw new CommandFailure([issueText(issue)]);
  }
  io.print(`${files.map(([name]) => join(folder, name)).join("\n")}\n`);
}

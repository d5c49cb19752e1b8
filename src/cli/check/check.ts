/** `weft check`: is a cluster ready for weft, or weft at work in it; in the style of `linkerd check`. */
import { linkerdNamespace } from "../../core/mesh/control-plane.ts";
import type { Command } from "commander";
import { installedChecks, proxyChecks } from "../../core/checks/after.ts";
import { checksBefore } from "../../core/checks/before.ts";
import { aloneProbeChecks } from "../../core/checks/probe.ts";
import { inUseChecks } from "../../core/checks/in-use.ts";
import { checked, reportOf } from "../../core/checks/run.ts";
import type { CategoryResult, PageOf, Report } from "../../core/checks/run.ts";
import type { Duration } from "../../core/base/scalars/duration.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { certificateModes, readWeftValues } from "../../core/install/weft-values.ts";
import { quoted } from "../../core/base/text/quote.ts";
import { categoryText, checkFormats, checksText, statusText } from "../../core/print/checks.ts";
import type { CheckFormat } from "../../core/print/checks.ts";
import { folded } from "../../core/print/wrap.ts";
import { asKnown, gathered } from "./coming.ts";
import { progressOn } from "./progress.ts";
import type { Progress } from "./progress.ts";
import { gatherInstalled, registeredIn, withDataPlane } from "./gather.ts";
import { gatherInUse } from "./gather-in-use.ts";
import { gatherProbes } from "./gather-probes.ts";
import { gatherBefore } from "./gather-before.ts";
import { toInstall } from "./installation.ts";
import { openReach } from "./open.ts";
import { deadReach } from "./reach.ts";
import type { Reach } from "./reach.ts";
import { whereOf } from "../where.ts";
import { lastReport } from "./wait.ts";
import { patienceFor, waitOf } from "../waiting.ts";
import { withClusterFlags } from "../cluster.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import {
  formatFlag,
  givenControlPlaneNamespace,
  isGiven,
  namespaceIn,
  outputOf,
  textsOf,
  WordFlag,
} from "../options.ts";

export function register(command: Command, io: Io): void {
  withClusterFlags(command)
    .option("--pre", "check what installing takes, before it")
    .option("--proxy", "check the pods of the mesh, too")
    .option("--adopt-linkerd", "with --pre: weft is to take the place of a running Linkerd's injector")
    .option("--ha", "with --pre: it is to be highly available")
    .addOption(
      new WordFlag(
        "--certificates <mode>",
        "with --pre: who is to make the serving certificate, as weft install takes it",
        certificateModes,
      ),
    )
    .option("--image <image>", "with --pre: weft's image")
    .option("-n, --namespace <namespace>", 'namespace of weft (default: that of the registered Service, else "weft")')
    .option(
      "-L, --linkerd-namespace <namespace>",
      'namespace of the control plane (default: that of the installed weft, else "linkerd"; $LINKERD_NAMESPACE)',
    )
    .addOption(
      new WordFlag(
        "--for <what>",
        "look for nothing but: settings (every replica uses those, and the CAs, that are stored), or injection (a pod that asks for the proxy gets it)",
        narrow,
      ),
    )
    .option("--probe-namespace <namespace>", "where pods are tried by a dry run", "default")
    .option("--wait <duration>", 'look again while something fails, at most so long, such as 2m (default "0s")')
    .addOption(formatFlag(checkFormats))
    .action(() => check(command, io));
}

async function check(command: Command, io: Io): Promise<void> {
  const options = optionsOf(command, io);
  const progress = progressOn(io);
  const reach = await openOrDead(command, io, progress.onAsk);
  const report = await progress.during(() => reported(reach, options, io));
  if (!report.success) throw new CommandFailure([]);
}

/** Who does not wait reads each category as it is known; of several looks the last one is told. */
async function reported(reach: Reach, options: CheckOptions, io: Io): Promise<Report> {
  const { format, wait } = options;
  const colours = io.colours.stdout;
  if (format === "json" || wait > 0n) {
    const whole = async (): Promise<Report> => reportOf(await gathered(look(reach, options)));
    const report = await lastReport(whole, patienceFor(wait, io));
    const text = checksText(report, format, colours);
    io.print(format === "json" ? text : folded(text, io.columns));
    return report;
  }
  const results: CategoryResult[] = [];
  for await (const category of look(reach, options)) {
    io.print(folded(categoryText(category, format, colours), io.columns));
    results.push(category);
  }
  const report = reportOf(results);
  io.print(statusText(report, colours));
  return report;
}

interface CheckOptions {
  readonly format: CheckFormat;
  readonly wait: Duration;
  readonly isBefore: boolean;
  /** Nothing but this. */
  readonly only: (typeof narrow)[number] | undefined;
  readonly adopts: boolean;
  /** The pods of the mesh, too. */
  readonly proxies: boolean;
  /** Values below `weft`. */
  readonly chosen: JsonObject;
  readonly namespace: string | undefined;
  readonly controlPlaneNamespace: string | undefined;
  readonly probeNamespace: string;
  readonly version: string;
  readonly pageOf: PageOf;
}

function optionsOf(command: Command, io: Io): CheckOptions {
  const isBefore = isGiven(command, "pre");
  const adopts = isGiven(command, "adoptLinkerd");
  const only = onlyOf(command);
  if (only !== undefined && isBefore) throw usageFailure("--for is not for --pre");
  const proxies = isGiven(command, "proxy");
  if (proxies && isBefore) throw usageFailure("--proxy is not for --pre");
  for (const [flag, name] of Object.entries(flagsBefore))
    if (textsOf(command, name).length > 0 && !isBefore) throw usageFailure(`${flag} is for --pre`);
  return {
    format: outputOf(command, checkFormats),
    wait: waitOf(command),
    isBefore,
    only,
    adopts,
    proxies,
    chosen: chosenBy(command),
    namespace: namespaceIn(command, "--namespace", "namespace"),
    controlPlaneNamespace: givenControlPlaneNamespace(command, io),
    probeNamespace: namespaceIn(command, "--probe-namespace", "probeNamespace") ?? "default",
    version: io.version,
    pageOf: (id) => whereOf({ page: "check", anchor: id }, io),
  };
}

const flagsBefore = {
  "--adopt-linkerd": "adoptLinkerd",
  "--ha": "ha",
  "--certificates": "certificates",
  "--image": "image",
} as const;

function chosenBy(command: Command): JsonObject {
  const [mode, image] = ["certificates", "image"].map((name) => textsOf(command, name).at(-1));
  const { issues } = readWeftValues({
    ...(mode === undefined ? {} : { certificates: { mode } }),
    ...(image === undefined ? {} : { image }),
  });
  // The paths have the flags' names in them.
  if (issues.length > 0)
    throw usageFailure(...issues.map(({ at, message }) => `--${at.split(".")[1] ?? ""}: ${message}`));
  return {
    highAvailability: isGiven(command, "ha"),
    ...(mode === undefined ? {} : { certificates: { mode } }),
    ...(image === undefined ? {} : { image }),
  };
}

const narrow = ["settings", "injection"] as const;

function onlyOf(command: Command): CheckOptions["only"] {
  const text = textsOf(command, "for").at(-1);
  const only = narrow.find((each) => each === text);
  if (text === undefined || only !== undefined) return only;
  throw usageFailure(`--for: ${quoted(text)} is not ${narrow.join(" or ")}`);
}

/** A cluster that the flags do not lead to is the first thing that a check tells. */
async function openOrDead(command: Command, io: Io, onAsk: Progress["onAsk"]): Promise<Reach> {
  try {
    return await openReach(command, io, { onAsk });
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return deadReach({ kind: "refused", what: "the cluster's kubeconfig", text: error.lines.join("; ") });
  }
}

/** Category by category, each as soon as it is known. */
async function* look(reach: Reach, options: CheckOptions): AsyncGenerator<CategoryResult> {
  const { adopts, chosen, namespace, isBefore, controlPlaneNamespace, probeNamespace, version, pageOf } = options;
  const question = { probeNamespace, version, now: new Date() };
  if (options.only === "injection") {
    const facts = await gatherProbes(reach, probeNamespace);
    yield* checked([aloneProbeChecks], facts, pageOf).categories;
  } else if (options.only === "settings") {
    const facts = await gatherInUse(reach, namespace ?? (await registeredIn(reach)));
    yield* checked([inUseChecks], facts, pageOf).categories;
  } else if (isBefore) {
    const controlPlane = controlPlaneNamespace ?? linkerdNamespace;
    const own = namespace ?? (adopts ? controlPlane : "weft");
    const before = { question: { ...question, namespace: own, controlPlaneNamespace: controlPlane }, adopts, chosen };
    const facts = await gatherBefore(reach, { ...before, ...toInstall(before) });
    yield* checked(checksBefore, facts, pageOf).categories;
  } else {
    const facts = gatherInstalled(reach, { question, namespace, controlPlaneNamespace });
    if (options.proxies) yield* asKnown(proxyChecks, withDataPlane(reach, facts), pageOf);
    else yield* asKnown(installedChecks, facts, pageOf);
  }
}

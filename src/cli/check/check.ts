/** `weft check`: is a cluster ready for weft, or weft at work in it; in the style of `linkerd check`. */
import { linkerdNamespace } from "../../core/mesh/control-plane.ts";
import type { Command } from "commander";
import { installedChecks, proxyChecks } from "../../core/checks/after.ts";
import { checksBefore } from "../../core/checks/before.ts";
import { inUseChecks } from "../../core/checks/in-use.ts";
import { checked } from "../../core/checks/run.ts";
import type { PageOf, Report } from "../../core/checks/run.ts";
import { dnsLabel } from "../../core/base/scalars/dns-label.ts";
import type { Duration } from "../../core/base/scalars/duration.ts";
import { quoted } from "../../core/base/text/quote.ts";
import { checkFormats, checksText } from "../../core/print/checks.ts";
import type { CheckFormat } from "../../core/print/checks.ts";
import { gatherInstalled, registeredIn, withDataPlane } from "./gather.ts";
import { gatherInUse } from "./gather-in-use.ts";
import { gatherBefore } from "./gather-before.ts";
import { objectsToInstall } from "./installation.ts";
import { deadReach, reachOf } from "./reach.ts";
import type { Reach } from "./reach.ts";
import { whereOf } from "../topics.ts";
import { lastReport } from "./wait.ts";
import { patienceFor, waitOf } from "../waiting.ts";
import { openCluster, withClusterFlags } from "../cluster.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { givenControlPlaneNamespace, isGiven, textsOf } from "../options.ts";

export function register(command: Command, io: Io): void {
  withClusterFlags(command)
    .option("--pre", "check what installing takes, before it")
    .option("--proxy", "check the pods of the mesh, too")
    .option("--adopt-linkerd", "with --pre: weft is to take the place of a running Linkerd's injector")
    .option("-n, --namespace <namespace>", 'namespace of weft (default: that of the registered Service, else "weft")')
    .option(
      "-L, --linkerd-namespace <namespace>",
      'namespace of the control plane (default: that of the installed weft, else "linkerd"; $LINKERD_NAMESPACE)',
    )
    .option("--for <what>", "look for nothing but: settings (every replica uses those, and the CAs, that are stored)")
    .option("--probe-namespace <namespace>", "where pods are tried by a dry run", "default")
    .option("--wait <duration>", 'look again while something fails, at most so long, such as 2m (default "0s")')
    .option("-o, --output <format>", `${checkFormats.join(", ")} (default "table")`)
    .action(() => check(command, io));
}

async function check(command: Command, io: Io): Promise<void> {
  const options = optionsOf(command, io);
  const reach = await openReach(command, io);
  const report = await lastReport(() => look(reach, options), patienceFor(options.wait, io));
  io.print(checksText(report, options.format, io.colours.stdout));
  if (!report.success) throw new CommandFailure([]);
}

interface CheckOptions {
  readonly format: CheckFormat;
  readonly wait: Duration;
  readonly isBefore: boolean;
  /** Nothing but whether every replica uses what is stored. */
  readonly isForSettings: boolean;
  readonly adopts: boolean;
  /** The pods of the mesh, too. */
  readonly proxies: boolean;
  readonly namespace: string | undefined;
  readonly controlPlaneNamespace: string | undefined;
  readonly probeNamespace: string;
  readonly version: string;
  readonly pageOf: PageOf;
}

function optionsOf(command: Command, io: Io): CheckOptions {
  const isBefore = isGiven(command, "pre");
  const adopts = isGiven(command, "adoptLinkerd");
  const isForSettings = isForSettingsOf(command);
  if (isForSettings && isBefore) throw usageFailure("--for is not for --pre");
  if (adopts && !isBefore) throw usageFailure("--adopt-linkerd is for --pre");
  const proxies = isGiven(command, "proxy");
  if (proxies && isBefore) throw usageFailure("--proxy is not for --pre");
  return {
    format: formatOf(command),
    wait: waitOf(command),
    isBefore,
    isForSettings,
    adopts,
    proxies,
    namespace: namespaceOf(command, "--namespace", "namespace"),
    controlPlaneNamespace: givenControlPlaneNamespace(command, io),
    probeNamespace: namespaceOf(command, "--probe-namespace", "probeNamespace") ?? "default",
    version: io.version,
    pageOf: (id) => whereOf({ page: "check", anchor: id }, io),
  };
}

function formatOf(command: Command): CheckFormat {
  const text = textsOf(command, "output").at(-1) ?? "table";
  const format = checkFormats.find((each) => each === text);
  if (format !== undefined) return format;
  throw usageFailure(`--output: unsupported format ${quoted(text)}, expected ${checkFormats.join(", ")}`);
}

function isForSettingsOf(command: Command): boolean {
  const text = textsOf(command, "for").at(-1);
  if (text === undefined || text === "settings") return text !== undefined;
  throw usageFailure(`--for: ${quoted(text)} is not settings`);
}

function namespaceOf(command: Command, flag: string, name: string): string | undefined {
  const text = textsOf(command, name).at(-1);
  if (text === undefined || dnsLabel.test(text)) return text;
  throw usageFailure(`${flag}: ${quoted(text)} is not the name of a namespace`);
}

/** A cluster that the flags do not lead to is the first thing that a check tells. */
async function openReach(command: Command, io: Io): Promise<Reach> {
  try {
    return reachOf({ api: await openCluster(command, io), clock: () => new Date() });
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return deadReach({ kind: "refused", what: "the cluster's kubeconfig", text: error.lines.join("; ") });
  }
}

async function look(reach: Reach, options: CheckOptions): Promise<Report> {
  const { adopts, namespace, isBefore, controlPlaneNamespace, probeNamespace, version, pageOf } = options;
  const question = { probeNamespace, version, now: new Date() };
  if (options.isForSettings)
    return checked([inUseChecks], await gatherInUse(reach, namespace ?? (await registeredIn(reach))), pageOf);
  if (!isBefore) {
    const facts = await gatherInstalled(reach, { question, namespace, controlPlaneNamespace });
    return options.proxies
      ? checked(proxyChecks, await withDataPlane(reach, facts), pageOf)
      : checked(installedChecks, facts, pageOf);
  }
  const controlPlane = controlPlaneNamespace ?? linkerdNamespace;
  const own = namespace ?? (adopts ? controlPlane : "weft");
  const before = { question: { ...question, namespace: own, controlPlaneNamespace: controlPlane }, adopts };
  return checked(checksBefore, await gatherBefore(reach, { ...before, objects: objectsToInstall(before) }), pageOf);
}

/** `weft status`: the pods of a mesh, by who made them; what is not as it should be, and what mends it. */
import type { Command } from "commander";
import { unread } from "../../core/checks/check.ts";
import type { Fact } from "../../core/checks/fact.ts";
import { dnsLabel } from "../../core/base/scalars/dns-label.ts";
import { notInstalled } from "../../core/install/before.ts";
import { names } from "../../core/install/names.ts";
import { quoted } from "../../core/base/text/quote.ts";
import { missedStatusText, statusFormats, statusText } from "../../core/print/status.ts";
import type { StatusFormat } from "../../core/print/status.ts";
import { openReach } from "../check/open.ts";
import type { Reach } from "../check/reach.ts";
import { withClusterFlags } from "../cluster.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { formatFlag, isGiven, outputOf, textsOf } from "../options.ts";
import { readCertified } from "./certificates.ts";
import { gatherDataPlane } from "./gather.ts";
import type { PodsWanted } from "./gather.ts";

export function register(command: Command, io: Io): void {
  withPodFlags(withClusterFlags(command))
    .option("--missed", "pods that asked for a proxy and run without one")
    .option("--certificates", "ask each proxy how long it is certified (takes the right to get pods/proxy)")
    .addOption(formatFlag(statusFormats))
    .action(async () => {
      const asked: StatusAsked = {
        wanted: podsWanted(command),
        format: outputOf(command, statusFormats),
        missed: isGiven(command, "missed"),
        certificates: isGiven(command, "certificates"),
      };
      const reach = await openReach(command, io);
      await status(reach, io, asked, Date.now());
    });
}

export interface StatusAsked {
  readonly wanted: PodsWanted;
  readonly format: StatusFormat;
  readonly missed: boolean;
  readonly certificates: boolean;
}

/** `now`: milliseconds since 1970. */
export async function status(reach: Reach, io: Io, asked: StatusAsked, now: number): Promise<void> {
  const { states } = needed(await gatherDataPlane(reach, asked.wanted));
  const certified = asked.certificates ? await readCertified(reach, states) : undefined;
  const text = asked.missed ? missedStatusText : statusText;
  io.print(text({ states, certified, now }, asked.format, io.colours.stdout));
}

/** A fact without which the command has nothing to say. */
export function needed<Value>(fact: Fact<Value>): Value {
  if (fact.kind === "known") return fact.value;
  const [, namespace] = fact.kind === "absent" ? (absentWeft.exec(fact.what) ?? []) : [];
  if (namespace !== undefined) throw new CommandFailure(notInstalled(namespace));
  const outcome = unread(fact);
  throw new CommandFailure("lines" in outcome ? outcome.lines : []);
}

/** As `readNamed` names it. */
const absentWeft = new RegExp(`^Deployment ${names.injector} in namespace (.*)$`);

export const withPodFlags = (command: Command): Command =>
  command
    .option("-n, --namespace <namespace>", "pods of this namespace (default: of all)")
    .option("-A, --all-namespaces", "pods of all namespaces, as without -n")
    .option("-l, --selector <selector>", "pods with these labels, such as app=web");

export function podsWanted(command: Command): PodsWanted {
  const namespace = textsOf(command, "namespace").at(-1);
  if (namespace !== undefined && isGiven(command, "allNamespaces"))
    throw usageFailure("--namespace and --all-namespaces: one of them");
  if (namespace !== undefined && !dnsLabel.test(namespace))
    throw usageFailure(`--namespace: ${quoted(namespace)} is not the name of a namespace`);
  return { namespace, selector: textsOf(command, "selector").at(-1) ?? "" };
}

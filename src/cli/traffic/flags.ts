/** Flags of the commands that read proxies, and what they say. */
import type { Command } from "commander";
import { parseDuration, wholeMilliseconds } from "../../core/base/scalars/duration.ts";
import { quoted } from "../../core/base/text/quote.ts";
import { namedResource } from "../../core/kubernetes/resource-words.ts";
import type { NamedResource } from "../../core/kubernetes/resource-words.ts";
import { resources } from "../../core/kubernetes/kinds.ts";
import type { Family } from "../../core/traffic/page.ts";
import { pagesAtOnce } from "../../kube/pod-pages.ts";
import { openCluster, withClusterFlags } from "../cluster.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { formatFlag, isGiven, textsOf } from "../options.ts";
import { podsWanted } from "../status/status.ts";
import { failureLines } from "./failures.ts";
import { gatherTraffic, mostPods } from "./gather.ts";
import type { Gathered } from "./gather.ts";
import { savedTraffic } from "./saved.ts";

export const formats = ["table", "wide", "json"] as const;

export const withTrafficFlags = (command: Command): Command =>
  withClusterFlags(command)
    .option("-n, --namespace <namespace>", "pods of this namespace (default: that of the context, else default)")
    .option("-A, --all-namespaces", "pods of all namespaces")
    .option("-l, --selector <selector>", "read pods with these labels, such as app=web")
    .option("--at-once <number>", "pods that are read at the same time", String(pagesAtOnce))
    .option("--all-pods", `read more than ${mostPods} pods`)
    .option(
      "--pages <dir>",
      "saved pages in place of a cluster's, files NAMESPACE.POD.txt; twice: earlier and later",
      collected,
    )
    .option("--objects <file>", "with --pages: the pods, as kubectl get pods -o json prints them")
    .addOption(formatFlag(formats));

const collected = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** What was found; who could not be read is told. Fails where nobody could. */
export async function trafficOf(
  command: Command,
  io: Io,
  how: { readonly families: readonly Family[]; readonly window: number },
): Promise<Gathered> {
  const gathered = await gatheredBy(command, io, how);
  const { failed, readings } = gathered;
  const lines = failureLines(failed, readings.length);
  if (failed.length > 0 && readings.length === 0) throw new CommandFailure(lines);
  for (const line of lines) io.stderr(`weft: ${line}\n`);
  return gathered;
}

async function gatheredBy(
  command: Command,
  io: Io,
  how: { readonly families: readonly Family[]; readonly window: number },
): Promise<Gathered> {
  const wanted = podsWanted(command);
  const folders = textsOf(command, "pages");
  const objects = textsOf(command, "objects").at(-1);
  if (folders.length > 0) {
    if (objects === undefined) throw usageFailure("--pages needs --objects FILE: whose pages these are");
    if (folders.length > 2) throw usageFailure("--pages: once, or twice for the earlier and the later");
    if (how.window > 0 && folders.length < 2) throw usageFailure("--pages: twice, for what came in between");
    return savedTraffic({ folders, objects }, how.families, wanted, (line) => io.stderr(`weft: ${line}\n`));
  }
  if (objects !== undefined) throw usageFailure("--objects goes with --pages");
  const atOnce = atOnceOf(command);
  const api = await openCluster(command, io);
  const isAll = isGiven(command, "allNamespaces");
  const namespace = isAll ? undefined : (wanted.namespace ?? api.namespace ?? "default");
  return gatherTraffic(api, { ...wanted, namespace, ...how, atOnce, allPods: isGiven(command, "allPods") }, io);
}

function atOnceOf(command: Command): number {
  const text = textsOf(command, "atOnce").at(-1) ?? "";
  if (/^[1-9][0-9]?$/.test(text)) return Number(text);
  throw usageFailure(`--at-once: ${quoted(text)} is no number from 1 to 99`);
}

/** Milliseconds; `otherwise` where the flag is not given. */
export function durationOf(
  command: Command,
  flag: string,
  name: string,
  least: number,
  most: number,
  otherwise = "",
): number {
  const text = textsOf(command, name).at(-1) ?? otherwise;
  const duration = parseDuration(text);
  const milliseconds = duration === undefined ? -1 : Number(wholeMilliseconds(duration));
  if (milliseconds >= least && milliseconds <= most) return milliseconds;
  throw usageFailure(`${flag}: ${quoted(text)} is no duration from ${least / 1000}s to ${most / 60_000}m`);
}

/** A kind of which pods are, or one of it; Services have none. */
export function workloadNamed(word: string): NamedResource {
  const named = namedResource(word);
  if (named !== undefined && named.kind !== resources.services) return named;
  throw usageFailure(
    `${quoted(word)} is no kind of workload, expected pod, deployment, daemonset, statefulset, replicaset, replicationcontroller, job or cronjob`,
  );
}

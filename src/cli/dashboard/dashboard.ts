/** `weft dashboard`: a page on this machine that shows who calls whom in a mesh, and whether it is secured, as it changes. */
import type { Command } from "commander";
import { realClock } from "../../async/clock.ts";
import { quoted } from "../../core/base/text/quote.ts";
import { wordsOf } from "../../core/base/text/words.ts";
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import { trafficPod } from "../../core/traffic/pods.ts";
import { readPageFiles } from "../../web/page-files.ts";
import { serveDashboard } from "../../web/server.ts";
import type { Dashboard, DashboardOptions } from "../../web/server.ts";
import { reachOf } from "../check/reach.ts";
import { openCluster, withClusterFlags } from "../cluster.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { isGiven, namespaceIn, textsOf } from "../options.ts";
import { openBrowser } from "./browser.ts";
import { roundsOf } from "./rounds.ts";
import { tapLinesOf } from "./tap-lines.ts";

const defaultPort = 50_750;

export function register(command: Command, io: Io): void {
  withClusterFlags(command)
    .option("-n, --namespace <namespace>", "what is looked at (default: that of the context, else default)")
    .option("-A, --all-namespaces", "look at all namespaces")
    .option("--port <port>", "on 127.0.0.1; where it is taken, the next that is free", String(defaultPort))
    .option("--no-open", "print the address, and open no browser")
    .action(() => dashboard(command, io));
}

async function dashboard(command: Command, io: Io): Promise<void> {
  const port = portOf(command);
  const given = namespaceIn(command, "--namespace", "namespace");
  const all = isGiven(command, "allNamespaces");
  if (all && given !== undefined) throw usageFailure("--namespace and --all-namespaces: one of them");
  const files = readPageFiles();
  if (files === undefined)
    throw new CommandFailure([
      "this weft came without the page of the dashboard, as weft's image does: run it from the npm package",
    ]);
  const api = await openCluster(command, io);
  const namespace = all ? undefined : (given ?? api.namespace ?? "default");
  const reach = reachOf({ api, clock: () => new Date() });
  const rounds = roundsOf({
    pods: () => reach.reduced("Pods", collectionPath(resources.pods, namespace), trafficPod),
    reach: api.reach,
    clock: realClock,
    date: Date.now,
  });
  const tapLines = tapLinesOf({ reach, forward: api.reach, clock: realClock, date: Date.now });
  const options = { port, namespace, files, rounds, tapLines, clock: realClock };
  await served(options, io, isGiven(command, "open") ? openBrowser : undefined);
}

/** Until the user ends it. */
export async function served(
  options: DashboardOptions,
  io: Pick<Io, "print" | "stderr" | "signal">,
  open?: (address: string) => void,
): Promise<void> {
  const { port: first, namespace } = options;
  const shown = await started(options);
  if (shown.port !== first && first !== 0) io.stderr(`weft: port ${first} is taken: this is on ${shown.port}\n`);
  io.print(
    `The dashboard of ${namespace === undefined ? "all namespaces" : `namespace ${namespace}`}, until Ctrl-C:\n  ${shown.address}\n`,
  );
  open?.(shown.opening);
  try {
    await Promise.race([shown.failed, ended(io.signal)]);
  } finally {
    await shown.close();
  }
}

async function started(options: DashboardOptions): Promise<Dashboard> {
  try {
    return await serveDashboard(options);
  } catch (error) {
    throw new CommandFailure([`cannot listen on 127.0.0.1, ports ${options.port} and after: ${wordsOf(error)}`]);
  }
}

const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });

function portOf(command: Command): number {
  const text = textsOf(command, "port").at(-1) ?? "";
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw usageFailure(`--port: ${quoted(text)} is not a port, expected a number from 0 to 65535`);
}

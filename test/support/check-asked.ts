/** `weft check` asked about a cluster of the tests, and what it finds there. */
import { gatherInstalled, withDataPlane } from "../../src/cli/check/gather.ts";
import { gatherBefore } from "../../src/cli/check/gather-before.ts";
import { objectsToInstall } from "../../src/cli/check/installation.ts";
import { reachOf } from "../../src/cli/check/reach.ts";
import { installedChecks, proxyChecks } from "../../src/core/checks/after.ts";
import { checksBefore } from "../../src/core/checks/before.ts";
import { checked } from "../../src/core/checks/run.ts";
import type { Report } from "../../src/core/checks/run.ts";
import { now } from "./check-cluster.ts";
import type { FakeCluster } from "./check-cluster.ts";

const asked = { probeNamespace: "default", version: "0.1.0", now };
const anywhere = { namespace: undefined, controlPlaneNamespace: undefined };
const reach = (cluster: FakeCluster) =>
  reachOf({
    api: { server: "https://10.0.0.1:6443", ask: cluster.api.ask },
    clock: () => now,
    show: async (listener) => cluster.show(listener),
  });

const pageOf = (id: string): string => `weft help check#${id}`;

export const checkedAfter = async (cluster: FakeCluster): Promise<Report> =>
  checked(installedChecks, await gatherInstalled(reach(cluster), { question: asked, ...anywhere }), pageOf);

/** With `--proxy`. */
export async function checkedProxies(cluster: FakeCluster): Promise<Report> {
  const facts = await gatherInstalled(reach(cluster), { question: asked, ...anywhere });
  return checked(proxyChecks, await withDataPlane(reach(cluster), facts), pageOf);
}

export async function checkedBefore(cluster: FakeCluster, adopts = false): Promise<Report> {
  const question = { ...asked, namespace: adopts ? "linkerd" : "weft", controlPlaneNamespace: "linkerd" };
  const wanted = { question, adopts };
  const objects = objectsToInstall(wanted);
  return checked(checksBefore, await gatherBefore(reach(cluster), { ...wanted, objects }), pageOf);
}

/** What is not as it should be: mark and description, then what was found, without the hint. */
export const findings = ({ categories }: Report): readonly (readonly string[])[] =>
  categories
    .flatMap(({ results }) => results)
    .filter(({ result }) => result !== "success")
    .map(({ description, result, lines }) => [`${result === "error" ? "×" : "‼"} ${description}`, ...lines]);

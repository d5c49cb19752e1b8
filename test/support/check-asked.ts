/** `weft check` asked about a cluster of the tests, and what it finds there. */
import { asKnown, gathered } from "../../src/cli/check/coming.ts";
import type { Coming } from "../../src/cli/check/coming.ts";
import { gatherInstalled, withDataPlane } from "../../src/cli/check/gather.ts";
import { gatherBefore } from "../../src/cli/check/gather-before.ts";
import { toInstall } from "../../src/cli/check/installation.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { reachOf } from "../../src/cli/check/reach.ts";
import { installedChecks, proxyChecks } from "../../src/core/checks/after.ts";
import { checksBefore } from "../../src/core/checks/before.ts";
import type { ReadingCategory } from "../../src/core/checks/check.ts";
import { checked, reportOf } from "../../src/core/checks/run.ts";
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

const installed = (cluster: FakeCluster) => gatherInstalled(reach(cluster), { question: asked, ...anywhere });

export const checkedAfter = (cluster: FakeCluster): Promise<Report> =>
  reportOn(installedChecks.map(strict), installed(cluster));

/** With `--proxy`. */
export const checkedProxies = (cluster: FakeCluster): Promise<Report> =>
  reportOn(proxyChecks.map(strict), withDataPlane(reach(cluster), installed(cluster)));

async function reportOn<Facts>(categories: readonly ReadingCategory<Facts>[], coming: Coming<Facts>): Promise<Report> {
  return reportOf(await gathered(asKnown(categories, coming, pageOf)));
}

/** A row that looks at a fact which its category does not name fails: it might not be known yet. */
const strict = <Facts extends object>(category: ReadingCategory<Facts>): ReadingCategory<Facts> => ({
  ...category,
  checks: category.checks.map((check) => ({ ...check, look: (facts: Facts) => check.look(named(category, facts)) })),
});

const named = <Facts extends object>({ name, reads }: ReadingCategory<Facts>, facts: Facts): Facts =>
  new Proxy(facts, {
    get: (target, key, receiver): unknown => {
      if (!reads.includes(key as keyof Facts)) throw new Error(`${name} does not say that it reads ${String(key)}`);
      return Reflect.get(target, key, receiver);
    },
  });

export async function checkedBefore(cluster: FakeCluster, adopts = false, chosen: JsonObject = {}): Promise<Report> {
  const question = { ...asked, namespace: adopts ? "linkerd" : "weft", controlPlaneNamespace: "linkerd" };
  const wanted = { question, adopts, chosen: { image: "example.org/weft", ...chosen } };
  return checked(checksBefore, await gatherBefore(reach(cluster), { ...wanted, ...toInstall(wanted) }), pageOf);
}

/** What is not as it should be: mark and description, then what was found, without the hint. */
export const findings = ({ categories }: Report): readonly (readonly string[])[] =>
  categories
    .flatMap(({ results }) => results)
    .filter(({ result }) => result !== "success")
    .map(({ description, result, lines }) => [`${result === "error" ? "×" : "‼"} ${description}`, ...lines]);

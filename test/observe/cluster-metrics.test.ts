import { expect } from "chai";
import type { ClusterMetrics, ClusterState } from "../../src/observe/cluster-metrics.ts";
import { createWebhookMetrics } from "../../src/observe/webhook-metrics.ts";
import type { WebhookMetrics } from "../../src/observe/webhook-metrics.ts";

const create = (): WebhookMetrics =>
  createWebhookMetrics({ version: "1.2.3", known: { reasons: new Set(), annotations: new Set() }, inFlight: () => 0 });

/** The lines about the cluster. */
const linesOf = async (metrics: WebhookMetrics): Promise<readonly string[]> =>
  (await metrics.page()).text
    .split("\n")
    .filter((line) => /^weft_(namespace|unknown|owner|events)/.test(line))
    .toSorted();

const state: ClusterState = { staleness: () => 0, namespaces: () => 0 };
const atFirst = {
  weft_namespace_cache_size: "0",
  weft_namespace_cache_staleness_seconds: "0",
  weft_namespace_requests_total: "0",
  weft_unknown_namespaces_refused_total: "0",
};

describe("metrics of a cluster", () => {
  const rows: readonly [claim: string, act: (cluster: ClusterMetrics) => void, lines: Record<string, string>][] = [
    ["nothing at first", () => undefined, {}],
    [
      "Events, by what became of them",
      ({ event }) =>
        (["sent", "aggregated", "aggregated", "dropped", "failed"] as const).forEach((result) => event(result)),
      {
        'weft_events_total{result="sent"}': "1",
        'weft_events_total{result="aggregated"}': "2",
        'weft_events_total{result="dropped"}': "1",
        'weft_events_total{result="failed"}': "1",
      },
    ],
    [
      "look-ups of owners",
      ({ ownerLookup }) => (["fetched", "cached", "cached"] as const).forEach((result) => ownerLookup(result)),
      { 'weft_owner_lookups_total{result="fetched"}': "1", 'weft_owner_lookups_total{result="cached"}': "2" },
    ],
    [
      "namespaces that were asked for",
      ({ namespaceAsked }) => (namespaceAsked(), namespaceAsked()),
      { weft_namespace_requests_total: "2" },
    ],
  ];
  for (const [claim, act, lines] of rows) {
    it(`count ${claim}`, async () => {
      const metrics = create();
      act(metrics.cluster(state));
      const expected = Object.entries({ ...atFirst, ...lines }).map((line) => line.join(" "));
      expect(await linesOf(metrics)).to.deep.equal(expected.toSorted());
    });
  }

  it("tell the state of the cache when they are asked", async () => {
    const metrics = create();
    let age = Infinity;
    metrics.cluster({ staleness: () => age, namespaces: () => 3 });
    expect(await linesOf(metrics)).to.include("weft_namespace_cache_staleness_seconds +Inf");
    age = 12.5;
    expect(await linesOf(metrics)).to.include.members([
      "weft_namespace_cache_staleness_seconds 12.5",
      "weft_namespace_cache_size 3",
    ]);
  });

  it("are not there without a cluster", async () => {
    expect(await linesOf(create())).to.deep.equal([]);
  });
});

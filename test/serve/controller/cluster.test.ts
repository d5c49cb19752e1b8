/** What is seen of the cluster behind the control plane. */
import { expect } from "chai";
import { createControllerMetrics } from "../../../src/observe/controller-metrics.ts";
import { createLog } from "../../../src/observe/log.ts";
import { watchCluster } from "../../../src/serve/controller/cluster.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { fakeApi } from "../../support/api-server.ts";
import { manualClock, settled } from "../../support/manual-clock.ts";

const podNamed = (name: string, annotations: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "shop", annotations },
  spec: { containers: [{ name: "app" }] },
});
const shop: JsonObject = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "shop", annotations: { "linkerd.io/inject": "enabled" } },
};
const opted = { "linkerd.io/inject": "disabled" };

describe("missed pods, as the control plane counts them", () => {
  it("are those of now, counted every 10 s at most", async () => {
    const api = fakeApi(shop, podNamed("a"), podNamed("b"), podNamed("c", opted));
    const clock = manualClock();
    const ending = new AbortController();
    const log = createLog({ level: "info", format: "plain", sink: { write: () => undefined }, now: () => new Date(0) });
    const { feed, missed } = watchCluster(api, log, ending.signal, { namespace: "weft", clock });
    await feed.whenSynced;
    expect(missed()).to.equal(2);
    api.remove("/api/v1/namespaces/shop/pods/a");
    await settled();
    expect(missed()).to.equal(2);
    await clock.advance(10_000);
    expect(missed()).to.equal(1);
    ending.abort();
    await feed.ended;
  });

  it("are counted in pieces, and are meanwhile what they were", async () => {
    const api = fakeApi(shop, podNamed("a"), podNamed("b"));
    const [clock, ending] = [manualClock(), new AbortController()];
    const log = createLog({ level: "info", format: "plain", sink: { write: () => undefined }, now: () => new Date(0) });
    let resting = 0;
    const rest = (): Promise<void> => {
      resting += 1;
      return new Promise((resolve) => void setImmediate(resolve));
    };
    const options = { namespace: "weft", clock, pieces: { rest } };
    const { feed, missed } = watchCluster(api, log, ending.signal, options);
    await feed.whenSynced;
    expect([missed(), missed(), resting]).to.deep.equal([0, 0, 1]);
    await settled();
    expect([missed(), resting]).to.deep.equal([2, 2]);
    ending.abort();
    await feed.ended;
  });

  it("are told by the replica that leads alone", async () => {
    const none = (): number => 0;
    const metrics = createControllerMetrics("1", {
      connections: () => ({}),
      streams: none,
      turningAway: () => ({}),
      targets: none,
      objects: () => ({}),
      leftOut: () => ({ policies: {}, others: {} }),
      missed: () => 3,
      staleness: none,
      linesLost: none,
    });
    const told = async (): Promise<string | undefined> =>
      /^weft_missed_pods (\d+)$/m.exec((await metrics.page()).text)?.[1];
    expect(await told()).to.equal("0");
    metrics.leads(true);
    expect(await told()).to.equal("3");
    metrics.leads(false);
    expect(await told()).to.equal("0");
  });
});

import { expect } from "chai";
import { edgesOf } from "../../../src/core/traffic/edges.ts";
import { mapState } from "../../../src/core/traffic/map.ts";
import { reading, shopPods } from "../../support/recorded-traffic.ts";

const busy = {
  pods: shopPods,
  readings: [
    reading("backend", "metrics-backend.txt", "metrics-backend-idle.txt"),
    reading("frontend", "metrics-frontend-after.txt", "metrics-frontend.txt"),
  ],
};

describe("map", () => {
  const at = 1_796_023_828_123;

  it("has workloads, strangers and edges with rates", () => {
    const state = mapState({ ...busy, at, failed: [] });
    expect(state).to.deep.include({ at, pods: { read: 2, meshed: 2, running: 3, failed: [] } });
    expect(state.workloads.map(({ id, pods, meshed, open }) => [id, pods, meshed, open])).to.deep.equal([
      ["shop/deployment/backend", 1, 1, 8],
      ["shop/deployment/frontend", 1, 1, 0],
      ["shop/deployment/outside", 1, 0, null],
      ["-//(not meshed)", 0, 0, null],
    ]);
    expect(state.workloads[0]?.rps).to.be.closeTo(16.952, 0.001);
    const ids = new Set(state.workloads.map(({ id }) => id));
    expect(state.edges.every(({ from, to }) => ids.has(from) && ids.has(to))).to.equal(true);
    expect(JSON.parse(JSON.stringify(state))).to.deep.equal(state);
  });

  it("of the first round has no rates, and all else", () => {
    const readings = [reading("backend", "metrics-backend.txt"), reading("frontend", "metrics-frontend.txt")];
    const state = mapState({ pods: shopPods, readings, at, failed: [] });
    expect(state.seconds).to.equal(null);
    expect(state.workloads[0]).to.include({ rps: null, success: null, p50: null, open: 8 });
    expect(
      state.edges.map(({ rps, read, reason, secured, total }) => [rps, read, reason, secured, total]),
    ).to.deep.equal([
      [null, null, "no_tls_from_remote", 0, 5],
      [null, null, "", 9, 9],
      [null, null, "not_provided_by_service_discovery", 0, 1],
      [null, null, "loopback", 0, 1],
    ]);
    expect(state.edges.at(-1)).to.include({ from: "shop/deployment/backend", to: "shop/deployment/backend" });
    expect(edgesOf({ pods: shopPods, readings }).edges).to.have.length(3);
  });
});

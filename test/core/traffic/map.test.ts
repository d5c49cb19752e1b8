import { expect } from "chai";
import type { MapState } from "../../../src/core/traffic/map.ts";

const rates = { rps: 4.1, success: 1, p50: 1, p95: 4, p99: 5 };

const state: MapState = {
  at: 1_796_023_828_123,
  seconds: 10,
  pods: { read: 41, meshed: 42, running: 45, failed: [{ namespace: "shop", name: "x", why: "connection refused" }] },
  workloads: [
    {
      id: "shop/deployment/backend",
      namespace: "shop",
      kind: "deployment",
      name: "backend",
      pods: 2,
      meshed: 2,
      ...rates,
      open: 3,
    },
  ],
  edges: [
    {
      from: "shop/deployment/frontend",
      to: "shop/deployment/backend",
      secured: 3,
      total: 3,
      reason: "",
      client_id: "frontend.shop",
      server_id: "backend.shop",
      ports: [8080],
      protocol: "http",
      ...rates,
      open: 3,
      read: 812.5,
      write: 1520.1,
    },
  ],
};

describe("map", () => {
  it("is the same as JSON", () => {
    expect(JSON.parse(JSON.stringify(state))).to.deep.equal(state);
  });
});

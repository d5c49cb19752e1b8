import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { followOutbound } from "../../../src/core/policy/follow.ts";
import type { OutboundAnswer } from "../../../src/core/policy/outbound.ts";
import { liveCluster } from "../../../src/core/view/live.ts";
import { mesh, put } from "../../support/view.ts";

const service = (name: string, clusterIP: string): JsonObject => ({
  kind: "Service",
  metadata: { name },
  spec: { clusterIP, ports: [{ port: 9090 }] },
});
const route = (namespace: string, backend: string): JsonObject => ({
  kind: "TCPRoute",
  metadata: { name: "lines", namespace },
  spec: {
    parentRefs: [{ kind: "Service", name: "lines", namespace: "shop" }],
    rules: [{ backendRefs: [{ name: backend, namespace: "shop", port: 9090 }] }],
  },
});

describe("core/policy/follow", () => {
  const cluster = () => {
    const due: (() => void)[] = [];
    const live = liveCluster((run) => due.push(run));
    for (const each of [service("lines", "10.2.0.1"), service("a", "10.2.0.2"), service("b", "10.2.0.3")])
      put(live.index, each);
    const told = new Map<string, OutboundAnswer[]>();
    const follow = (namespace: string, pod = "client"): (() => void) => {
      const heard: OutboundAnswer[] = [];
      told.set(`${namespace}/${pod}`, heard);
      const target = { ip: "10.2.0.1", port: 9090 };
      return followOutbound(live, mesh, { namespace, pod }, target, (answer) => heard.push(answer));
    };
    const settle = (): void => {
      while (due.length > 0) due.shift()?.();
    };
    const last = (client: string): OutboundAnswer | undefined => told.get(client)?.at(-1);
    const way = (client: string): string => {
      const answer = last(client);
      const { detect, opaque } = (answer?.kind === "policy" ? answer.policy.protocol : undefined) ?? {};
      const backends = (opaque ?? detect?.opaque)?.routes?.[0]?.rules?.[0]?.backends;
      return backends?.first_available?.backends?.[0]?.backend?.metadata?.resource?.name ?? "none";
    };
    return { live, follow, settle, last, way, heard: (client: string) => told.get(client)?.length };
  };

  it("a route of a namespace is for its own clients, and one value is shared by all who go the same way", () => {
    const { live, follow, settle, last, way, heard } = cluster();
    const ends = [follow("shop"), follow("lab"), follow("lab", "other"), follow("else")];
    settle();
    expect(last("lab/client")).to.equal(last("shop/client"));
    put(live.index, route("lab", "b"));
    settle();
    expect(["shop/client", "lab/client", "else/client"].map(way)).to.deep.equal(["lines", "b", "lines"]);
    expect(last("lab/client")).to.equal(last("lab/other"));
    expect(heard("else/client")).to.equal(1);
    put(live.index, { ...route("shop", "a"), metadata: { name: "a-route", namespace: "shop" } });
    settle();
    expect(["shop/client", "lab/client", "else/client"].map(way), "the first by name").to.deep.equal(["a", "a", "a"]);
    put(live.index, route("lab", "b"), true);
    put(live.index, { ...route("shop", "a"), metadata: { name: "a-route", namespace: "shop" } }, true);
    settle();
    expect(last("lab/client")).to.equal(last("shop/client"));
    for (const end of ends) end();
    expect(live.targets()).to.equal(0);
  });

  it("a split of another Service, and an endpoint more of a backend, make nothing anew", () => {
    const { live, follow, settle, heard } = cluster();
    follow("shop");
    const slice = (ips: readonly string[]): JsonObject => ({
      kind: "EndpointSlice",
      metadata: { name: "a-1", labels: { "kubernetes.io/service-name": "a" } },
      addressType: "IPv4",
      ports: [],
      endpoints: ips.map((ip) => ({ addresses: [ip] })),
    });
    put(live.index, slice(["10.1.0.1"]));
    const split = (name: string): JsonObject => ({
      kind: "TrafficSplit",
      metadata: { name },
      spec: { service: name, backends: ["a", "b"].map((each) => ({ service: each, weight: 1 })) },
    });
    put(live.index, split("lines"));
    settle();
    const before = heard("shop/client");
    put(live.index, split("b"));
    put(live.index, slice(["10.1.0.1", "10.1.0.2"]));
    settle();
    expect(heard("shop/client")).to.equal(before);
    put(live.index, slice([]));
    settle();
    expect(heard("shop/client"), "both stay where neither has endpoints").to.equal(Number(before) + 1);
  });
});

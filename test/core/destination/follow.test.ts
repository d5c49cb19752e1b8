import { expect } from "chai";
import type { Endpoints } from "../../../src/core/destination/endpoints.ts";
import { followEndpoints, followProfile } from "../../../src/core/destination/follow.ts";
import type { Follow } from "../../../src/core/destination/follow.ts";
import type { Profile } from "../../../src/core/destination/profile.ts";
import { parseTarget } from "../../../src/core/destination/target.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { liveCluster } from "../../../src/core/view/live.ts";
import { put } from "../../support/view.ts";
import { addressesOf, endpoint, mesh, node, pod, service, slice } from "./cluster.ts";

/** Two pods in two zones, behind Service `shop/web`. */
const cluster = [
  node("n1", "a"),
  node("n2", "b"),
  node("n3", "a"),
  service(),
  pod("web-1", "10.0.0.1"),
  pod("web-2", "10.0.0.2", { spec: { nodeName: "n2" } }),
  slice([endpoint("web-1", "10.0.0.1"), endpoint("web-2", "10.0.0.2", { nodeName: "n2", zone: "b" })]),
];

function liveWith(objects: readonly JsonObject[]) {
  const due: (() => void)[] = [];
  const live = liveCluster((run) => due.push(run));
  for (const object of objects) put(live.index, object);
  return {
    live,
    change: (object: JsonObject, isGone = false): void => {
      put(live.index, object, isGone);
      due.splice(0).forEach((run) => run());
    },
    following: <Value>(follow: Follow<Value>, path: string, nodeName = "n1", name = "client-1") => {
      const told: Value[] = [];
      const context = { namespace: "shop", nodeName, pod: name };
      const end = follow(live, mesh, parseTarget(path, mesh.clusterDomain), context, (value) => told.push(value));
      return { told, end };
    },
  };
}

const addresses = (values: readonly Endpoints[]): readonly (readonly string[])[] =>
  values.map((value) =>
    value.kind === "endpoints"
      ? [...addressesOf(value)].map(([key, { metric_labels = {} }]) => `${key} ${metric_labels["zone_locality"]}`)
      : [value.kind],
  );

const isOpaque = (values: readonly Profile[]): readonly unknown[] =>
  values.map((value) => (value.kind === "profile" ? value.profile.opaque_protocol : value.kind));

const web = "web.shop.svc.cluster.local:80";

describe("destination/follow", () => {
  it("clients of one zone share one value, those of another have their own", () => {
    const { following } = liveWith(cluster);
    const [first, second, third] = ["n1", "n3", "n2"].map((name) => following(followEndpoints, web, name).told);
    expect(second?.[0]).to.equal(first?.[0]);
    expect(addresses(first ?? [])).to.deep.equal([["10.0.0.1:8080 local", "10.0.0.2:8080 remote"]]);
    expect(addresses(third ?? [])).to.deep.equal([["10.0.0.1:8080 remote", "10.0.0.2:8080 local"]]);
  });

  it("a node that goes takes nothing from those that share an answer with it", () => {
    const { following, change } = liveWith(cluster);
    const gone = following(followEndpoints, web, "n1");
    const stays = following(followEndpoints, web, "n3");
    change(node("n1", "a"), true);
    expect(addresses(gone.told).at(-1)).to.deep.equal(["10.0.0.1:8080 unknown", "10.0.0.2:8080 unknown"]);
    expect(stays.told).to.have.length(1);
  });

  it("a Service that becomes local leaves each client what is on its node", () => {
    const { following, change } = liveWith(cluster);
    const [first, second] = ["n1", "n2"].map((name) => following(followEndpoints, web, name).told);
    change(service({ internalTrafficPolicy: "Local" }));
    expect(addresses(first ?? []).at(-1)).to.deep.equal(["10.0.0.1:8080 local"]);
    expect(addresses(second ?? []).at(-1)).to.deep.equal(["10.0.0.2:8080 local"]);
    change(service());
    expect(addresses(first ?? []).at(-1)).to.deep.equal(["10.0.0.1:8080 local", "10.0.0.2:8080 remote"]);
  });

  it("a Service that comes, and goes", () => {
    const { following, change } = liveWith(cluster.filter(({ kind }) => kind !== "Service"));
    const { told } = following(followEndpoints, web);
    change(service());
    change(service(), true);
    const exists = told.map((value) => value.kind === "endpoints" && [value.exists, addressesOf(value).size]);
    expect(exists).to.deep.equal([
      [false, 0],
      [true, 2],
      [false, 0],
    ]);
  });

  it("a pod that is labelled otherwise is told otherwise", () => {
    const { following, change } = liveWith(cluster);
    const { told } = following(followEndpoints, web);
    change(pod("web-1", "10.0.0.1", { metadata: { labels: {} } }));
    const [, now] = told;
    const identities =
      now?.kind === "endpoints" && [...addressesOf(now).values()].map(({ tls_identity }) => tls_identity !== undefined);
    expect(identities).to.deep.equal([false, true]);
  });

  it("a profile follows the opaque ports of its Service", () => {
    const { following, change } = liveWith(cluster);
    const { told } = following(followProfile, "10.1.0.1:80");
    change(service({}, { annotations: { "config.linkerd.io/opaque-ports": "80" } }));
    change(service({}, { annotations: { "example.org/a": "b" } }));
    expect(isOpaque(told)).to.deep.equal([false, true, false]);
  });

  it("a profile of an address follows who has it", () => {
    const { following, change } = liveWith([]);
    const { told } = following(followProfile, "10.0.0.1:80");
    change(pod("web-1", "10.0.0.1"));
    change(pod("web-1", "10.0.0.1", { status: { phase: "Succeeded" } }));
    const identities = told.map(
      (value) => value.kind === "profile" && value.profile.endpoint?.tls_identity?.dns_like_identity?.name,
    );
    const name = "web-sa.shop.serviceaccount.identity.linkerd.cluster.local";
    expect(identities).to.deep.equal([undefined, name, undefined]);
  });

  it("a client whose policy comes is told its ports are opaque, others hear nothing", () => {
    const client = pod("client-1", "10.0.0.7", { metadata: { labels: { app: "client" } } });
    const clients = service({ clusterIP: "10.1.0.9", selector: { app: "client" } }, { name: "client" });
    const { following, change } = liveWith([...cluster, client, clients]);
    const own = following(followProfile, "10.1.0.1:80");
    const other = following(followProfile, "10.1.0.1:80", "n1", "web-1");
    expect(other.told[0]).to.equal(own.told[0]);
    change({
      kind: "NetworkPolicy",
      metadata: { namespace: "shop", name: "client" },
      spec: {
        targetRef: { kind: "Service", name: "client" },
        egress: [{ to: [{ ip: {} }], ports: [{ port: 80, protocol: "TCP" }] }],
      },
    });
    expect(isOpaque(own.told)).to.deep.equal([false, true]);
    expect(isOpaque(other.told)).to.deep.equal([false]);
  });

  it("nothing is left when all have ended", () => {
    const { live, following, change } = liveWith(cluster);
    const all = [
      following(followEndpoints, web),
      following(followEndpoints, web, "n2"),
      following(followEndpoints, "10.0.0.1:80"),
      following(followProfile, web),
      following(followProfile, "10.0.0.1:80"),
    ];
    change(service({ internalTrafficPolicy: "Local" }));
    for (const { end } of all) end();
    expect(live.targets()).to.equal(0);
  });

  it("nothing is left when who is told ends it, while the client is seen otherwise", () => {
    const { live, change } = liveWith(cluster);
    let calls = 0;
    const end = followEndpoints(
      live,
      mesh,
      parseTarget(web, mesh.clusterDomain),
      { namespace: "shop", nodeName: "n1", pod: "client-1" },
      () => {
        calls += 1;
        if (calls > 1) end();
      },
    );
    change(node("n1", "b"));
    expect(calls).to.equal(2);
    expect(live.targets()).to.equal(0);
  });
});

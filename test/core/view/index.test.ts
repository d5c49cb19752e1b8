import { expect } from "chai";
import { clusterIndex } from "../../../src/core/view/index.ts";
import { podView, policyView, serviceView } from "../../../src/core/view/from-objects.ts";
import type { PodView } from "../../../src/core/view/objects.ts";

describe("view/index", () => {
  const web = podView({
    metadata: { namespace: "shop", name: "web-1" },
    spec: { containers: [{ ports: [{ containerPort: 80, hostPort: 8080 }] }] },
    status: { podIP: "10.0.0.1", hostIP: "192.168.0.1", phase: "Running" },
  });
  const told: string[][] = [];
  const withPod = (pod: PodView) => {
    told.length = 0;
    const index = clusterIndex((keys) => told.push([...keys]));
    index.apply("Pod", "shop/web-1", pod);
    return index;
  };

  const pods: readonly [claim: string, pod: PodView, at: string[], onHost: string[]][] = [
    ["a pod is found by its address, and by its host's with a hostPort", web, ["web-1"], ["web-1"]],
    ["without hostPort not by its host's", { ...web, ports: [] }, ["web-1"], []],
    ["of the host's network: by the host's address alone", { ...web, hostNetwork: true, ports: [] }, [], ["web-1"]],
    ["that has ended: by none", { ...web, alive: false }, [], []],
    ["on a host that is not known yet", { ...web, hostIps: [] }, ["web-1"], []],
  ];
  for (const [claim, pod, at, onHost] of pods)
    it(claim, () => {
      const view = withPod(pod).view();
      const named = (found: readonly PodView[]) => found.map(({ name }) => name);
      expect(named(view.podsAt("10.0.0.1"))).to.deep.equal(at);
      expect(named(view.podsOnHost("192.168.0.1"))).to.deep.equal(onHost);
      expect(named(view.podsIn("shop"))).to.deep.equal(["web-1"]);
      expect(view.pod("shop", "web-1")).to.equal(pod);
    });

  it("tells where an object was found and is found now, and nothing when it is as it was", () => {
    const index = withPod(web);
    index.apply("Pod", "shop/web-1", { ...web });
    index.apply("Pod", "shop/web-1", { ...web, ips: ["10.0.0.2"], ports: [] });
    index.apply("Pod", "shop/web-1", undefined);
    index.apply("Pod", "shop/web-1", undefined);
    expect(told).to.deep.equal([
      ["Pod shop/web-1", "pods in shop", "pods in shop, part 56", "pods at 10.0.0.1", "pods on host 192.168.0.1"],
      [
        "Pod shop/web-1",
        "pods in shop",
        "pods in shop, part 56",
        "pods at 10.0.0.1",
        "pods on host 192.168.0.1",
        "pods at 10.0.0.2",
      ],
      ["Pod shop/web-1", "pods in shop", "pods in shop, part 56", "pods at 10.0.0.2"],
    ]);
    expect(index.size("Pod")).to.equal(0);
  });

  it("says what a change would be, before it is made; one that was taken out meanwhile is put back whole", () => {
    const index = withPod(web);
    const held = index.held("Pod");
    expect(held.change("shop/web-1", { ...web })).to.equal(undefined);
    const change = held.change("shop/web-1", { ...web, ips: ["10.0.0.2"] });
    expect([held.get("shop/web-1"), index.view().podsAt("10.0.0.2")]).to.deep.equal([web, []]);
    change?.();
    expect(index.view().podsAt("10.0.0.2").length).to.equal(1);
    const policy = policyView("Server")({ metadata: { namespace: "shop", name: "web" }, status: { a: 1 } });
    index.apply("Server", "shop/web", policy);
    const status = index.held("Server").change("shop/web", { ...policy, status: { a: 2 } });
    index.apply("Server", "shop/web", undefined);
    status?.();
    const view = index.view();
    expect([view.policies("Server", "shop").length, view.policyState("Server", "shop", "web")?.status]).to.deep.equal([
      1,
      { a: 2 },
    ]);
  });

  it("notes what is read, found or not", () => {
    const read = new Set<string>();
    const view = withPod(web).view(read);
    view.pod("shop", "web-2");
    view.serviceAt("10.1.0.1");
    view.node("n1");
    expect([...read]).to.deep.equal(["Pod shop/web-2", "service at 10.1.0.1", "Node n1"]);
  });

  it("a policy is found in its namespace, and among all of its kind", () => {
    const index = clusterIndex();
    const policies = ["a", "b"].map((namespace) => policyView("Server")({ metadata: { namespace, name: "web" } }));
    for (const policy of policies) index.apply("Server", `${policy.namespace}/web`, policy);
    const view = index.view();
    expect([view.policies("Server", "a"), view.everyPolicy("Server")]).to.deep.equal([policies.slice(0, 1), policies]);
    expect(view.everyPolicy("NetworkPolicy")).to.deep.equal([]);
  });

  it("tells whose policies are not all known, when that changes", () => {
    const told: (readonly string[])[] = [];
    const read = new Set<string>();
    const index = clusterIndex((keys) => told.push(keys));
    for (const kinds of [[], ["Server"], ["Server"]] as const) index.leaveOut("shop", kinds);
    expect([told.length, index.view(read).leftOut("shop")]).to.deep.equal([1, ["Server"]]);
    expect([...read]).to.deep.equal(told[0]);
    index.leaveOut("shop", []);
    expect([told.length, index.view().leftOut("shop")]).to.deep.equal([2, []]);
  });

  it("a Service is found by each of its addresses", () => {
    const index = clusterIndex();
    const metadata = { namespace: "shop", name: "web" };
    const service = serviceView({ metadata, spec: { clusterIPs: ["10.1.0.1", "fd01::1"] } });
    index.apply("Service", "shop/web", service);
    for (const ip of service.clusterIps) expect(index.view().serviceAt(ip)).to.equal(service);
    index.apply("Service", "shop/web", undefined);
    for (const ip of service.clusterIps) expect(index.view().serviceAt(ip)).to.equal(undefined);
  });
});

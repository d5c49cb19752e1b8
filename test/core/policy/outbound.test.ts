import { expect } from "chai";
import { outboundPolicy } from "../../../src/core/policy/outbound.ts";
import { policyTo } from "./answers.ts";
import { viewOfManifests, mesh } from "../../support/view.ts";
import { walkthrough } from "./walkthrough.ts";
import { outboundFaults } from "./valid.ts";

const view = viewOfManifests(`
kind: Service
metadata: { name: web }
spec: { clusterIPs: [10.2.0.9, "fd00::9"], clusterIP: 10.2.0.9, selector: { app: web }, ports: [
  { port: 80, targetPort: 8080 }, { port: 3306 }, { port: 53, protocol: UDP }] }
---
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [] }
status: { podIP: 10.1.0.9 }
---
kind: Pod
metadata: { name: abroad }
spec: { containers: [] }
status: { podIP: 192.0.2.77 }
---
kind: Pod
metadata: { name: on-host }
spec: { hostNetwork: true, containers: [] }
status: { podIP: 192.0.2.5, hostIP: 192.0.2.5 }
`);

const kindOf = (ip: string, port: number): string => outboundPolicy(view, mesh, undefined, { ip, port }).kind;

describe("core/policy/outbound", () => {
  const web = { resource: { group: "core", kind: "Service", name: "web", namespace: "shop", port: 80 } };
  const backend = {
    metadata: web,
    queue: { capacity: 100, failfast_timeout: { seconds: 3 } },
    balancer: {
      discovery: { dst: { path: "web.shop.svc.cluster.local:80" } },
      peak_ewma: { default_rtt: { nanos: 30_000_000 }, decay: { seconds: 10 } },
    },
  };

  it("a Service's port: the contract's message, to the field", () => {
    const backends = { first_available: { backends: [{ backend }] } };
    const http = {
      routes: [{ metadata: { default: "http" }, rules: [{ matches: [{ path: { prefix: "/" } }], backends }] }],
    };
    expect(policyTo(view, "10.2.0.9", 80)).to.deep.equal({
      metadata: web,
      protocol: {
        detect: {
          timeout: { seconds: 10 },
          opaque: { routes: [{ metadata: { default: "opaque" }, rules: [{ backends }] }] },
          http1: http,
          http2: http,
        },
      },
    });
  });
  it("by its IPv6 address, however written", () => {
    expect(policyTo(view, "fd00:0::0009", 80)).to.deep.equal(policyTo(view, "10.2.0.9", 80));
  });
  it("an opaque port of a Service", () => {
    const { protocol } = policyTo(view, "10.2.0.9", 3306);
    expect(Object.keys(protocol ?? {})).to.deep.equal(["opaque"]);
    const [backends] = (protocol?.opaque?.routes?.[0]?.rules ?? []).map((rule) => rule.backends);
    expect(backends?.first_available?.backends?.[0]?.backend?.balancer?.discovery?.dst?.path).to.equal(
      "web.shop.svc.cluster.local:3306",
    );
  });
  for (const port of [81, 53])
    it(`a port that the Service does not have (${port}): forbidden`, () => {
      expect(policyTo(view, "10.2.0.9", port)).to.deep.equal({
        metadata: { resource: { ...web.resource, port } },
        protocol: {
          opaque: {
            routes: [
              {
                metadata: { default: "undefined-port" },
                rules: [{ backends: { empty: {} }, filters: [{ forbidden: {} }] }],
              },
            ],
          },
        },
      });
    });

  const left: readonly [claim: string, ip: string, kind: string][] = [
    ["a pod", "10.1.0.9", "not_found"],
    ["an address of the cluster's networks that nothing has", "10.99.0.1", "nobody"],
    ["a pod outside of the cluster's networks", "192.0.2.77", "not_found"],
    ["a node outside of them", "192.0.2.5", "not_found"],
  ];
  for (const [claim, ip, kind] of left)
    it(`${claim} is left to its profile`, () => {
      expect(kindOf(ip, 80)).to.equal(kind);
    });

  const spoken: readonly [appProtocol: string, kind: string][] = [
    ["http", "http1"],
    ["kubernetes.io/h2c", "http2"],
    ["linkerd.io/opaque", "opaque"],
    ["linkerd.io/tcp", "opaque"],
    ["mysql", "opaque"],
    ["HTTP", "opaque"],
    ["", "detect"],
  ];
  for (const [appProtocol, kind] of spoken)
    it(`appProtocol ${JSON.stringify(appProtocol)}: ${kind}`, () => {
      const db = viewOfManifests(`
kind: Service
metadata: { name: db }
spec: { clusterIP: 10.2.0.7, ports: [{ port: 80, appProtocol: "${appProtocol}" }, { port: 3306, appProtocol: http }] }`);
      const answer = policyTo(db, "10.2.0.7", 80);
      expect(Object.keys(answer.protocol ?? {})).to.deep.equal([kind]);
      expect(outboundFaults(answer)).to.deep.equal([]);
      // What an annotation or the default list says of a port goes before.
      expect(Object.keys(policyTo(db, "10.2.0.7", 3306).protocol ?? {})).to.deep.equal(["opaque"]);
    });

  const outside: readonly [claim: string, port: number, client: string, kind: string][] = [
    ["a port that is opaque by default", 3306, "web", "opaque"],
    ["another port", 3307, "web", "detect"],
    ["a port that the client's own pod lists", 3307, "lister", "opaque"],
  ];
  for (const [claim, port, client, kind] of outside)
    it(`outside the cluster: ${claim} is ${kind}`, () => {
      const shop = viewOfManifests(`
kind: Pod
metadata: { name: web }
spec: { containers: [] }
---
kind: Pod
metadata: { name: lister, annotations: { config.linkerd.io/opaque-ports: "3307" } }
spec: { containers: [] }`);
      expect(Object.keys(policyTo(shop, "192.0.2.1", port, client).protocol ?? {})).to.deep.equal([kind]);
    });

  it("outside the cluster: on to the address itself", () => {
    const { metadata, protocol } = policyTo(view, "192.0.2.1", 443);
    expect(metadata).to.deep.equal({ default: "egress-fallback" });
    const backends = protocol?.detect?.opaque?.routes?.[0]?.rules?.[0]?.backends?.first_available?.backends;
    expect(backends).to.deep.equal([
      {
        backend: {
          metadata: { default: "egress-fallback" },
          queue: backend.queue,
          forward: { addr: { ip: { ipv4: 0xc0000201 }, port: 443 }, weight: 1 },
        },
      },
    ]);
  });

  describe("egress ports of a NetworkPolicy are opaque", () => {
    const shop = viewOfManifests(`${walkthrough}
---
kind: Service
metadata: { name: web }
spec: { clusterIP: 10.2.0.9, selector: { app: web }, ports: [{ port: 8080 }] }`);
    const kinds = (ip: string, pod: string): readonly string[] =>
      Object.keys(policyTo(shop, ip, 8080, pod).protocol ?? {});

    it("to a Service, for the pods that leave", () =>
      expect(kinds("10.2.0.9", "frontend-1")).to.deep.equal(["opaque"]));
    it("to the outside", () => expect(kinds("192.0.2.1", "frontend-1")).to.deep.equal(["opaque"]));
    it("not for other pods", () => {
      expect(kinds("10.2.0.9", "batch-1")).to.deep.equal(["detect"]);
      expect(kinds("192.0.2.1", "batch-1")).to.deep.equal(["detect"]);
    });
    it("an ingress port of the Service is, for everybody", () => {
      expect(kinds("10.2.0.1", "batch-1")).to.deep.equal(["opaque"]);
    });
  });

  for (const [ip, port] of [
    ["10.0.0.1", 0],
    ["10.0.0.1", 65_536],
    ["ten", 80],
    ["", 80],
  ] as const)
    it(`${ip || "no address"}, port ${port}: no target`, () => expect(kindOf(ip, port)).to.equal("invalid"));
});

describe("core/policy/outbound, of a Service that is split", () => {
  const manifests = (annotations = "{}") => `
kind: Service
metadata: { name: lines, annotations: ${annotations} }
spec: { clusterIP: 10.2.0.1, ports: [{ port: 9090 }] }
---
kind: Service
metadata: { name: a }
spec: { clusterIP: 10.2.0.2, ports: [{ port: 9090 }] }
---
kind: Service
metadata: { name: b }
spec: { clusterIP: 10.2.0.3, ports: [{ port: 9090 }] }
---
`;
  const split = `
kind: TrafficSplit
metadata: { name: lines }
spec: { service: lines, backends: [{ service: a, weight: 90 }, { service: b, weight: 10 }] }
`;
  const route = (backendRefs: string) => `
kind: TCPRoute
metadata: { name: lines }
spec: { parentRefs: [{ kind: Service, name: lines }], rules: [{ backendRefs: ${backendRefs} }] }
`;
  const backend = (name: string) => ({
    metadata: { resource: { group: "core", kind: "Service", namespace: "shop", name, port: 9090 } },
    queue: { capacity: 100, failfast_timeout: { seconds: 3 } },
    balancer: {
      discovery: { dst: { path: `${name}.shop.svc.cluster.local:9090` } },
      peak_ewma: { default_rtt: { nanos: 30_000_000 }, decay: { seconds: 10 } },
    },
  });
  const by = (group: string, kind: string) => ({ resource: { group, kind, namespace: "shop", name: "lines" } });
  const split90 = {
    random_available: {
      backends: [
        { weight: 90_000, backend: { backend: backend("a") } },
        { weight: 10_000, backend: { backend: backend("b") } },
      ],
    },
  };
  const bySplit = by("split.smi-spec.io", "TrafficSplit");
  const byRoute = by("gateway.networking.k8s.io", "TCPRoute");
  const lines = { resource: { group: "core", kind: "Service", namespace: "shop", name: "lines", port: 9090 } };

  it("an opaque port: the contract's message, to the field", () => {
    const text = manifests('{ config.linkerd.io/opaque-ports: "9090" }') + split;
    expect(policyTo(viewOfManifests(text), "10.2.0.1", 9090)).to.deep.equal({
      metadata: lines,
      protocol: { opaque: { routes: [{ metadata: bySplit, rules: [{ backends: split90 }] }] } },
    });
  });
  it("another port: the same weights, whatever is spoken", () => {
    const http = {
      routes: [{ metadata: bySplit, rules: [{ matches: [{ path: { prefix: "/" } }], backends: split90 }] }],
    };
    expect(policyTo(viewOfManifests(manifests() + split), "10.2.0.1", 9090).protocol).to.deep.equal({
      detect: {
        timeout: { seconds: 10 },
        opaque: { routes: [{ metadata: bySplit, rules: [{ backends: split90 }] }] },
        http1: http,
        http2: http,
      },
    });
  });
  it("a port with a TCPRoute is opaque; a missing Service's share is closed", () => {
    const view = viewOfManifests(
      manifests() + route("[{ name: a, port: 9090 }, { name: gone, port: 9090, weight: 2 }]"),
    );
    const { queue, metadata } = backend("gone");
    const gone = { backend: { queue, metadata }, filters: [{ invalid: { message: "Service not found gone" } }] };
    const random_available = {
      backends: [
        { weight: 1, backend: { backend: backend("a") } },
        { weight: 2, backend: gone },
      ],
    };
    expect(policyTo(view, "10.2.0.1", 9090).protocol).to.deep.equal({
      opaque: { routes: [{ metadata: byRoute, rules: [{ backends: { random_available } }] }] },
    });
  });
  it("one entry has no weight; none is closed", () => {
    const rules = (backendRefs: string) =>
      policyTo(viewOfManifests(manifests() + route(backendRefs)), "10.2.0.1", 9090).protocol?.opaque?.routes?.[0]
        ?.rules;
    expect(rules("[{ name: a, port: 9090, weight: 7 }]")).to.deep.equal([
      { backends: { first_available: { backends: [{ backend: backend("a") }] } } },
    ]);
    expect(rules("[{ name: a, port: 9090, weight: 0 }]")).to.deep.equal([
      { backends: { empty: {} }, filters: [{ forbidden: {} }] },
    ]);
  });
  it("a port that it does not have stays closed, and its backends' own addresses are not split", () => {
    const view = viewOfManifests(manifests() + split);
    expect(policyTo(view, "10.2.0.1", 80).protocol?.opaque?.routes?.[0]?.metadata).to.deep.equal({
      default: "undefined-port",
    });
    expect(policyTo(view, "10.2.0.2", 9090).protocol?.detect?.opaque?.routes?.[0]?.metadata).to.deep.equal({
      default: "opaque",
    });
  });
});

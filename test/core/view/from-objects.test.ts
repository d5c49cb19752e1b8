import { expect } from "chai";
import fc from "fast-check";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import {
  namespaceView,
  nodeView,
  podView,
  policyView,
  serviceView,
  sliceView,
} from "../../../src/core/view/from-objects.ts";
import { policyKinds } from "../../../src/core/view/objects.ts";
import type { Controller } from "../../../src/core/base/json/read.ts";
import type { EndpointView, PodView, Probe, ServiceView } from "../../../src/core/view/objects.ts";

describe("view/kept", () => {
  it("whatever an object holds, it is kept, and has no prototype of its own making", () => {
    const keys = fc.constantFrom("metadata", "spec", "status", "labels", "annotations", "__proto__", "constructor");
    const objects = fc
      .jsonValue({ maxDepth: 4 })
      .chain((inner) =>
        fc.array(fc.tuple(keys, fc.constantFrom(inner, { "linkerd.io/x": "y", __proto__: null })), { maxLength: 6 }),
      );
    const views = [podView, serviceView, sliceView, nodeView, namespaceView, ...policyKinds.map(policyView)];
    fc.assert(
      fc.property(objects, fc.dictionary(keys, fc.jsonValue({ maxDepth: 3 })), (entries, value) => {
        // As JSON.parse has it: `__proto__` is a key like any other.
        const text = JSON.stringify({ ...value, ...Object.fromEntries(entries) });
        const object = JSON.parse(text) as JsonObject;
        for (const view of views) view(object);
        const labels = JSON.parse(`{"metadata":{"labels":{"__proto__":"x"},"annotations":${text}}}`) as JsonObject;
        expect(Object.getPrototypeOf(podView(labels).labels)).to.equal(Object.prototype);
      }),
    );
    expect(({} as Record<string, unknown>)["linkerd.io/x"]).to.equal(undefined);
  });

  it("an object without anything is kept as one without anything", () => {
    const bare = { namespace: "", name: "", annotations: {} };
    expect(podView({})).to.deep.equal({
      ...bare,
      uid: "",
      ips: [],
      hostIps: [],
      hostNetwork: false,
      sidecar: undefined,
      nodeName: "",
      serviceAccount: "default",
      labels: {},
      owner: undefined,
      alive: true,
      deleted: false,
      created: 0,
      ports: [],
      probes: [],
    });
    expect(serviceView({})).to.deep.equal({
      ...bare,
      clusterIps: [],
      type: "ClusterIP",
      headless: false,
      ports: [],
      selector: {},
      isLocal: false,
    });
    expect(sliceView({})).to.deep.equal({
      namespace: "",
      name: "",
      service: "",
      addressType: "",
      ports: [],
      endpoints: [],
    });
    expect(nodeView({})).to.deep.equal({ name: "", zone: "" });
    expect(namespaceView({})).to.deep.equal({ name: "", labels: {}, annotations: {} });
  });

  const pods: readonly [claim: string, pod: JsonObject, expected: Partial<PodView>][] = [
    [
      "all addresses",
      { status: { podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }, { ip: "fd00::1" }] } },
      { ips: ["10.0.0.1", "fd00::1"] },
    ],
    ["one address, as old API servers give it", { status: { podIP: "10.0.0.1" } }, { ips: ["10.0.0.1"] }],
    ["an address in another spelling", { status: { podIPs: [{ ip: "FD00:0::01" }] } }, { ips: ["fd00::1"] }],
    [
      "the host's address, as API servers before 1.30 give it",
      { status: { hostIP: "192.168.0.1" } },
      { hostIps: ["192.168.0.1"] },
    ],
    [
      "the host's addresses",
      { status: { hostIP: "192.168.0.1", hostIPs: [{ ip: "192.168.0.1" }, { ip: "FD00:168::1" }] } },
      { hostIps: ["192.168.0.1", "fd00:168::1"] },
    ],
    ["when it was made", { metadata: { creationTimestamp: "1970-01-01T00:00:01Z" } }, { created: 1000 }],
    ["made at no time that is one", { metadata: { creationTimestamp: "yesterday" } }, { created: 0 }],
    ["host network", { spec: { hostNetwork: true } }, { hostNetwork: true }],
    ["a pod that runs", { status: { phase: "Running" } }, { alive: true }],
    ["a pod that waits", { status: { phase: "Pending" } }, { alive: true }],
    ["a pod that has succeeded", { status: { phase: "Succeeded" } }, { alive: false }],
    ["a pod that has failed", { status: { phase: "Failed" } }, { alive: false }],
    [
      "a pod that is being deleted still runs",
      { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" }, status: { phase: "Running" } },
      { alive: true, deleted: true },
    ],
    [
      "annotations of Linkerd alone",
      {
        metadata: { annotations: { "linkerd.io/inject": "enabled", "config.linkerd.io/a": "b", "example.org/c": "d" } },
      },
      { annotations: { "linkerd.io/inject": "enabled", "config.linkerd.io/a": "b" } },
    ],
    [
      "ports of all containers, sidecars among the init containers too",
      {
        spec: {
          initContainers: [{ ports: [{ containerPort: 4143, name: "linkerd-proxy" }] }],
          containers: [{ ports: [{ containerPort: 53, hostPort: 5353, hostIp: "", protocol: "UDP" }] }],
        },
      },
      {
        ports: [
          { name: "linkerd-proxy", port: 4143, hostPort: undefined, hostIp: "", protocol: "TCP" },
          { name: "", port: 53, hostPort: 5353, hostIp: "", protocol: "UDP" },
        ],
      },
    ],
  ];
  for (const [claim, pod, expected] of pods)
    it(`Pod: ${claim}`, () => {
      expect(podView(pod)).to.deep.include(expected);
    });

  const of = (kind: string, name: string, controller = true): JsonObject => ({ kind, name, controller });
  const owners: readonly [claim: string, labels: JsonObject, owners: JsonObject[], expected: Controller | undefined][] =
    [
      ["none", {}, [], undefined],
      ["one that is not a controller", {}, [of("Node", "n1", false)], undefined],
      ["a StatefulSet", {}, [of("Node", "n1", false), of("StatefulSet", "db")], { kind: "StatefulSet", name: "db" }],
      [
        "a Deployment",
        { "pod-template-hash": "7d4" },
        [of("ReplicaSet", "web-7d4")],
        { kind: "Deployment", name: "web" },
      ],
      ["a ReplicaSet of nobody", {}, [of("ReplicaSet", "web-7d4")], { kind: "ReplicaSet", name: "web-7d4" }],
      [
        "a ReplicaSet of another name",
        { "pod-template-hash": "7d4" },
        [of("ReplicaSet", "web")],
        { kind: "ReplicaSet", name: "web" },
      ],
    ];
  for (const [claim, labels, ownerReferences, expected] of owners)
    it(`owner: ${claim}`, () => {
      expect(podView({ metadata: { labels, ownerReferences } }).owner).to.deep.equal(expected);
    });

  const probes: readonly [claim: string, container: JsonObject, expected: readonly Probe[]][] = [
    [
      "by number",
      { livenessProbe: { httpGet: { port: 80, path: "/live" } } },
      [{ method: "GET", port: 80, path: "/live" }],
    ],
    ["without path", { readinessProbe: { httpGet: { port: 80 } } }, [{ method: "GET", port: 80, path: "/" }]],
    [
      "without the first slash",
      { startupProbe: { httpGet: { port: 80, path: "up" } } },
      [{ method: "GET", port: 80, path: "/up" }],
    ],
    [
      "with query",
      { livenessProbe: { httpGet: { port: 80, path: "/live?a=b" } } },
      [{ method: "GET", port: 80, path: "/live" }],
    ],
    [
      "by name",
      { ports: [{ name: "http", containerPort: 8080 }], livenessProbe: { httpGet: { port: "http" } } },
      [{ method: "GET", port: 8080, path: "/" }],
    ],
    ["by a name that nobody has", { livenessProbe: { httpGet: { port: "http" } } }, []],
    [
      "by gRPC, whichever service it asks about",
      { readinessProbe: { grpc: { port: 9090, service: "shop.Cart" } } },
      [{ method: "POST", port: 9090, path: "/grpc.health.v1.Health/Check" }],
    ],
    [
      "hooks",
      {
        lifecycle: {
          postStart: { httpGet: { port: 80, path: "/warm" } },
          preStop: { httpGet: { port: 80, path: "/drain" } },
        },
      },
      [
        { method: "GET", port: 80, path: "/warm" },
        { method: "GET", port: 80, path: "/drain" },
      ],
    ],
    ["hooks that are commands", { lifecycle: { preStop: { exec: { command: ["true"] } } } }, []],
    ["by gRPC without a port", { readinessProbe: { grpc: { port: "http" } } }, []],
    ["not by HTTP", { livenessProbe: { tcpSocket: { port: 80 } } }, []],
  ];
  for (const [claim, container, expected] of probes)
    it(`probe: ${claim}`, () => {
      expect(podView({ spec: { containers: [container] } }).probes).to.deep.equal(expected);
    });

  const services: readonly [claim: string, spec: JsonObject, expected: Partial<ServiceView>][] = [
    ["one address", { clusterIP: "10.1.0.1" }, { clusterIps: ["10.1.0.1"], headless: false }],
    ["two", { clusterIP: "10.1.0.1", clusterIPs: ["10.1.0.1", "FD01::1"] }, { clusterIps: ["10.1.0.1", "fd01::1"] }],
    ["headless", { clusterIP: "None", clusterIPs: ["None"] }, { clusterIps: [], headless: true }],
    ["ExternalName", { type: "ExternalName" }, { clusterIps: [], headless: false, type: "ExternalName" }],
    ["local", { internalTrafficPolicy: "Local" }, { isLocal: true }],
    [
      "ports with and without targetPort",
      { ports: [{ port: 80 }, { port: 81, targetPort: 8081 }, { port: 82, targetPort: "http", name: "c" }] },
      {
        ports: [
          { name: "", port: 80, targetPort: 80, protocol: "TCP", appProtocol: "" },
          { name: "", port: 81, targetPort: 8081, protocol: "TCP", appProtocol: "" },
          { name: "c", port: 82, targetPort: "http", protocol: "TCP", appProtocol: "" },
        ],
      },
    ],
  ];
  for (const [claim, spec, expected] of services)
    it(`Service: ${claim}`, () => {
      expect(serviceView({ spec })).to.deep.include(expected);
    });

  const endpoints: readonly [claim: string, endpoint: JsonObject, expected: Partial<EndpointView>][] = [
    ["says nothing of readiness: ready", { conditions: {} }, { ready: true }],
    ["ready unknown: ready", { conditions: { ready: null } }, { ready: true }],
    ["not ready", { conditions: { ready: false, serving: true } }, { ready: false }],
    [
      "a pod behind it",
      { targetRef: { kind: "Pod", namespace: "shop", name: "web-1" } },
      { pod: { namespace: "shop", name: "web-1" } },
    ],
    [
      "a pod of its own namespace",
      { targetRef: { kind: "Pod", name: "web-1" } },
      { pod: { namespace: "own", name: "web-1" } },
    ],
    ["something else behind it", { targetRef: { kind: "VM", namespace: "shop", name: "web-1" } }, { pod: undefined }],
    [
      "zones that it is for",
      { zone: "a", hints: { forZones: [{ name: "a" }, { name: "b" }] } },
      { forZones: ["a", "b"] },
    ],
    ["addresses in another spelling", { addresses: ["FD00::0:1"] }, { addresses: ["fd00::1"] }],
    ["names in place of addresses", { addresses: ["web.example.org"] }, { addresses: ["web.example.org"] }],
  ];
  for (const [claim, endpoint, expected] of endpoints)
    it(`endpoint: ${claim}`, () => {
      expect(sliceView({ metadata: { namespace: "own" }, endpoints: [endpoint] }).endpoints[0]).to.deep.include(
        expected,
      );
    });

  it("an EndpointSlice belongs to the Service of its label, and has ports without numbers", () => {
    const metadata = { namespace: "shop", name: "web-x1", labels: { "kubernetes.io/service-name": "web" } };
    expect(sliceView({ metadata, addressType: "IPv4", ports: [{ name: "http" }] })).to.deep.include({
      service: "web",
      addressType: "IPv4",
      ports: [{ name: "http", port: undefined, protocol: "TCP" }],
    });
  });

  it("a Node has the zone of its label", () => {
    const metadata = { name: "n1", labels: { "topology.kubernetes.io/zone": "a" } };
    expect(nodeView({ metadata })).to.deep.equal({ name: "n1", zone: "a" });
  });

  it("a policy is kept as it came", () => {
    const object = {
      metadata: { namespace: "shop", name: "web", generation: 2, labels: { a: "b" } },
      spec: { port: "http" },
    };
    expect(policyView("Server")(object)).to.deep.include({
      labels: { a: "b" },
      kind: "Server",
      namespace: "shop",
      name: "web",
      uid: "",
      generation: 2,
      spec: { port: "http" },
      status: {},
    });
  });
});

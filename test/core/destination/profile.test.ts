import { expect } from "chai";
import { clientOf } from "../../../src/core/destination/client.ts";
import { profileKey, profileOf } from "../../../src/core/destination/profile.ts";
import type { Profile } from "../../../src/core/destination/profile.ts";
import { parseTarget } from "../../../src/core/destination/target.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { tcpAddress } from "../../../src/core/proxy-api/address.ts";
import { mostPorts } from "../../../src/core/mesh/lists.ts";
import type { DestinationProfile, WeightedAddr } from "../../../src/core/proxy-api/destination.ts";
import { viewOf } from "../../support/view.ts";
import { endpoint, expectProfile, mesh as usualMesh, node, pod, service, slice } from "./cluster.ts";

const context = { namespace: "shop", nodeName: "n1", pod: "client-1" };
const identity = { name: "web-sa.shop.serviceaccount.identity.linkerd.cluster.local" };

const opaquePorts = (ports: string): JsonObject => ({ annotations: { "config.linkerd.io/opaque-ports": ports } });

/** As `GetProfile` answers; each answer must be one that the proxy takes. */
function getProfile(objects: readonly JsonObject[], path: string, mesh = usualMesh): Profile {
  const view = viewOf(node("n1", "a"), node("n2", "b"), ...objects);
  const target = parseTarget(path, mesh.clusterDomain);
  const profile = profileOf(view, mesh, target, clientOf(view, target, context));
  if (profile.kind === "profile") expectProfile(profile.profile);
  return profile;
}

const ofWeb = (port: number, isOpaque: boolean): DestinationProfile => ({
  fully_qualified_name: "web.shop.svc.cluster.local",
  opaque_protocol: isOpaque,
  retry_budget: { retry_ratio: 0.2, min_retries_per_second: 10, ttl: { seconds: 10 } },
  parent_ref: { resource: { group: "core", kind: "Service", namespace: "shop", name: "web", port } },
});

/** Where it is to be found once it is there. */
const later = (name: string): DestinationProfile => ({
  fully_qualified_name: `${name}.svc.cluster.local`,
  opaque_protocol: false,
  retry_budget: { retry_ratio: 0.2, min_retries_per_second: 10, ttl: { seconds: 10 } },
});

/** Of pod `web-1`. */
function podProfile(ip: string, port: number, more: Partial<WeightedAddr> = {}, isOpaque = false): DestinationProfile {
  const endpoint = {
    addr: tcpAddress(ip, port) ?? {},
    weight: 10_000,
    metric_labels: {
      deployment: "web",
      pod: "web-1",
      serviceaccount: "web-sa",
      control_plane_ns: "linkerd",
      pod_template_hash: "7d4",
      namespace: "shop",
      zone: "a",
      zone_locality: "local",
    },
    tls_identity: { dns_like_identity: identity, server_name: identity },
    protocol_hint: { h2: {}, opaque_transport: { inbound_port: 4143 } },
    ...more,
  };
  return { endpoint, opaque_protocol: isOpaque };
}

const bare = (ip: string, port: number, isOpaque = false): DestinationProfile => ({
  endpoint: { addr: tcpAddress(ip, port) ?? {}, weight: 10_000, metric_labels: {} },
  opaque_protocol: isOpaque,
});

const web = pod("web-1", "10.0.0.1");
const opaque = { protocol_hint: { opaque: {}, opaque_transport: { inbound_port: 4143 } } };
const onHost = { spec: { containers: [{ ports: [{ containerPort: 8080, hostPort: 80 }] }] } };
const hostNetwork = {
  metadata: { labels: { "pod-template-hash": "7d4" } },
  spec: { hostNetwork: true, containers: [{ ports: [{ containerPort: 9100, hostPort: 9100 }] }] },
};
const twice = {
  ...onHost,
  status: {
    podIPs: [{ ip: "10.0.0.1" }, { ip: "fd00::1" }],
    hostIPs: [{ ip: "192.168.0.1" }, { ip: "fd00:168::1" }],
  },
};
const onAddress = (name: string, ip: string, hostIP: string): JsonObject =>
  pod(name, ip, {
    spec: { containers: [{ ports: [{ containerPort: 8080, hostPort: 80, hostIP }] }] },
    status: { hostIPs: twice.status.hostIPs },
  });
const leaving = pod("web-1", "10.0.0.1", { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } });
const second = podProfile("fd00::1", 8080);
const named = slice([endpoint("web-1", "10.0.0.1", { hostname: "web-1" })]);
const headless = service({ clusterIP: "None" });

describe("destination/profile", () => {
  const rows: readonly [claim: string, objects: readonly JsonObject[], path: string, expected: DestinationProfile][] = [
    ["a cluster IP and a port of the Service", [service()], "10.1.0.1:80", ofWeb(80, false)],
    ["opaque by the Service's annotation", [service({}, opaquePorts("80"))], "10.1.0.1:80", ofWeb(80, true)],
    ["a cluster IP of IPv6", [service({ clusterIPs: ["10.1.0.1", "fd01::1"] })], "[fd01::1]:80", ofWeb(80, false)],
    ["a cluster IP and another port", [service()], "10.1.0.1:81", {}],
    ["a port of UDP", [service({ ports: [{ port: 80, protocol: "UDP" }] })], "10.1.0.1:80", {}],
    ["a Service by name", [service()], "web.shop.svc.cluster.local:80", ofWeb(80, false)],
    ["a Service by name, opaque", [service({}, opaquePorts("80"))], "web.shop.svc.cluster.local", ofWeb(80, true)],
    ["a Service by name and another port", [service()], "web.shop.svc.cluster.local:81", {}],
    ["a headless Service by name, any port", [headless], "web.shop.svc.cluster.local:81", ofWeb(81, false)],
    ["a pod", [web], "10.0.0.1:8080", podProfile("10.0.0.1", 8080)],
    ["a pod that is not ready", [web, slice([])], "10.0.0.1:8080", podProfile("10.0.0.1", 8080)],
    ["a pod that is being deleted", [leaving], "10.0.0.1:8080", podProfile("10.0.0.1", 8080)],
    [
      "a pod that has ended: its address is nobody's",
      [pod("web-1", "10.0.0.1", { status: { phase: "Succeeded" } })],
      "10.0.0.1:8080",
      bare("10.0.0.1", 8080),
    ],
    [
      "a pod that has ended, and who has its address now",
      [pod("web-0", "10.0.0.1", { status: { phase: "Failed" } }), web],
      "10.0.0.1:8080",
      podProfile("10.0.0.1", 8080),
    ],
    [
      "an opaque port of a pod",
      [pod("web-1", "10.0.0.1", { metadata: opaquePorts("8080") })],
      "10.0.0.1:8080",
      podProfile("10.0.0.1", 8080, opaque, true),
    ],
    [
      "a skipped port of a pod",
      [pod("web-1", "10.0.0.1", { metadata: { annotations: { "config.linkerd.io/skip-inbound-ports": "8080" } } })],
      "10.0.0.1:8080",
      withoutIdentity(podProfile("10.0.0.1", 8080)),
    ],
    [
      "an address that was given to another, while the pod that had it is being deleted",
      [pod("old-1", "10.0.0.1", { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }), web],
      "10.0.0.1:8080",
      podProfile("10.0.0.1", 8080),
    ],
    ["a port of a node, by its second address", [pod("web-1", "10.0.0.1", twice)], "[fd00:168::1]:80", second],
    ["a port of a node", [pod("web-1", "10.0.0.1", onHost)], "192.168.0.1:80", podProfile("10.0.0.1", 8080)],
    ["another port of a node", [pod("web-1", "10.0.0.1", onHost)], "192.168.0.1:8080", bare("192.168.0.1", 8080)],
    ["another node", [pod("web-1", "10.0.0.1", onHost)], "192.168.0.2:80", bare("192.168.0.2", 80)],
    [
      "a port of one address of a node, by that one",
      [onAddress("web-1", "10.0.0.1", "192.168.0.1"), onAddress("other-1", "10.0.0.9", "fd00:168:0::1")],
      "192.168.0.1:80",
      podProfile("10.0.0.1", 8080),
    ],
    [
      "a port of one address of a node, by another one",
      [onAddress("web-1", "10.0.0.1", "127.0.0.1")],
      "192.168.0.1:80",
      bare("192.168.0.1", 80),
    ],
    [
      "a port of one address of a node, by another one, of a pod with more ports than are read",
      [
        pod("web-1", "10.0.0.1", {
          spec: {
            containers: [
              {
                ports: Array.from({ length: mostPorts + 1 }, () => ({
                  containerPort: 8080,
                  hostPort: 80,
                  hostIP: "127.0.0.1",
                })),
              },
            ],
          },
        }),
      ],
      "192.168.0.1:80",
      bare("192.168.0.1", 80),
    ],
    [
      "a port of all addresses of a family, by one",
      [onAddress("web-1", "10.0.0.1", "0.0.0.0")],
      "192.168.0.1:80",
      podProfile("10.0.0.1", 8080),
    ],
    [
      "a port of all addresses of a family, by one of the other",
      [onAddress("web-1", "10.0.0.1", "0.0.0.0")],
      "[fd00:168::1]:80",
      bare("fd00:168::1", 80),
    ],
    [
      "a pod of the host's network",
      [pod("web-1", "192.168.0.1", hostNetwork)],
      "192.168.0.1:9100",
      {
        endpoint: {
          addr: tcpAddress("192.168.0.1", 9100) ?? {},
          weight: 10_000,
          metric_labels: {
            deployment: "web",
            pod: "web-1",
            serviceaccount: "web-sa",
            pod_template_hash: "7d4",
            namespace: "shop",
            zone: "a",
            zone_locality: "local",
          },
        },
        opaque_protocol: false,
      },
    ],
    ["an address of nobody", [web], "203.0.113.1:443", bare("203.0.113.1", 443)],
    ["an address of nobody, IPv6", [web], "[2001:db8::1]:443", bare("2001:db8::1", 443)],
    ["an address of nobody, a port that is opaque by default", [], "203.0.113.1:3306", bare("203.0.113.1", 3306, true)],
    [
      "one endpoint of a Service, by its hostname",
      [headless, web, named],
      "web-1.web.shop.svc.cluster.local:8080",
      podProfile("10.0.0.1", 8080),
    ],
    [
      "one endpoint that is not ready",
      [headless, web, slice([endpoint("web-1", "10.0.0.1", { hostname: "web-1", conditions: { ready: false } })])],
      "web-1.web.shop.svc.cluster.local:8080",
      podProfile("10.0.0.1", 8080),
    ],
    [
      "one endpoint whose address was given to another pod",
      [headless, leaving, pod("other-1", "10.0.0.1"), named],
      "web-1.web.shop.svc.cluster.local:8080",
      later("web-1.web.shop"),
    ],
    [
      "one endpoint that is not a pod",
      [headless, slice([{ addresses: ["10.9.0.1"], hostname: "out" }])],
      "out.web.shop.svc.cluster.local:8080",
      bare("10.9.0.1", 8080),
    ],
    ["a Service that is not there yet", [], "web.shop.svc.cluster.local", later("web.shop")],
    [
      "a hostname that no endpoint has yet",
      [headless, named],
      "web-2.web.shop.svc.cluster.local",
      later("web-2.web.shop"),
    ],
  ];
  for (const [claim, objects, path, expected] of rows)
    it(claim, () => {
      expect(getProfile(objects, path)).to.deep.equal({ kind: "profile", profile: expected });
    });

  const ipv4: readonly [claim: string, more: JsonObject, path: string, expected: DestinationProfile][] = [
    ["a pod with both addresses, by its IPv4 address", twice.status, "[fd00::1]:8080", podProfile("10.0.0.1", 8080)],
    ["a port of its node, likewise", twice.status, "[fd00:168::1]:80", podProfile("10.0.0.1", 8080)],
    [
      "a pod with IPv6 alone is not spoken to through its proxy",
      { podIPs: [{ ip: "fd00::1" }] },
      "[fd00::1]:8080",
      withoutIdentity(podProfile("fd00::1", 8080)),
    ],
  ];
  for (const [claim, status, path, expected] of ipv4)
    it(`proxies that listen on IPv4 alone: ${claim}`, () => {
      const object = pod("web-1", "10.0.0.1", { ...onHost, status });
      const profile = getProfile([object], path, { ...usualMesh, ipv6: false });
      expect(profile).to.deep.equal({ kind: "profile", profile: expected });
    });

  const refused: readonly [claim: string, objects: readonly JsonObject[], path: string, message: string][] = [
    [
      "an ExternalName",
      [service({ type: "ExternalName", clusterIP: "", externalName: "example.org" })],
      "web.shop.svc.cluster.local",
      "Service shop/web is an ExternalName",
    ],
  ];
  for (const [claim, objects, path, message] of refused)
    it(`invalid: ${claim}`, () => {
      expect(getProfile(objects, path)).to.deep.equal({ kind: "invalid", message });
    });

  it("invalid: a name of another domain", () => {
    expect(getProfile([], "www.example.org:443").kind).to.equal("invalid");
  });

  describe("a port that the client's policy calls opaque", () => {
    const client = pod("client-1", "10.0.0.7", { metadata: { labels: { app: "client" } } });
    const clients = service({ clusterIP: "10.1.0.9", selector: { app: "client" } }, { name: "client" });
    const policy: JsonObject = {
      kind: "NetworkPolicy",
      metadata: { namespace: "shop", name: "client" },
      spec: {
        targetRef: { kind: "Service", name: "client" },
        egress: [{ to: [{ ip: {} }], ports: [{ port: 80, protocol: "TCP" }] }],
      },
    };
    const egress: readonly [claim: string, path: string, expected: DestinationProfile][] = [
      ["of a Service", "10.1.0.1:80", ofWeb(80, true)],
      ["of a pod", "10.0.0.1:80", podProfile("10.0.0.1", 80, {}, true)],
      ["of nobody that is known", "203.0.113.1:80", bare("203.0.113.1", 80, true)],
      ["but no other port", "10.0.0.1:81", podProfile("10.0.0.1", 81)],
    ];
    for (const [claim, path, expected] of egress)
      it(claim, () => {
        const objects = [web, service(), client, clients, policy];
        expect(getProfile(objects, path)).to.deep.equal({ kind: "profile", profile: expected });
      });
  });

  it("equal keys for those that get the same, others for others", () => {
    const target = parseTarget("10.0.0.1:80", usualMesh.clusterDomain);
    const keys = ["a", "b"].flatMap((zone) => [true, false].map((isOpaque) => profileKey(target, { zone, isOpaque })));
    expect(new Set(keys).size).to.equal(4);
    const view = viewOf(node("n1", "a"), node("n3", "a"));
    const key = (nodeName: string, name: string): string =>
      profileKey(target, clientOf(view, target, { namespace: "shop", nodeName, pod: name }));
    expect(key("n1", "client-1")).to.equal(key("n3", "client-2"));
  });
});

function withoutIdentity({ endpoint: told, ...profile }: DestinationProfile): DestinationProfile {
  const { addr = {}, weight = 0, metric_labels = {} } = told ?? {};
  return { ...profile, endpoint: { addr, weight, metric_labels } };
}

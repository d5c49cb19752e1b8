/** Objects of a small cluster, and what the proxy would say of an answer. */
import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { addressAt, endpointAt } from "../../../src/core/destination/endpoints.ts";
import type { EndpointSet } from "../../../src/core/destination/endpoints.ts";
import { tcpAddress } from "../../../src/core/proxy-api/address.ts";
import type { DestinationProfile, Update, WeightedAddr } from "../../../src/core/proxy-api/destination.ts";
import type { MeshView } from "../../../src/core/view/mesh.ts";
import { serviceDefinition } from "../../../src/grpc/protos.ts";
import { mesh as usualMesh } from "../../support/view.ts";

export const mesh: MeshView = {
  ...usualMesh,
  controlPlaneNamespace: "linkerd",
  opaquePorts: [{ low: 3306, high: 3306 }],
  probeNetworks: [],
};

/** All endpoints, by address and port. */
export const addressesOf = (set: EndpointSet): ReadonlyMap<string, WeightedAddr> =>
  new Map(set.chosen().endpoints.map((_, index) => [addressAt(set, index), endpointAt(set, index) ?? {}]));

export const node = (name: string, zone: string): JsonObject => ({
  kind: "Node",
  metadata: { name, labels: { "topology.kubernetes.io/zone": zone } },
});

/** A meshed pod of Deployment `web`, on node `n1`. */
export function pod(
  name: string,
  ip: string,
  more: { metadata?: JsonObject; spec?: JsonObject; status?: JsonObject } = {},
) {
  const labels = { "linkerd.io/control-plane-ns": "linkerd", "pod-template-hash": "7d4", app: "web" };
  const ownerReferences = [{ kind: "ReplicaSet", name: "web-7d4", controller: true }];
  return {
    kind: "Pod",
    metadata: { namespace: "shop", name, labels, ownerReferences, ...more.metadata },
    spec: { serviceAccountName: "web-sa", nodeName: "n1", ...more.spec },
    status: { podIP: ip, hostIP: "192.168.0.1", phase: "Running", ...more.status },
  };
}

/** Service `shop/web`: port 80 leads to 8080. */
export const service = (spec: JsonObject = {}, metadata: JsonObject = {}): JsonObject => ({
  kind: "Service",
  metadata: { namespace: "shop", name: "web", ...metadata },
  spec: { clusterIP: "10.1.0.1", ports: [{ name: "http", port: 80, targetPort: 8080 }], ...spec },
});

/** Of Service `shop/web`. */
export const slice = (endpoints: readonly JsonObject[], more: JsonObject = {}, name = "web-x1"): JsonObject => ({
  kind: "EndpointSlice",
  metadata: { namespace: "shop", name, labels: { "kubernetes.io/service-name": "web" } },
  addressType: "IPv4",
  ports: [{ name: "http", port: 8080 }],
  endpoints,
  ...more,
});

/** Of a pod in `shop`. */
export const endpoint = (podName: string, ip: string, more: JsonObject = {}): JsonObject => ({
  addresses: [ip],
  conditions: { ready: true },
  nodeName: "n1",
  zone: "a",
  targetRef: { kind: "Pod", namespace: "shop", name: podName },
  ...more,
});

const definition = serviceDefinition("destination");

/** As the proxy reads it: encoded and decoded, empty fields left out. */
export const asRead = (method: "Get" | "GetProfile", message: object): unknown => {
  const { responseSerialize, responseDeserialize } = definition[method] ?? {};
  return meant(structuredClone(responseDeserialize?.(responseSerialize?.(message) as never)));
};

/** Without fields that say nothing: absent, false, empty or zero (proto3), but for messages that are there. */
export function meant(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(meant);
  if (typeof value !== "object" || value === null) return typeof value === "number" ? Math.fround(value) : value;
  const entries = Object.entries(value).filter(([key, each]) => !isAbsent(key, each));
  return Object.fromEntries(entries.map(([key, each]) => [key, meant(each)]));
}

const isAbsent = (key: string, value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === "" ||
  value === 0 ||
  (Array.isArray(value) && value.length === 0) ||
  (key === "metric_labels" && Object.keys(value).length === 0);

/** What the proxy demands of an update, and that all of it arrives. */
export function expectUpdate(update: Update): void {
  expect(Object.keys(update)).to.have.length(1);
  expect(asRead("Get", update)).to.deep.equal(seconds(meant(update)));
  for (const address of update.add?.addrs ?? []) expectAddress(address);
  for (const { ip, port = 0 } of update.remove?.addrs ?? []) {
    expect(ip).to.have.any.keys("ipv4", "ipv6");
    expect(port).to.be.within(1, 65_535);
  }
}

export function expectProfile(profile: DestinationProfile): void {
  expect(asRead("GetProfile", profile)).to.deep.equal(seconds(meant(profile)));
  if (profile.endpoint !== undefined) expectAddress(profile.endpoint);
  const { retry_ratio = 0.2, ttl = { seconds: 10 } } = profile.retry_budget ?? {};
  expect(retry_ratio).to.be.within(0, 1_000);
  expect(Number(ttl.seconds)).to.be.within(1, 60);
}

/** An identity is all or nothing, an opaque port has a port of the proxy, and one protocol is hinted at most. */
function expectAddress({ addr, weight, tls_identity, protocol_hint }: WeightedAddr): void {
  expect(addr?.ip).to.have.any.keys("ipv4", "ipv6");
  expect(addr?.ip?.ipv4).not.to.equal(tcpAddress("127.0.0.1", 1)?.ip?.ipv4);
  expect(addr?.port).to.be.within(1, 65_535);
  expect(weight).to.equal(10_000);
  expect(protocol_hint === undefined).to.equal(tls_identity === undefined);
  if (tls_identity === undefined || protocol_hint === undefined) return;
  expect(tls_identity.dns_like_identity?.name).to.match(/^[-a-z0-9]+(\.[-a-z0-9]+)+$/);
  expect(protocol_hint).not.to.have.all.keys("h2", "opaque");
  if (protocol_hint.opaque !== undefined) expect(protocol_hint.opaque_transport).not.to.equal(undefined);
  const inbound = protocol_hint.opaque_transport?.inbound_port;
  if (inbound !== undefined) expect(inbound).to.be.within(1, 65_534);
}

/** Those of a Duration are numbers of 64 bits, and read as text. */
function seconds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(seconds);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, key === "seconds" ? String(each) : seconds(each)]);
  return Object.fromEntries(entries);
}

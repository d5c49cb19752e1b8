import { expect } from "chai";
import { placeOf } from "../../../src/core/destination/client.ts";
import { endpointsKey, endpointsOf } from "../../../src/core/destination/endpoints.ts";
import type { Endpoints } from "../../../src/core/destination/endpoints.ts";
import { parseTarget } from "../../../src/core/destination/target.ts";
import { updatesBetween } from "../../../src/core/destination/updates.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { tcpAddress } from "../../../src/core/proxy-api/address.ts";
import type { ProtocolHint, TlsIdentity, WeightedAddr } from "../../../src/core/proxy-api/destination.ts";
import { viewOf } from "../../support/view.ts";
import { addressesOf, endpoint, expectUpdate, mesh as usualMesh, node, pod, service, slice } from "./cluster.ts";

/** How an endpoint is spoken to. */
interface Spoken {
  readonly tls_identity: TlsIdentity | undefined;
  readonly protocol_hint: ProtocolHint | undefined;
}

const identity = { name: "web-sa.shop.serviceaccount.identity.linkerd.cluster.local" };
const meshed: Spoken = {
  tls_identity: { dns_like_identity: identity, server_name: identity },
  protocol_hint: { h2: {}, opaque_transport: { inbound_port: 4143 } },
};
const context = { namespace: "shop", nodeName: "n1", pod: "client" };
const nodes = [node("n1", "a"), node("n2", "b")];

/** Endpoints of `web.shop` port 80, unless told otherwise; each must be one that the proxy takes. */
function get(
  objects: readonly JsonObject[],
  path = "web.shop.svc.cluster.local:80",
  asker = context,
  mesh = usualMesh,
): Endpoints {
  const view = viewOf(...nodes, ...objects);
  const target = parseTarget(path, mesh.clusterDomain);
  const endpoints = endpointsOf(view, mesh, target, placeOf(view, target, asker));
  for (const update of updatesBetween(undefined, endpoints)) expectUpdate(update.make());
  return endpoints;
}

const found = (endpoints: Endpoints): readonly string[] =>
  endpoints.kind === "endpoints" ? [...addressesOf(endpoints).keys()] : [endpoints.kind];

const told = (endpoints: Endpoints) => {
  if (endpoints.kind === "invalid") throw new Error(endpoints.message);
  return { ...endpoints, addresses: addressesOf(endpoints) };
};

const only = (endpoints: Endpoints): WeightedAddr => {
  const [address, ...more] = endpoints.kind === "endpoints" ? addressesOf(endpoints).values() : [];
  expect(more).to.have.length(0);
  return address ?? {};
};

const web = pod("web-1", "10.0.0.1");
const at1 = slice([endpoint("web-1", "10.0.0.1")]);

describe("destination/endpoints", () => {
  it("a meshed pod behind a Service: its target port, identity, hints and labels", () => {
    const addr = tcpAddress("10.0.0.1", 8080) ?? {};
    const expected = {
      addr,
      weight: 10_000,
      metric_labels: {
        deployment: "web",
        pod: "web-1",
        serviceaccount: "web-sa",
        control_plane_ns: "linkerd",
        pod_template_hash: "7d4",
        zone: "a",
        zone_locality: "local",
      },
      ...meshed,
    };
    const { labels: of, exists, addresses } = told(get([service(), web, at1]));
    expect([of, exists]).to.deep.equal([{ namespace: "shop", service: "web" }, true]);
    expect(addresses).to.deep.equal(new Map([["10.0.0.1:8080", expected]]));
  });

  const with1 = (...more: readonly JsonObject[]): readonly JsonObject[] => [service(), web, ...more];
  const web2 = pod("web-2", "10.0.0.2", { spec: { nodeName: "n2" } });
  const e1 = endpoint("web-1", "10.0.0.1");
  const e2 = endpoint("web-2", "10.0.0.2", { nodeName: "n2", zone: "b" });
  const dual = pod("web-1", "10.0.0.1", { status: { podIPs: [{ ip: "10.0.0.1" }, { ip: "fd00::1" }] } });
  const v6 = { addressType: "IPv6" };
  const hint = (zone: string): JsonObject => ({ hints: { forZones: [{ name: zone }] } });
  const gone = { ready: false, serving: false, terminating: true };
  const draining = (each: JsonObject): JsonObject => ({ ...each, conditions: { ...gone, serving: true } });
  const leaving = (name: string, ip: string): JsonObject =>
    pod(name, ip, { metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } });
  const bothDrain = slice([draining(e1), draining(e2)]);
  const local = { internalTrafficPolicy: "Local" };
  const headless = { clusterIP: "None", ports: [] };

  const which: readonly [claim: string, objects: readonly JsonObject[], expected: readonly string[]][] = [
    ["those that are ready", with1(web2, slice([e1, { ...e2, conditions: { ready: false } }])), ["10.0.0.1:8080"]],
    ["readiness unknown is ready", with1(slice([{ ...e1, conditions: {} }])), ["10.0.0.1:8080"]],
    ["none", with1(slice([])), []],
    ["of several slices", with1(web2, at1, slice([e2], {}, "web-x2")), ["10.0.0.1:8080", "10.0.0.2:8080"]],
    ["the same one in two slices, once", with1(at1, slice([e1], {}, "web-x2")), ["10.0.0.1:8080"]],
    [
      "ready in one slice, not in the other",
      with1(slice([{ ...e1, conditions: { ready: false } }]), slice([e1], {}, "web-x2")),
      ["10.0.0.1:8080"],
    ],
    ["of another Service: none", with1({ ...at1, metadata: { namespace: "shop", name: "x" } }), []],
    ["a pod that is not seen yet: none", [service(), at1], []],
    ["no pod behind it", [service(), slice([{ addresses: ["10.9.0.1"] }])], ["10.9.0.1:8080"]],
    ["IPv6", [service(), dual, slice([endpoint("web-1", "FD00::01")], v6)], ["[fd00::1]:8080"]],
    [
      "a pod with two addresses, once, by its first",
      [service(), dual, slice([endpoint("web-1", "fd00::1")], v6, "web-v6"), slice([e1], {}, "web-y4")],
      ["10.0.0.1:8080"],
    ],
    [
      "no pod with two addresses: both",
      [service(), slice([{ addresses: ["fd00::9"] }], v6, "web-v6"), slice([{ addresses: ["10.9.0.1"] }])],
      ["[fd00::9]:8080", "10.9.0.1:8080"],
    ],
    [
      "names in place of addresses: none",
      [service(), slice([{ addresses: ["a.example"] }], { addressType: "FQDN" })],
      [],
    ],
    [
      "a named target port has a number in each slice",
      [
        service({ ports: [{ name: "http", port: 80, targetPort: "web" }] }),
        web,
        web2,
        slice([e1], { ports: [{ name: "http", port: 8081 }] }),
        slice([e2], { ports: [{ name: "http", port: 8082 }] }, "web-x2"),
      ],
      ["10.0.0.1:8081", "10.0.0.2:8082"],
    ],
    ["a slice without the port: none", with1(slice([e1], { ports: [{ name: "admin", port: 9000 }] })), []],
    ["the port of UDP: none", with1(slice([e1], { ports: [{ name: "http", port: 8080, protocol: "UDP" }] })), []],
    ["a slice of any port", with1(slice([e1], { ports: [] })), ["10.0.0.1:8080"]],
    ["a port without number", with1(slice([e1], { ports: [{ name: "http" }] })), ["10.0.0.1:8080"]],
    ["a port that the Service has not", [service({ ports: [{ port: 81 }] }), web, at1], []],
    [
      "a port that the Service has for UDP",
      [service({ ports: [{ name: "http", port: 80, protocol: "UDP" }] }), web, at1],
      [],
    ],
    [
      "a headless Service without ports: the port itself",
      [service(headless), web, slice([e1], { ports: [] })],
      ["10.0.0.1:80"],
    ],
    ["a headless Service with the port", [service({ clusterIP: "None" }), web, at1], ["10.0.0.1:8080"]],
    [
      "all meant for a zone: those for the client's",
      with1(
        web2,
        slice([
          { ...e1, ...hint("a") },
          { ...e2, ...hint("b") },
        ]),
      ),
      ["10.0.0.1:8080"],
    ],
    [
      "one is meant for no zone: all",
      with1(web2, slice([e1, { ...e2, ...hint("b") }])),
      ["10.0.0.1:8080", "10.0.0.2:8080"],
    ],
    [
      "none is meant for the client's zone: all",
      with1(
        web2,
        slice([
          { ...e1, ...hint("c") },
          { ...e2, ...hint("b") },
        ]),
      ),
      ["10.0.0.1:8080", "10.0.0.2:8080"],
    ],
    [
      "what is not ready has no say",
      with1(
        web2,
        slice([
          { ...e1, ...hint("a") },
          { ...e2, conditions: { ready: false } },
        ]),
      ),
      ["10.0.0.1:8080"],
    ],
    [
      "all end: those that still serve",
      with1(web2, slice([draining(e1), { ...e2, conditions: gone }])),
      ["10.0.0.1:8080"],
    ],
    [
      "all end, and the address of one was given to another pod: the others",
      [service(), leaving("web-1", "10.0.0.1"), pod("new-1", "10.0.0.1"), leaving("web-2", "10.0.0.2"), bothDrain],
      ["10.0.0.2:8080"],
    ],
    [
      "a pod that ended, whose address was given to another: none",
      [service(), pod("web-1", "10.0.0.1", { status: { phase: "Failed" } }), pod("new-1", "10.0.0.1"), at1],
      [],
    ],
    [
      "an address that both who ends and who has it now are listed with",
      [service(), leaving("web-1", "10.0.0.1"), pod("web-2", "10.0.0.1"), slice([e1, endpoint("web-2", "10.0.0.1")])],
      ["10.0.0.1:8080"],
    ],
    ["one ends: the one that is ready", with1(web2, slice([draining(e1), e2])), ["10.0.0.2:8080"]],
    [
      "ends in one slice, ready in the other",
      with1(slice([draining(e1)]), slice([e1], {}, "web-x2")),
      ["10.0.0.1:8080"],
    ],
    [
      "a local Service whose endpoints on the node end",
      [service(local), web, web2, slice([draining(e1), e2])],
      ["10.0.0.1:8080"],
    ],
    ["a local Service: on the client's node", [service(local), web, web2, slice([e1, e2])], ["10.0.0.1:8080"]],
    ["a local Service, nothing on the node", [service(local), web2, slice([e2])], []],
  ];
  for (const [claim, objects, expected] of which)
    it(`which: ${claim}`, () => {
      expect(found(get(objects))).to.deep.equal(expected);
    });

  const strangers: readonly [claim: string, nodeName: string, service: JsonObject, expected: readonly string[]][] = [
    ["hints say nothing to a client of no zone", "", service(), ["10.0.0.1:8080", "10.0.0.2:8080"]],
    ["nor on a node that is not known", "n9", service(), ["10.0.0.1:8080", "10.0.0.2:8080"]],
    ["a local Service has nothing for it", "", service(local), []],
    ["of another zone", "n2", service(), ["10.0.0.2:8080"]],
    ["of another node", "n2", service(local), ["10.0.0.2:8080"]],
  ];
  for (const [claim, nodeName, ofService, expected] of strangers)
    it(`client: ${claim}`, () => {
      const objects = [
        ofService,
        web,
        web2,
        slice([
          { ...e1, ...hint("a") },
          { ...e2, ...hint("b") },
        ]),
      ];
      expect(found(get(objects, undefined, { ...context, nodeName }))).to.deep.equal(expected);
    });

  const six = pod("web-1", "fd00::1", { status: { podIPs: [{ ip: "fd00::1" }, { ip: "10.0.0.1" }] } });
  const at6 = slice([endpoint("web-1", "fd00::1")], v6, "web-v6");
  const ipv4: readonly [claim: string, objects: readonly JsonObject[], expected: readonly string[]][] = [
    ["a pod whose first address is of IPv6", [service(), six, at6, at1], ["10.0.0.1:8080"]],
    ["no endpoint of IPv6", [service(), six, at6], []],
  ];
  for (const [claim, objects, expected] of ipv4)
    it(`proxies that listen on IPv4 alone: ${claim}`, () => {
      const endpoints = get(objects, undefined, undefined, { ...usualMesh, ipv6: false });
      expect(found(endpoints)).to.deep.equal(expected);
    });

  it("one endpoint of a Service, by its hostname", () => {
    const named = slice([
      { ...e1, hostname: "web-1" },
      { ...e2, hostname: "web-2" },
    ]);
    const objects = with1(web2, named);
    expect(found(get(objects, "web-2.web.shop.svc.cluster.local:80"))).to.deep.equal(["10.0.0.2:8080"]);
    expect(found(get(objects, "web-3.web.shop.svc.cluster.local:80"))).to.deep.equal([]);
  });

  it("a Service that is not there has no endpoints", () => {
    const { labels: of, exists, addresses } = told(get([web, at1]));
    expect([of, exists, addresses.size]).to.deep.equal([{ namespace: "shop", service: "web" }, false, 0]);
  });

  const refused: readonly [claim: string, path: string, message: RegExp][] = [
    ["an address", "10.0.0.1:80", /^10\.0\.0\.1: expected the name of a Service$/],
    ["a name of another domain", "www.example.org:80", /expected an IP address/],
    ["an ExternalName", "out.shop.svc.cluster.local", /^Service shop\/out is an ExternalName/],
  ];
  for (const [claim, path, message] of refused)
    it(`invalid: ${claim}`, () => {
      const out = service({ type: "ExternalName", externalName: "example.org" }, { name: "out" });
      const endpoints = get([out], path);
      expect(endpoints.kind === "invalid" && endpoints.message).to.match(message);
    });

  const metadata = (annotations: JsonObject, labels: JsonObject = web.metadata.labels): { metadata: JsonObject } => ({
    metadata: { annotations, labels },
  });
  const opaque: ProtocolHint = { opaque: {}, opaque_transport: { inbound_port: 4143 } };
  const plain: Spoken = { tls_identity: undefined, protocol_hint: undefined };
  const hints: readonly [claim: string, more: Parameters<typeof pod>[2], port: number, expected: Spoken][] = [
    [
      "opaque by annotation",
      metadata({ "config.linkerd.io/opaque-ports": "8080" }),
      8080,
      { ...meshed, protocol_hint: opaque },
    ],
    ["opaque by default", {}, 3306, { ...meshed, protocol_hint: opaque }],
    ["not opaque, as the annotation lists others", metadata({ "config.linkerd.io/opaque-ports": "25" }), 3306, meshed],
    ["skipped: plain", metadata({ "config.linkerd.io/skip-inbound-ports": "25,8000-8100" }), 8080, plain],
    ["another port skipped", metadata({ "config.linkerd.io/skip-inbound-ports": "25" }), 8080, meshed],
    [
      "with a service account that cannot be an identity: plain",
      { spec: { serviceAccountName: "my.sa" } },
      8080,
      plain,
    ],
    ["without label: plain", metadata({}, {}), 8080, plain],
    ["of another mesh: plain", metadata({}, { "linkerd.io/control-plane-ns": "other" }), 8080, plain],
    [
      "an inbound port of its own, by annotation",
      metadata({ "config.linkerd.io/inbound-port": "5143" }),
      8080,
      { ...meshed, protocol_hint: { h2: {}, opaque_transport: { inbound_port: 5143 } } },
    ],
    [
      "an inbound port of its own, by its container",
      { spec: { containers: [{ name: "linkerd-proxy", ports: [{ name: "linkerd-proxy", containerPort: 6143 }] }] } },
      8080,
      { ...meshed, protocol_hint: { h2: {}, opaque_transport: { inbound_port: 6143 } } },
    ],
    ["the proxy's admin port", {}, 4191, { ...meshed, protocol_hint: { h2: {} } }],
    ["the proxy's control port", {}, 4190, { ...meshed, protocol_hint: { h2: {} } }],
    [
      "an admin port of its own",
      metadata({ "config.linkerd.io/admin-port": "5191" }),
      5191,
      { ...meshed, protocol_hint: { h2: {} } },
    ],
  ];
  for (const [claim, more, port, expected] of hints)
    it(`spoken to: ${claim}`, () => {
      const objects = [service(), pod("web-1", "10.0.0.1", more), slice([e1], { ports: [{ name: "http", port }] })];
      const { tls_identity, protocol_hint } = only(get(objects));
      expect({ tls_identity, protocol_hint }).to.deep.equal(expected);
    });

  const settings: readonly [claim: string, mesh: Partial<typeof usualMesh>, port: number, expected: WeightedAddr][] = [
    [
      "HTTP/1 stays so",
      { upgradesHttp1: false },
      8080,
      { protocol_hint: { opaque_transport: { inbound_port: 4143 } } },
    ],
    ["HTTP/1 stays so on the proxy's own port", { upgradesHttp1: false }, 4191, { protocol_hint: {} }],
    ["on its own port", { dialsOwnPorts: true }, 8080, { protocol_hint: { h2: {} } }],
    ["an opaque port never on its own", { dialsOwnPorts: true }, 3306, { protocol_hint: opaque }],
    [
      "with pings",
      { keepAlive: { interval: 10, timeout: 3, whileIdle: true } },
      8080,
      {
        protocol_hint: { h2: {}, opaque_transport: { inbound_port: 4143 } },
        http2: { keep_alive: { interval: { seconds: 10 }, timeout: { seconds: 3 }, while_idle: true } },
      },
    ],
  ];
  for (const [claim, of, port, expected] of settings)
    it(`spoken to, as the mesh is set: ${claim}`, () => {
      const objects = [service(), web, slice([e1], { ports: [{ name: "http", port }] })];
      const { protocol_hint, http2 } = only(get(objects, undefined, undefined, { ...usualMesh, ...of }));
      expect({ protocol_hint, ...(http2 && { http2 }) }).to.deep.equal(expected);
    });

  const owned = (kind: string, name: string): { metadata: JsonObject } => ({
    metadata: { labels: {}, ownerReferences: [{ kind, name, controller: true }] },
  });
  const bare = { pod: "web-1", serviceaccount: "web-sa", zone: "a", zone_locality: "local" };
  const labels: readonly [claim: string, pod: Parameters<typeof pod>[2], more: JsonObject, expected: object][] = [
    ["of a StatefulSet", owned("StatefulSet", "db"), {}, { statefulset: "db", ...bare }],
    ["of a Job", owned("Job", "once"), {}, { k8s_job: "once", ...bare }],
    ["of nobody", { metadata: { labels: {}, ownerReferences: [] } }, {}, bare],
    [
      "in another zone",
      owned("Job", "once"),
      { zone: "b" },
      { k8s_job: "once", ...bare, zone: "b", zone_locality: "remote" },
    ],
    [
      "in a zone that is not known",
      owned("Job", "once"),
      { zone: "" },
      { k8s_job: "once", pod: "web-1", serviceaccount: "web-sa", zone_locality: "unknown" },
    ],
  ];
  for (const [claim, more, ofEndpoint, expected] of labels)
    it(`labels: a pod ${claim}`, () => {
      const objects = [service(), pod("web-1", "10.0.0.1", more), slice([{ ...e1, ...ofEndpoint }])];
      expect(only(get(objects)).metric_labels).to.deep.equal(expected);
    });

  it("equal keys for those that get the same, others for others", () => {
    const key = (nodeName: string, spec: JsonObject = {}, path = "web.shop.svc.cluster.local"): string => {
      const view = viewOf(...nodes, node("n3", "a"), service(spec));
      const target = parseTarget(path, usualMesh.clusterDomain);
      return endpointsKey(target, placeOf(view, target, { ...context, nodeName }));
    };
    expect(key("n1")).to.equal(key("n3"));
    const keys = [key("n1"), key("n2"), key(""), key("n1", local), key("n3", local), key("n2", local)];
    expect(new Set([...keys, key("n1", {}, "web.shop.svc.cluster.local:81")]).size).to.equal(7);
  });
});

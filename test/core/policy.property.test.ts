import { expect } from "chai";
import fc from "fast-check";
import { runs } from "../support/properties.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { inboundPolicy } from "../../src/core/policy/inbound.ts";
import { policyIssues } from "../../src/core/policy/linkerd.ts";
import { networkPolicyStatus } from "../../src/core/policy/network-status.ts";
import { outboundPolicy } from "../../src/core/policy/outbound.ts";
import { defaultPolicies } from "../../src/core/mesh/default-policy.ts";
import { policyKinds } from "../../src/core/view/objects.ts";
import { serviceDefinition } from "../../src/grpc/protos.ts";
import { viewOf, mesh } from "../support/view.ts";
import { outboundFaults, serverFaults } from "./policy/valid.ts";

const name = fc.constantFrom("web", "api");
const port = fc.constantFrom(80, 8080, 4191);
const anything = fc.jsonValue({ maxDepth: 3 });

/** Mostly of the right shape; any part may be anything. */
const loosely = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 30, arbitrary: value }, { weight: 1, arbitrary: anything });
const record = (fields: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> =>
  loosely(
    fc.oneof(
      { weight: 3, arbitrary: fc.record(fields) },
      { weight: 1, arbitrary: fc.record(fields, { requiredKeys: [] }) },
    ),
  );
const list = (of: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => loosely(fc.array(of, { maxLength: 3 }));

const labels = loosely(fc.record({ app: name }));
const selector = record({
  matchLabels: labels,
  matchExpressions: list(
    record({ key: fc.constant("app"), operator: fc.constantFrom("In", "NotIn", "Exists", "Like"), values: list(name) }),
  ),
});
const reference = record({
  group: fc.constantFrom("", "core", "policy.linkerd.io", "gateway.networking.k8s.io"),
  kind: fc.constantFrom(
    "Service",
    "Server",
    "Namespace",
    "ServiceAccount",
    "MeshTLSAuthentication",
    "NetworkAuthentication",
    "HTTPRoute",
    "GRPCRoute",
  ),
  name: fc.oneof(name, fc.constant("shop"), fc.constant("*")),
  namespace: fc.constantFrom("shop", "lab"),
});
const ports = list(record({ port, protocol: fc.constantFrom("TCP", "UDP") }));
const networks = list(
  record({
    cidr: fc.constantFrom("10.0.0.0/8", "::/0", "10.1.2.3", "x"),
    except: list(fc.constantFrom("10.1.0.0/16", "y")),
  }),
);
const identities = list(fc.constantFrom("*", "*.lab.example", "web.shop.example", "a*b"));
const serviceName = fc.oneof({ weight: 9, arbitrary: name }, fc.constantFrom("web.shop", "a_b", "x".repeat(64), "-"));
const serviceKind = fc.constantFrom("Service", undefined, "Pod");
const parent = record({ kind: fc.constant("Service"), name, port: fc.option(port, { nil: undefined }) });
const whole = fc.oneof(fc.nat(3), fc.constantFrom(1_000_000, 2 ** 31, 2 ** 40, -1, 0.5, 1e308));
const quantity = fc.constantFrom("1", "500m", "0", "1n", "9Ei", "1e90", "-1", "much", "9".repeat(400));
const pattern = fc.oneof(fc.string(), fc.constantFrom("/a.*", "[0-9]+", "(", String.raw`\w{9}`));
const kindOfMatch = fc.constantFrom("Exact", "PathPrefix", "RegularExpression", "x");
const header = record({
  name: fc.constantFrom("X-A", "a b", ""),
  value: fc.oneof(fc.string(), pattern),
  type: kindOfMatch,
});
const filter = record({
  type: fc.constantFrom("RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite"),
  requestHeaderModifier: record({ set: list(header), add: list(header), remove: list(fc.constantFrom("X-B", " ")) }),
  responseHeaderModifier: record({ remove: list(fc.constant("X-C")) }),
  requestRedirect: record({
    scheme: fc.constantFrom("http", "https", "ftp"),
    hostname: fc.constantFrom("a.example", "a b", "a:1"),
    port: fc.constantFrom(80, 0, 70_000),
    statusCode: fc.constantFrom(302, 0, 1_000),
    path: record({ replaceFullPath: fc.constantFrom("/a", "a"), replacePrefixMatch: fc.constant("/b") }),
  }),
});
const method = record({ service: fc.constantFrom("a.B", ""), method: fc.constantFrom("C", ""), type: kindOfMatch });
const requests = record({
  path: record({ type: kindOfMatch, value: fc.oneof(fc.constantFrom("/ready", "/", "x"), pattern) }),
  method: fc.constantFrom("GET", "POST", "get"),
  headers: list(header),
  queryParams: list(header),
});
/** Mostly of a Server, and mostly of one match that can be read. */
const routes = (match: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  record({
    parentRefs: list(
      fc.oneof(
        {
          weight: 5,
          arbitrary: record({ group: fc.constant("policy.linkerd.io"), kind: fc.constant("Server"), name }),
        },
        { weight: 1, arbitrary: reference },
      ),
    ),
    hostnames: list(fc.constantFrom("a.example", "*.example", "*")),
    rules: list(record({ matches: list(match), filters: list(filter) })),
  });
const rate = fc.constantFrom(1, 0, 4_294_967_295, 4_294_967_296, 0.5);
const access = fc.constantFrom(...defaultPolicies, "none");

const specs: Readonly<Record<(typeof policyKinds)[number], fc.Arbitrary<unknown>>> = {
  Server: record({
    podSelector: selector,
    port: fc.oneof(port, fc.constant("http")),
    proxyProtocol: fc.constantFrom("unknown", "opaque", "TLS", "HTTP/1", "HTTP/2", "gRPC"),
    accessPolicy: access,
  }),
  ServerAuthorization: record({
    server: record({ name, selector }),
    client: record({
      networks,
      unauthenticated: fc.boolean(),
      meshTLS: record({ unauthenticatedTLS: fc.boolean(), identities, serviceAccounts: list(record({ name })) }),
    }),
  }),
  AuthorizationPolicy: record({ targetRef: reference, requiredAuthenticationRefs: list(reference) }),
  MeshTLSAuthentication: record({ identities, identityRefs: list(reference) }),
  NetworkAuthentication: record({ networks }),
  NetworkPolicy: record({
    targetRef: record({ kind: fc.constant("Service"), name }),
    ingress: list(record({ from: list(record({ selector })), ports })),
    egress: list(record({ to: list(record({ ip: fc.constant({}), ports })), ports })),
  }),
  HTTPLocalRateLimitPolicy: record({
    targetRef: reference,
    total: record({ requestsPerSecond: rate }),
    identity: record({ requestsPerSecond: rate }),
    overrides: list(record({ requestsPerSecond: rate, clientRefs: list(reference) })),
  }),
  HTTPRoute: routes(requests),
  GatewayHTTPRoute: routes(requests),
  GatewayGRPCRoute: routes(record({ method, headers: list(header) })),
  TCPRoute: record({
    parentRefs: list(parent),
    rules: list(record({ backendRefs: list(record({ name: serviceName, port, weight: whole, kind: serviceKind })) })),
  }),
  TrafficSplit: record({
    service: serviceName,
    backends: list(record({ service: serviceName, weight: fc.oneof(whole, quantity) })),
    matches: fc.constantFrom(undefined, [], [{}]),
  }),
};

const annotations = record({
  "config.linkerd.io/default-inbound-policy": access,
  "config.linkerd.io/opaque-ports": fc.constantFrom("80", "1-65535", "", "x,,-"),
  "config.linkerd.io/proxy-require-identity-inbound-ports": fc.constantFrom("8080", "http", "x"),
  "linkerd.io/enable-opaque-ports": fc.constantFrom("true", "false", "x"),
});
const containers = list(
  record({
    ports: list(record({ containerPort: port, name: fc.constantFrom("http", "db") })),
    readinessProbe: record({ httpGet: record({ path: fc.constantFrom("/ready", "x?y"), port }) }),
  }),
);
const object = (kind: string, of: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<JsonObject> =>
  fc
    .tuple(name, labels, annotations, of)
    .map(([own, l, a, rest]) => ({ kind, metadata: { name: own, labels: l, annotations: a }, ...rest }) as JsonObject);

const slices = fc.array(
  object(
    "EndpointSlice",
    fc.record({
      addressType: fc.constant("IPv4"),
      ports: fc.constant([]),
      endpoints: list(record({ addresses: fc.constant(["10.1.0.9"]), conditions: record({ ready: fc.boolean() }) })),
    }),
  ).map((slice) => {
    const metadata = slice["metadata"] as JsonObject;
    return {
      ...slice,
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": String(metadata["name"]) } },
    };
  }),
  { maxLength: 2 },
);

const objects = fc
  .tuple(
    fc.array(
      object(
        "Pod",
        fc.record({
          spec: record({ containers, serviceAccountName: name }),
          status: fc.constant({ podIP: "10.1.0.1" }),
        }),
      ),
      { maxLength: 3 },
    ),
    fc.array(
      object(
        "Service",
        fc.record({
          spec: record({
            clusterIP: fc.constantFrom("10.2.0.1", "10.2.0.2", "None"),
            selector: labels,
            ports: list(
              record({
                port,
                targetPort: fc.oneof(port, fc.constant("http")),
                protocol: fc.constantFrom("TCP", "UDP"),
              }),
            ),
          }),
        }),
      ),
      { maxLength: 3 },
    ),
    fc.array(
      object("Namespace", fc.constant({})).map((each) => ({
        ...each,
        metadata: { ...(each["metadata"] as JsonObject), name: "shop" },
      })),
      { maxLength: 1 },
    ),
    slices,
    ...policyKinds.map((kind) => fc.array(object(kind, fc.record({ spec: specs[kind] })), { maxLength: 3 })),
  )
  .map((lists) => lists.flat());

const pods = ["web", "api"];
const numbers = [80, 8080, 4191];

describe("core/policy, whatever the cluster", () => {
  const [getPort, get] = [serviceDefinition("inbound")["GetPort"], serviceDefinition("outbound")["Get"]];

  it("the proxy takes every answer, also when it has been on the wire", () => {
    fc.assert(
      fc.property(objects, fc.constantFrom(...defaultPolicies), (cluster, defaultInboundPolicy) => {
        const view = viewOf(...cluster);
        const its = { ...mesh, defaultInboundPolicy };
        for (const pod of pods) {
          const client = { namespace: "shop", pod };
          for (const number of numbers) {
            const inbound = inboundPolicy(view, its, client, number);
            if (inbound.kind === "server") {
              expect(serverFaults(inbound.server)).to.deep.equal([]);
              const bytes = getPort?.responseSerialize(inbound.server) ?? Buffer.of();
              expect(serverFaults(getPort?.responseDeserialize(bytes) as typeof inbound.server)).to.deep.equal([]);
            }
            for (const ip of ["10.2.0.1", "10.1.0.1", "192.0.2.1", "fd00::1"]) {
              const outbound = outboundPolicy(view, its, client, { ip, port: number });
              if (outbound.kind !== "policy") continue;
              expect(outboundFaults(outbound.policy)).to.deep.equal([]);
              const bytes = get?.responseSerialize(outbound.policy) ?? Buffer.of();
              expect(outboundFaults(get?.responseDeserialize(bytes) as typeof outbound.policy)).to.deep.equal([]);
            }
          }
        }
      }),
      runs(60),
    );
  });

  it("the proxy ends no task for a split: weights from 1 that fit, and paths that are addresses", () => {
    const apexes = pods.map((each, index) => ({
      kind: "Service",
      metadata: { name: each },
      spec: { clusterIP: `10.2.0.${index + 1}`, ports: numbers.map((number) => ({ port: number })) },
    }));
    const cluster = fc.tuple(
      slices,
      ...(["TrafficSplit", "TCPRoute"] as const).map((kind) =>
        fc.array(object(kind, fc.record({ spec: specs[kind] })), { maxLength: 3 }),
      ),
    );
    const seen = { weighted: 0, closed: 0 };
    fc.assert(
      fc.property(cluster, (lists) => {
        const view = viewOf(...apexes, ...lists.flat());
        for (const number of numbers) {
          const outbound = outboundPolicy(
            view,
            mesh,
            { namespace: "shop", pod: "x" },
            { ip: "10.2.0.1", port: number },
          );
          if (outbound.kind !== "policy") throw new Error(`it is ${outbound.kind}`);
          const bytes = get?.responseSerialize(outbound.policy) ?? Buffer.of();
          expect(outboundFaults(get?.responseDeserialize(bytes) as typeof outbound.policy)).to.deep.equal([]);
          const text = JSON.stringify(outbound.policy);
          if (text.includes("random_available")) seen.weighted += 1;
          if (text.includes('"empty"')) seen.closed += 1;
        }
      }),
      runs(600),
    );
    expect([seen.weighted > 20, seen.closed > 0], JSON.stringify(seen)).to.deep.equal([true, true]);
  });

  it("a port under a NetworkPolicy lets nobody in without an identity", () => {
    let seen = 0;
    fc.assert(
      fc.property(objects, (cluster) => {
        const view = viewOf(...cluster);
        for (const pod of pods)
          for (const number of numbers) {
            const answer = inboundPolicy(view, mesh, { namespace: "shop", pod }, number);
            if (answer.kind !== "server" || answer.server.labels?.["kind"] !== "networkpolicy") continue;
            seen += 1;
            expect(answer.server.protocol).to.deep.equal({ opaque: {} });
            for (const { authentication } of answer.server.authorizations ?? [])
              expect(authentication?.meshTLS?.identities).to.not.equal(undefined);
          }
      }),
      runs(600),
    );
    expect(seen).to.be.greaterThan(0);
  });

  it("what is said about a resource is short, and said without failing", () => {
    fc.assert(
      fc.property(objects, (cluster) => {
        const view = viewOf(...cluster);
        for (const kind of policyKinds)
          for (const policy of view.policies(kind, "shop")) {
            for (const { at, message } of policyIssues(view, mesh, policy)) {
              expect(at).to.match(/^spec/);
              expect(message).to.not.include("\n");
            }
            if (kind !== "NetworkPolicy") continue;
            const conditions = networkPolicyStatus(view, mesh, policy);
            expect(new Set(conditions.map(({ type }) => type)).size).to.equal(5);
            for (const { reason, message } of conditions) {
              expect(reason).to.match(/^[A-Z][A-Za-z]+$/);
              expect(message.length).to.be.lessThan(1000);
            }
          }
      }),
    );
  });
});

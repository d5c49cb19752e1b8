/**
 * What Linkerd's policy validator takes and refuses, by kind: the expectations of its own tests (policy-test, admit_*), and
 * more of what its code says. `ns` is the namespace of the policy.
 */
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import type { LinkerdKind } from "../../../src/core/policy/refused.ts";

export interface Expectation {
  readonly claim: string;
  readonly kind: LinkerdKind;
  readonly spec: JsonObject;
  readonly annotations?: JsonObject;
  /** Places and what is wrong there; none: it is taken. */
  readonly refused: readonly string[];
}

export const ns = "shop";

const server = { group: "policy.linkerd.io", kind: "Server", name: "api" };
const mtls = { group: "policy.linkerd.io", kind: "MeshTLSAuthentication", name: "mtls-clients" };
const nets = { group: "policy.linkerd.io", kind: "NetworkAuthentication", name: "cluster-nets", namespace: "linkerd" };
const account = { kind: "ServiceAccount", name: "web" };
const authz = (targetRef: Json, refs: Json | undefined): JsonObject => ({
  targetRef,
  requiredAuthenticationRefs: refs,
});

type Rows = readonly (readonly [
  claim: string,
  spec: JsonObject,
  refused?: readonly string[],
  annotations?: JsonObject,
])[];

const authorizationPolicy: Rows = [
  ["valid", authz(server, [mtls, nets])],
  ["targets its namespace", authz({ kind: "Namespace", name: ns }, [mtls, nets])],
  ["targets its namespace, group core", authz({ group: "core", kind: "namespace", name: ns }, [mtls])],
  [
    "targets another namespace",
    authz({ kind: "Namespace", name: "foobar" }, [mtls, nets]),
    ['spec.targetRef.name: must be "shop", the policy\'s own namespace'],
  ],
  ["targets a route", authz({ group: "policy.linkerd.io", kind: "HttpRoute", name: "route-foo" }, [mtls, nets])],
  [
    "targets a route of the Gateway API",
    authz({ group: "gateway.networking.k8s.io", kind: "GRPCRoute", name: "g" }, []),
  ],
  ["only MeshTLS", authz(server, [mtls])],
  ["only networks", authz(server, [nets])],
  ["a ServiceAccount", authz(server, [account, nets])],
  ["nothing required", authz(server, [])],
  ["required authentications are missing", authz(server, undefined), ["spec.requiredAuthenticationRefs: is missing"]],
  [
    "targets a Deployment",
    authz({ group: "apps", kind: "Deployment", name: "someapp" }, [nets]),
    [
      'spec.targetRef.kind: must be a Server, an HTTPRoute, a GRPCRoute or the policy\'s own Namespace, not "Deployment.apps"',
    ],
  ],
  [
    "targets a Server without group",
    authz({ kind: "Server", name: "api" }, [nets]),
    ['spec.targetRef.kind: must be a Server, an HTTPRoute, a GRPCRoute or the policy\'s own Namespace, not "Server"'],
  ],
  [
    "several MeshTLSAuthentications",
    authz(server, [mtls, { ...mtls, name: "other-ids" }]),
    ["spec.requiredAuthenticationRefs: must have at most one MeshTLSAuthentication or ServiceAccount"],
  ],
  [
    "several ServiceAccounts",
    authz(server, [account, account]),
    ["spec.requiredAuthenticationRefs: must have at most one MeshTLSAuthentication or ServiceAccount"],
  ],
  [
    "MeshTLSAuthentication and ServiceAccount",
    authz(server, [account, mtls]),
    ["spec.requiredAuthenticationRefs: must have at most one MeshTLSAuthentication or ServiceAccount"],
  ],
  [
    "several NetworkAuthentications",
    authz(server, [nets, { ...nets, name: "other-nets" }]),
    ["spec.requiredAuthenticationRefs: must have at most one NetworkAuthentication"],
  ],
  [
    "an authentication of another kind",
    authz(server, [{ kind: "Secret", name: "s" }]),
    [
      'spec.requiredAuthenticationRefs[0].kind: must be a MeshTLSAuthentication, a NetworkAuthentication or a ServiceAccount, not "Secret"',
    ],
  ],
  [
    "everything that is wrong is told at once",
    authz({ group: "apps", kind: "Deployment" }, [{ ...nets, namespace: 7 }, nets, "x"]),
    [
      "spec.targetRef.name: is missing",
      'spec.targetRef.kind: must be a Server, an HTTPRoute, a GRPCRoute or the policy\'s own Namespace, not "Deployment.apps"',
      "spec.requiredAuthenticationRefs[0].namespace: must be a text",
      "spec.requiredAuthenticationRefs[2]: must be an object",
      "spec.requiredAuthenticationRefs: must have at most one NetworkAuthentication",
    ],
  ],
];

const meshTls: Rows = [
  ["a ServiceAccount", { identityRefs: [{ kind: "ServiceAccount", name: "default" }] }],
  ["a Namespace", { identityRefs: [{ kind: "Namespace", name: "default" }] }],
  [
    "a Namespace in a namespace",
    { identityRefs: [{ kind: "Namespace", name: "default", namespace: "default" }] },
    ["spec.identityRefs[0].namespace: is not for a Namespace, which is in none"],
  ],
  [
    "a reference of another kind",
    { identityRefs: [{ group: "apps", kind: "Deployment", name: "web" }] },
    ['spec.identityRefs[0].kind: must be a ServiceAccount or a Namespace, not "Deployment.apps"'],
  ],
  ["strings", { identities: ["example.id"] }],
  ["any, and those below", { identities: ["*", "*.system.local", "a-b.c"] }],
  ["SPIFFE", { identities: ["spiffe://trustdomain", "spiffe://trustdomain/path/element", "spiffe://a_b.c-d/X_.y-Z"] }],
  ["empty", {}, ["spec: must have identities or identityRefs, one of them"]],
  [
    "references and strings",
    { identities: ["example.id"], identityRefs: [{ kind: "ServiceAccount", name: "default" }] },
    ["spec: must have identities or identityRefs, one of them"],
  ],
  ["no string", { identities: [] }, ["spec.identities: must not be empty"]],
  ...[
    "system.local.*",
    "system.local.",
    ".system.local",
    "system..local",
    "",
    "A.local",
    "-a",
    "http://domain.test/path",
  ].map(
    (name) =>
      [
        `identity "${name}"`,
        { identities: [name] },
        [
          "spec.identities[0]: must be a DNS name in lower case, such as web.shop.serviceaccount.identity…, *, *.<suffix>, or a SPIFFE ID",
        ],
      ] as const,
  ),
  ...["spiffe:/path/element", "spiffe:path/element"].map(
    (name) =>
      [
        `identity "${name}"`,
        { identities: [name] },
        [
          "spec.identities[0]: must be a DNS name in lower case, such as web.shop.serviceaccount.identity…, *, *.<suffix>, or a SPIFFE ID",
        ],
      ] as const,
  ),
  [
    "SPIFFE without trust domain",
    { identities: ["spiffe:///path/element"] },
    ["spec.identities[0]: must have a trust domain after spiffe://"],
  ],
  ...["spiffe://domain.test:8080/path", "spiffe://user:password@test.org/path"].map(
    (name) =>
      [
        `identity "${name}"`,
        { identities: [name] },
        ["spec.identities[0]: its trust domain must be of a-z, 0-9, dots, dashes and underscores"],
      ] as const,
  ),
  ...[
    "spiffe://domain.test/path?query=",
    "spiffe://domain.test/path#fragment-1",
    "spiffe://test.org/",
    "spiffe://test.org//",
    "spiffe://test.org/path/other/",
    "spiffe://test.org/./other",
    "spiffe://test.org/../other",
    "spiffe://test.org/other/..",
  ].map(
    (name) =>
      [
        `identity "${name}"`,
        { identities: [name] },
        ["spec.identities[0]: its path must be of letters, digits, dots, dashes and underscores between slashes"],
      ] as const,
  ),
];

const wide = { cidr: "10.1.1.0/24", except: ["10.1.0.0/16"] };
const beside = { cidr: "10.1.1.0/24", except: ["10.1.2.0/24"] };
const fine = [{ cidr: "10.1.0.0/24" }, { cidr: "10.1.1.0/24", except: ["10.1.1.0/28"] }];

const networks = (at: string, of: (networks: Json) => JsonObject): Rows => [
  ["valid", of(fine)],
  ["an address as exception", of([{ cidr: "10.1.0.0/16", except: ["10.1.1.1"] }])],
  ["addresses", of([{ cidr: "10.1.0.2" }, { cidr: "10.1.1.0/24", except: ["10.1.1.3"] }])],
  ["IPv6", of([{ cidr: "fd00::/8", except: ["fd00::1", "fd00:1::/32"] }])],
  ["IPv4 within IPv6", of([{ cidr: "::/0", except: ["::ffff:10.0.0.0/104"] }])],
  ["octets with zeros in front", of([{ cidr: "010.001.0.0/16" }])],
  ["bits of hosts", of([{ cidr: "10.1.1.7/16", except: ["10.1.9.0/24"] }])],
  ["the whole network is excepted", of([wide]), [`${at}[0].except[0]: leaves nothing of 10.1.1.0/24`]],
  [
    "the network itself is excepted",
    of([{ cidr: "10.1.1.7", except: ["10.1.1.7/32"] }]),
    [`${at}[0].except[0]: leaves nothing of 10.1.1.7/32`],
  ],
  ["an exception beside it", of([beside]), [`${at}[0].except[0]: is not within 10.1.1.0/24`]],
  [
    "an exception of the other family",
    of([{ cidr: "10.0.0.0/8", except: ["fd00::1"] }]),
    [`${at}[0].except[0]: is not within 10.0.0.0/8`],
  ],
  [
    "an exception that is none",
    of([{ cidr: "10.1.0.0/16", except: ["bogus"] }]),
    [`${at}[0].except[0]: must be a network, such as 10.0.0.0/8, or an address`],
  ],
  [
    "a network that is none",
    of([{ cidr: "bogus" }]),
    [`${at}[0].cidr: must be a network, such as 10.0.0.0/8, or an address`],
  ],
  [
    "a prefix that is too long",
    of([{ cidr: "10.0.0.0/33" }]),
    [`${at}[0].cidr: must be a network, such as 10.0.0.0/8, or an address`],
  ],
  [
    "an address with zeros in front",
    of([{ cidr: "010.1.1.1" }]),
    [`${at}[0].cidr: must be a network, such as 10.0.0.0/8, or an address`],
  ],
  ["no network in it", of([{ except: [] }]), [`${at}[0].cidr: is missing`]],
];

const serverSpec = (more: JsonObject): JsonObject => ({ podSelector: {}, port: 80, ...more });
const servers: Rows = [
  ["valid", serverSpec({})],
  ["labels", serverSpec({ podSelector: { matchLabels: { app: "test" } } })],
  ["a port by name", serverSpec({ port: "http", proxyProtocol: "HTTP/2", accessPolicy: "audit" })],
  ["external workloads", { externalWorkloadSelector: {}, port: 80 }],
  [
    "another protocol",
    serverSpec({ proxyProtocol: "garbanzo" }),
    ["spec.proxyProtocol: must be one of unknown, HTTP/1, HTTP/2, gRPC, opaque, TLS"],
  ],
  [
    "another access policy",
    serverSpec({ accessPolicy: "foobar" }),
    [
      "spec.accessPolicy: must be one of all-unauthenticated, all-authenticated, cluster-unauthenticated, cluster-authenticated, deny, audit",
    ],
  ],
  ["port 0", serverSpec({ port: 0 }), ["spec.port: must be a number, 1 to 65535, or the name of a container's port"]],
  ["no selector", { port: 80 }, ["spec: must have podSelector or externalWorkloadSelector, one of them"]],
  [
    "a label that is not text",
    serverSpec({ podSelector: { matchLabels: { app: 7 } } }),
    ['spec.podSelector.matchLabels["app"]: must be a text'],
  ],
];

const client = (more: JsonObject): JsonObject => ({ server: { name: "test" }, client: more });
const serverAuthorization: Rows = [
  ...networks("spec.client.networks", (list) => client({ networks: list, unauthenticated: true })),
  ["identities", client({ meshTLS: { identities: ["*"], serviceAccounts: [{ name: "a", namespace: "b" }] } })],
  ["a selector", { server: { selector: {} }, client: { unauthenticated: true } }],
  ["networks that are none in it", client({ networks: [], unauthenticated: true })],
  [
    "unauthenticated and MeshTLS",
    client({ unauthenticated: true, meshTLS: { identities: ["*"] } }),
    ["spec.client.unauthenticated: must not be true beside meshTLS"],
  ],
  [
    "unauthenticated TLS and identities",
    client({ meshTLS: { unauthenticatedTLS: true, identities: ["*"] } }),
    ["spec.client.meshTLS.unauthenticatedTLS: must not be true beside identities or serviceAccounts"],
  ],
  ["no server", { client: {} }, ["spec.server: is missing"]],
  ["a text for a truth", client({ unauthenticated: "true" }), ["spec.client.unauthenticated: must be true or false"]],
];

const egressNetwork: Rows = [
  ...networks("spec.networks", (list) => ({ trafficPolicy: "Allow", networks: list })),
  ["no networks", { trafficPolicy: "Deny" }],
  ["no network", { trafficPolicy: "Allow", networks: [] }, ["spec.networks: must not be empty"]],
  ["another traffic policy", { trafficPolicy: "deny" }, ["spec.trafficPolicy: must be one of Allow, Deny"]],
];

const networkAuthentication: Rows = [
  ...networks("spec.networks", (list) => ({ networks: list })),
  ["no network", { networks: [] }, ["spec.networks: must not be empty"]],
  ["nothing", {}, ["spec.networks: is missing"]],
];

const rate = (requestsPerSecond: Json): JsonObject => ({ requestsPerSecond });
const clientRefs = [{ group: "", kind: "ServiceAccount", name: "sa-1", namespace: "linkerd" }];
const limits = (more: JsonObject): JsonObject => ({
  targetRef: server,
  total: rate(1000),
  identity: rate(100),
  overrides: [{ ...rate(200), clientRefs }],
  ...more,
});
const rateLimits: Rows = [
  ["valid", limits({})],
  ["nothing but a target", { targetRef: server }],
  [
    "targets a Deployment",
    limits({ targetRef: { group: "apps", kind: "Deployment", name: "api" } }),
    ['spec.targetRef.kind: must be a Server, not "Deployment.apps"'],
  ],
  [
    "more for an identity than in total",
    limits({ identity: rate(2000) }),
    ["spec.identity.requestsPerSecond: must not be greater than that of total, 1000"],
  ],
  [
    "more for others than in total",
    limits({ overrides: [{ ...rate(2000), clientRefs }] }),
    ["spec.overrides[0].requestsPerSecond: must not be greater than that of total, 1000"],
  ],
  ["none", limits({ identity: rate(0) }), ["spec.identity.requestsPerSecond: must be greater than 0"]],
  [
    "for a client of another kind",
    limits({ overrides: [{ ...rate(1), clientRefs: [{ kind: "Pod", name: "p" }] }] }),
    ['spec.overrides[0].clientRefs[0].kind: must be a ServiceAccount, not "Pod"'],
  ],
];

const parent = { group: "policy.linkerd.io", kind: "Server", namespace: ns, name: "my-server" };
const egress = { group: "policy.linkerd.io", kind: "EgressNetwork", namespace: ns, name: "my-egress-net" };
const service = { group: "core", kind: "Service", name: "web", port: 80 };
const exact = (value: string): JsonObject => ({ path: { type: "Exact", value } });
const route = (rule: JsonObject, parentRefs: Json = [parent]): JsonObject => ({ parentRefs, rules: [rule] });
const foo = { matches: [exact("/foo")] };
const redirect = (path: JsonObject): JsonObject =>
  route({ ...foo, filters: [{ type: "RequestRedirect", requestRedirect: { path } }] });
const annotated = (key: string, value: string): JsonObject => ({ [key]: value });
const duration = "must be a whole number with a unit, such as 500ms or 10s";

const routes: Rows = [
  ["valid", route(foo)],
  ["nothing", {}],
  ["an EgressNetwork with its port", route(foo, [{ ...egress, port: 555 }])],
  [
    "an EgressNetwork without its port",
    route(foo, [egress]),
    ["spec.parentRefs[0].port: is missing: an EgressNetwork is a parent with a port"],
  ],
  [
    "a path that is relative",
    route({ matches: [exact("foo/bar")] }),
    ["spec.rules[0].matches[0].path.value: must begin with /"],
  ],
  ["a path that is a pattern", route({ matches: [{ path: { type: "RegularExpression", value: "foo.*" } }] })],
  ["a redirect", redirect({ type: "ReplaceFullPath", replaceFullPath: "/foo/bar" })],
  [
    "a redirect that is relative",
    redirect({ type: "ReplaceFullPath", replaceFullPath: "foo/bar" }),
    ["spec.rules[0].filters[0].requestRedirect.path.replaceFullPath: must begin with /"],
  ],
  [
    "a redirect to nowhere",
    redirect({ type: "ReplaceFullPath" }),
    ["spec.rules[0].filters[0].requestRedirect.path: must have replaceFullPath or replacePrefixMatch"],
  ],
  [
    "a filter of the Gateway API alone",
    route({ filters: [{ type: "URLRewrite", urlRewrite: {} }] }),
    ["spec.rules[0].filters[0].type: must be one of RequestHeaderModifier, ResponseHeaderModifier, RequestRedirect"],
  ],
  [
    "headers",
    route({
      matches: [{ headers: [{ name: "x a", value: "b" }], method: "get" }],
      filters: [{ type: "RequestHeaderModifier", requestHeaderModifier: { set: [{ name: "x", value: "a\nb" }] } }],
    }),
    [
      "spec.rules[0].matches[0].headers[0].name: must be the name of a header",
      "spec.rules[0].matches[0].method: must be one of GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH",
      "spec.rules[0].filters[0].requestHeaderModifier.set[0].value: must be a header's value, without control characters",
    ],
  ],
  ["timeouts", route({ ...foo, timeouts: { request: "1m30s", backendRequest: "500ms" } })],
  [
    "timeouts that are negative",
    route({ timeouts: { request: "-1s" } }),
    ["spec.rules[0].timeouts.request: must not be negative"],
  ],
  [
    "a longer timeout within",
    route({ timeouts: { request: "1s", backendRequest: "2s" } }),
    ["spec.rules[0].timeouts.backendRequest: must not be longer than request"],
  ],
  [
    "a timeout without unit",
    route({ timeouts: { request: "10" } }),
    ["spec.rules[0].timeouts.request: must be a duration, such as 10s"],
  ],
  [
    "annotations",
    route(foo, [service]),
    [],
    { "retry.linkerd.io/http": "5xx,429,500-504", "timeout.linkerd.io/idle": " 0 " },
  ],
  ["annotations that count for nothing", route(foo), [], annotated("retry.linkerd.io/http", "often")],
  [
    "a retry that is none",
    route(foo, [service]),
    [
      'metadata.annotations["retry.linkerd.io/http"]: must be statuses, such as 5xx, gateway-error, 503 or 500-504, with commas',
    ],
    annotated("retry.linkerd.io/http", "5xx,504-500"),
  ],
  [
    "a limit that is none",
    route(foo, [{ ...egress, port: 1 }]),
    ['metadata.annotations["retry.linkerd.io/limit"]: must be a whole number from 0 to 65535'],
    annotated("retry.linkerd.io/limit", "65536"),
  ],
  ...["10", "0.5s", "-1s", "10x", ""].map(
    (value) =>
      [
        `timeout ${JSON.stringify(value)}`,
        route(foo, [service]),
        [`metadata.annotations["timeout.linkerd.io/request"]: ${duration}`],
        annotated("timeout.linkerd.io/request", value),
      ] as const,
  ),
];

const kinds: Readonly<Record<LinkerdKind, Rows>> = {
  AuthorizationPolicy: authorizationPolicy,
  MeshTLSAuthentication: meshTls,
  NetworkAuthentication: networkAuthentication,
  Server: servers,
  ServerAuthorization: serverAuthorization,
  EgressNetwork: egressNetwork,
  HTTPRoute: routes,
  HTTPLocalRateLimitPolicy: rateLimits,
};

export const expectations: readonly Expectation[] = (Object.keys(kinds) as LinkerdKind[]).flatMap((kind) =>
  kinds[kind].map(([claim, spec, refused = [], annotations]) => ({
    claim,
    kind,
    spec,
    refused,
    ...(annotations === undefined ? {} : { annotations }),
  })),
);

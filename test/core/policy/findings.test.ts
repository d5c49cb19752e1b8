import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { policyFindings } from "../../../src/core/policy/findings.ts";
import type { PolicyFindings } from "../../../src/core/policy/findings.ts";
import { podView } from "../../../src/core/view/from-objects.ts";
import { viewOf, mesh } from "../../support/view.ts";

const key = "config.linkerd.io/default-inbound-policy";
const metadata = (name: string, more: JsonObject = {}): JsonObject => ({ name, namespace: "shop", ...more });

const pod = (container: JsonObject, annotations: JsonObject = {}, spec: JsonObject = {}): JsonObject => ({
  kind: "Pod",
  metadata: metadata("web-1", { labels: { app: "web", "linkerd.io/control-plane-ns": "weft" }, annotations }),
  spec: {
    containers: [
      { name: "linkerd-proxy" },
      { name: "app", ports: [{ name: "http", containerPort: 8080 }], ...container },
    ],
    ...spec,
  },
});
const policy = (kind: string, name: string, spec: JsonObject, more: JsonObject = {}): JsonObject => ({
  kind,
  metadata: metadata(name, more),
  spec,
});
const server = (name: string, more: JsonObject = {}, created = "2026-01-01T00:00:00Z"): JsonObject =>
  policy("Server", name, { podSelector: {}, port: "http", ...more }, { creationTimestamp: created });

function found(objects: readonly JsonObject[]): PolicyFindings {
  const pods = objects.filter(({ kind }) => kind === "Pod").map((object) => ({ pod: podView(object), object }));
  return policyFindings(viewOf(...objects), mesh, { pods, namespaces: ["shop"] });
}

describe("core/policy/findings", () => {
  const https = { livenessProbe: { httpGet: { scheme: "HTTPS", port: 8443, path: "/live" } } };
  const http = {
    readinessProbe: { httpGet: { port: "http", path: "/ready" } },
    startupProbe: { grpc: { port: 9090 } },
  };
  const hook = { lifecycle: { preStop: { httpGet: { scheme: "HTTPS", port: "http" } } } };
  const deny = { [key]: "deny" };
  const https8443 = "Pod/web-1 in shop: livenessProbe of container app asks port 8443 by HTTPS";
  const route = (name: string, server: string, more: JsonObject = {}): JsonObject =>
    policy("HTTPRoute", name, { parentRefs: [{ group: "policy.linkerd.io", kind: "Server", name: server }], ...more });
  const rows: readonly [claim: string, objects: readonly JsonObject[], found: Partial<PolicyFindings>][] = [
    ["a pod that is right", [pod(http)], {}],
    ["HTTP and gRPC under deny", [pod(http, deny)], {}],
    ["HTTPS under deny", [pod(https, deny)], { refused: [https8443] }],
    ["HTTPS where identities are asked for", [pod(https, { [key]: "all-authenticated" })], { refused: [https8443] }],
    ["HTTPS where everybody gets in", [pod(https)], {}],
    [
      "HTTPS under the namespace's policy",
      [pod(https), { kind: "Namespace", metadata: { name: "shop", annotations: deny } }],
      { refused: [https8443] },
    ],
    ["HTTPS past the proxy", [pod(https, { ...deny, "config.linkerd.io/skip-inbound-ports": "8443" })], {}],
    ["HTTPS in the host's network", [pod(https, deny, { hostNetwork: true })], {}],
    ["a pod that has ended", [{ ...pod(https, deny), status: { phase: "Succeeded" } }], {}],
    [
      "HTTPS of somebody else",
      [pod({ livenessProbe: { httpGet: { scheme: "HTTPS", port: 8443, host: "example.org" } } }, deny)],
      {},
    ],
    [
      "a hook by HTTPS, its port by name",
      [pod(hook, deny)],
      { refused: ["Pod/web-1 in shop: preStop of container app asks port 8080 by HTTPS"] },
    ],
    [
      "HTTP on an opaque port",
      [pod(http, { ...deny, "config.linkerd.io/opaque-ports": "8080" })],
      { refused: ["Pod/web-1 in shop: readinessProbe of container app asks port 8080 by HTTP"] },
    ],
    ["TCP", [pod({ livenessProbe: { tcpSocket: { port: 8443 } } }, deny)], {}],
    [
      "two Servers on one port, by name and by number: the older decides",
      [pod({}), server("z-older"), server("a-newer", { port: 8080 }, "2026-02-01T00:00:00Z")],
      { contested: ["port 8080 of Pod/web-1 in shop: Server z-older decides, and not a-newer"] },
    ],
    ["two Servers on two ports", [pod({}), server("a"), server("b", { port: 9090 })], {}],
    [
      "two Servers of other pods",
      [pod({}), server("a"), server("b", { podSelector: { matchLabels: { app: "x" } } })],
      { unheld: ["Server shop/b: selects no pod in the mesh"] },
    ],
    [
      "policies that cannot be read, and a route that closes a Server",
      [
        pod({}),
        server("a"),
        route("r", "a", { rules: [{ matches: [{ path: { value: "x" } }] }] }),
        policy("NetworkAuthentication", "n", { networks: [{ cidr: "x" }] }),
      ],
      {
        unheld: [
          "NetworkAuthentication shop/n: spec.networks[0].cidr: must be a network, such as 10.0.0.0/8, or an address",
          "HTTPRoute shop/r: spec.rules[0].matches[0].path.value: must begin with /",
          "HTTPRoute shop/r: spec.parentRefs: closes Server a, but for kubelet's probes: which requests it is for cannot be read",
        ],
      },
    ],
    [
      "authorizations for routes that are not there, or attached to nothing",
      [
        pod({}),
        server("a"),
        route("attached", "a"),
        route("loose", "gone"),
        ...["attached", "loose", "gone"].map((name) =>
          policy("AuthorizationPolicy", name, {
            targetRef: { group: "policy.linkerd.io", kind: "HTTPRoute", name },
            requiredAuthenticationRefs: [],
          }),
        ),
      ],
      {
        unheld: [
          "AuthorizationPolicy shop/gone: there is no HTTPRoute shop/gone: it lets nobody in",
          "AuthorizationPolicy shop/loose: HTTPRoute shop/loose is attached to no Server: it lets nobody in",
          "HTTPRoute shop/loose: there is no Server gone in its namespace, to which it is attached",
        ],
      },
    ],
    [
      "HTTP where calls are told apart",
      [pod(http), server("a", { proxyProtocol: "gRPC" }), { ...route("r", "a"), kind: "GatewayGRPCRoute" }],
      { refused: ["Pod/web-1 in shop: readinessProbe of container app asks port 8080 by HTTP"] },
    ],
    [
      "Servers that select nobody",
      [
        { ...pod({}), status: { phase: "Succeeded" } },
        server("ended"),
        server("outside", { podSelector: undefined, externalWorkloadSelector: {} }),
      ],
      {
        unheld: [
          "Server shop/ended: selects no pod in the mesh",
          "Server shop/outside: is for workloads outside of the cluster: it selects no pod",
        ],
      },
    ],
    [
      "a Server for a port by a name that its pods have not",
      [pod({}), server("a", { port: "htp" })],
      { unheld: ["Server shop/a: no pod that it selects has a port named htp"] },
    ],
    ["a Server for a number that no container lists", [pod({}), server("a", { port: 9 })], {}],
    [
      "authorizations for Servers that are not there",
      [
        policy("ServerAuthorization", "by-name", { server: { name: "gone" }, client: { unauthenticated: true } }),
        policy("ServerAuthorization", "by-label", {
          server: { selector: { matchLabels: { a: "b" } } },
          client: { unauthenticated: true },
        }),
        policy("AuthorizationPolicy", "one", {
          targetRef: { group: "policy.linkerd.io", kind: "Server", name: "gone" },
          requiredAuthenticationRefs: [],
        }),
        policy("AuthorizationPolicy", "all", {
          targetRef: { kind: "Namespace", name: "shop" },
          requiredAuthenticationRefs: [],
        }),
      ],
      {
        unheld: [
          "ServerAuthorization shop/by-label: selects no Server of its namespace: it lets nobody in",
          "ServerAuthorization shop/by-name: there is no Server gone in its namespace: it lets nobody in",
          "AuthorizationPolicy shop/all: there is no Server in namespace shop: it lets nobody in",
          "AuthorizationPolicy shop/one: there is no Server gone in its namespace: it lets nobody in",
        ],
      },
    ],
    [
      "authorizations for Servers that are there",
      [
        pod({}),
        server("a"),
        policy("ServerAuthorization", "s", { server: { name: "a" }, client: { unauthenticated: true } }),
        policy("AuthorizationPolicy", "p", {
          targetRef: { kind: "Namespace", name: "shop" },
          requiredAuthenticationRefs: [],
        }),
      ],
      {},
    ],
    [
      "a route that is attached to a Server that is not there",
      [route("r", "a")],
      { unheld: ["HTTPRoute shop/r: there is no Server a in its namespace, to which it is attached"] },
    ],
    [
      "a NetworkPolicy whose Service selects nobody",
      [
        policy("NetworkPolicy", "p", { targetRef: { kind: "Service", name: "idle" } }),
        policy("Service", "idle", { selector: { app: "idle" }, ports: [{ port: 80 }] }),
      ],
      { unheld: ["NetworkPolicy shop/p: no pod in the mesh is behind Service idle"] },
    ],
    [
      "NetworkPolicies that hold for no pod",
      [
        policy("NetworkPolicy", "p", { targetRef: { kind: "Service", name: "gone" } }),
        policy("NetworkPolicy", "q", { targetRef: { kind: "Service", name: "bare" } }),
        policy("Service", "bare", { ports: [{ port: 80 }] }),
      ],
      {
        unheld: [
          "NetworkPolicy shop/p: there is no Service gone: it holds for no pod",
          "NetworkPolicy shop/q: Service bare has no selector: it holds for no pod",
        ],
      },
    ],
    [
      "NetworkPolicies for a port that a Server decides about, and for one that passes the proxy by",
      [
        pod({}, { "config.linkerd.io/skip-inbound-ports": "9000" }),
        server("a"),
        policy("Service", "web", { selector: { app: "web" }, ports: [{ port: 80, targetPort: "http" }] }),
        policy("NetworkPolicy", "held", {
          targetRef: { kind: "Service", name: "web" },
          ingress: [{ ports: [{ port: 7000 }] }],
        }),
        policy("NetworkPolicy", "p", {
          targetRef: { kind: "Service", name: "web" },
          ingress: [{ ports: [{ port: 80 }] }],
        }),
        policy("NetworkPolicy", "q", {
          targetRef: { kind: "Service", name: "web" },
          ingress: [{ ports: [{ port: 9000 }] }],
        }),
      ],
      {
        unheld: [
          "NetworkPolicy shop/p: Server a decides about port 8080",
          "NetworkPolicy shop/q: port 9000 passes the proxy of some pods by",
        ],
      },
    ],
    [
      "default policies that are none",
      [pod({}, { [key]: "deny " }), { kind: "Namespace", metadata: { name: "shop", annotations: { [key]: "Deny" } } }],
      {
        unheld: [
          `Namespace shop: ${key}: "Deny" is not a policy, and closes nothing; did you mean "deny"?`,
          `Pod/web-1 in shop: ${key}: "deny " is not a policy, and closes nothing; did you mean "deny"?`,
        ],
      },
    ],
  ];
  for (const [claim, objects, expected] of rows)
    it(claim, () => {
      expect(found(objects)).to.deep.equal({ unheld: [], contested: [], refused: [], ...expected });
    });
});

import { expect } from "chai";
import type { GrpcRoute, HttpRoute } from "../../../src/core/proxy-api/inbound.ts";
import { serverOf, who } from "./answers.ts";
import { viewOfManifests } from "../../support/view.ts";

const pod = `
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: main, ports: [{ containerPort: 8080 }], readinessProbe: { httpGet: { path: /up, port: 8080 } },
  livenessProbe: { grpc: { port: 8080 } } }] }
`;
const server = (protocol: string, more = ""): string => `
---
kind: Server
metadata: { name: web }
spec: { podSelector: { matchLabels: { app: web } }, port: 8080, proxyProtocol: ${protocol}, ${more} }
`;
const route = (kind: string, name: string, rules: string, more = ""): string => `
---
kind: ${kind}
metadata: { name: ${name} }
spec: { parentRefs: [{ group: policy.linkerd.io, kind: Server, name: web }], rules: [${rules}], ${more} }
`;
const authorized = (name: string, target: string, account: string): string => `
---
kind: AuthorizationPolicy
metadata: { name: ${name} }
spec: { targetRef: ${target}, requiredAuthenticationRefs: [{ kind: ServiceAccount, name: ${account} }] }
`;
const toServer = "{ group: policy.linkerd.io, kind: Server, name: web }";
const toRoute = (name: string, group = "policy.linkerd.io", kind = "HTTPRoute"): string =>
  `{ group: ${group}, kind: ${kind}, name: ${name} }`;
const gateway = "gateway.networking.k8s.io";

const get = (path: string): string => `{ matches: [{ path: { type: Exact, value: ${path} }, method: GET }] }`;
const answer = (objects: string) => serverOf(viewOfManifests(pod + objects), 8080);
const namesOf = (routes: readonly (HttpRoute | GrpcRoute)[] = []) =>
  routes.map(({ metadata, authorizations = [] }) => [
    metadata?.default ?? metadata?.resource?.name,
    ...authorizations.map(who),
  ]);
const kubelet = ["probe", "anyone from everywhere"];

describe("core/policy/server-routes", () => {
  const prefixed = (path: string): string => `{ matches: [{ path: { value: ${path} }, method: GET }] }`;
  const order: readonly [claim: string, path: string, expected: readonly string[]][] = [
    ["as long as the probe's, slashes at the end aside", "/in///", ["probe", "r"]],
    ["shorter", "/i///", ["r", "probe"]],
    ["of very many slashes", `${"/".repeat(100_000)}x`, ["r", "probe"]],
  ];
  for (const [claim, path, expected] of order)
    it(`what kubelet asks comes first where a prefix may match it as well: ${claim}`, () => {
      const { protocol } = answer(server("HTTP/1") + route("HTTPRoute", "r", prefixed(path)));
      expect(namesOf(protocol?.http1?.routes).map(([name]) => name)).to.deep.equal(expected);
    });

  it("a Server's routes are sent with who may come in by each, beside whom the Server lets in", () => {
    const { protocol, authorizations } = answer(
      server("HTTP/1") +
        route("HTTPRoute", "read", get("/items")) +
        route("GatewayHTTPRoute", "write", "{}") +
        authorized("readers", toRoute("read"), "reader") +
        authorized("writers", toRoute("write", gateway), "writer") +
        authorized("everything", toServer, "admin"),
    );
    expect(authorizations?.map(who)).to.deep.equal(["admin.shop from everywhere"]);
    expect(namesOf(protocol?.http1?.routes)).to.deep.equal([
      ["read", "reader.shop from everywhere"],
      ["write", "writer.shop from everywhere"],
      kubelet,
    ]);
    const [read, write] = protocol?.http1?.routes ?? [];
    expect(read?.metadata).to.deep.equal({ resource: { group: "policy.linkerd.io", kind: "HTTPRoute", name: "read" } });
    expect(read?.rules).to.deep.equal([{ matches: [{ path: { exact: "/items" }, method: { registered: "GET" } }] }]);
    expect(write?.metadata).to.deep.equal({ resource: { group: gateway, kind: "HTTPRoute", name: "write" } });
    expect(write?.rules).to.deep.equal([{}]);
  });

  const rows: readonly [
    claim: string,
    objects: string,
    routes: (answer: ReturnType<typeof serverOf>) => unknown,
    expected: unknown,
  ][] = [
    [
      "an authorization of a route with the same name in another group is for that one",
      server("HTTP/2") + route("HTTPRoute", "a", "{}") + authorized("x", toRoute("a", gateway), "reader"),
      ({ protocol }) => namesOf(protocol?.http2?.routes),
      [["a"], kubelet],
    ],
    [
      "a Server that finds out what is spoken",
      server("unknown") + route("HTTPRoute", "a", "{}"),
      ({ protocol }) => namesOf(protocol?.detect?.http_routes),
      [["a"], kubelet],
    ],
    [
      "calls, with kubelet's first",
      server("gRPC") +
        route("GatewayGRPCRoute", "a", "{ matches: [{ method: { service: s.S } }] }") +
        authorized("x", toRoute("a", gateway, "GRPCRoute"), "reader"),
      ({ protocol }) => namesOf(protocol?.grpc?.routes),
      [kubelet, ["a", "reader.shop from everywhere"]],
    ],
    [
      "calls that kubelet makes",
      server("gRPC") + route("GatewayGRPCRoute", "a", "{ matches: [{ method: { service: s.S } }, {}] }"),
      ({ protocol }) => protocol?.grpc?.routes?.map(({ rules }) => rules),
      [
        [{ matches: [{ rpc: { service: "grpc.health.v1.Health", method: "Check" } }] }],
        [{ matches: [{ rpc: { service: "s.S" } }, { rpc: {} }] }],
      ],
    ],
    [
      "gRPC without routes of its own is HTTP/2",
      server("gRPC") + route("HTTPRoute", "a", "{}"),
      ({ protocol }) => namesOf(protocol?.http2?.routes),
      [["default"], kubelet],
    ],
    [
      "one that cannot be read: nobody comes in but kubelet",
      server("HTTP/1", "accessPolicy: all-unauthenticated") + route("HTTPRoute", "a", "{ matches: [1] }"),
      ({ protocol, authorizations }) => [authorizations, namesOf(protocol?.http1?.routes)],
      [[], [["default"], kubelet]],
    ],
    [
      "kubelet's comes first where another may match as well",
      server("HTTP/1") + route("HTTPRoute", "a", get("/up")),
      ({ protocol }) => namesOf(protocol?.http1?.routes),
      [kubelet, ["a"]],
    ],
    [
      "a prefix of that length, and a pattern, may as well",
      server("HTTP/1") + route("HTTPRoute", "a", "{ matches: [{ path: { value: /up/ }, method: GET }] }"),
      ({ protocol }) => namesOf(protocol?.http1?.routes),
      [kubelet, ["a"]],
    ],
    [
      "any pattern may",
      server("HTTP/1") +
        route("HTTPRoute", "a", "{ matches: [{ path: { type: RegularExpression, value: '/.*' }, method: GET }] }"),
      ({ protocol }) => namesOf(protocol?.http1?.routes),
      [kubelet, ["a"]],
    ],
    [
      "a path of another length may not, nor one for any method",
      server("HTTP/1") +
        route("HTTPRoute", "a", get("/upp")) +
        route("HTTPRoute", "b", "{ matches: [{ path: { type: Exact, value: /up } }] }"),
      ({ protocol }) => namesOf(protocol?.http1?.routes),
      [["a"], ["b"], kubelet],
    ],
    [
      "hosts and filters",
      server("HTTP/1") +
        route(
          "HTTPRoute",
          "a",
          `{ filters: [
            { type: RequestHeaderModifier, requestHeaderModifier: { remove: [X-A] } },
            { type: ResponseHeaderModifier, responseHeaderModifier: { remove: [X-B] } },
            { type: RequestRedirect, requestRedirect: { port: 81 } }] }`,
          "hostnames: [a.example]",
        ),
      ({ protocol }) => [protocol?.http1?.routes?.[0]?.hosts, protocol?.http1?.routes?.[0]?.rules],
      [
        [{ exact: "a.example" }],
        [
          {
            filters: [
              { request_header_modifier: { add: { headers: [] }, set: { headers: [] }, remove: ["x-a"] } },
              { redirect: { port: 81 } },
            ],
          },
        ],
      ],
    ],
  ];
  for (const [claim, objects, of, expected] of rows)
    it(claim, () => expect(of(answer(objects))).to.deep.equal(expected));
});

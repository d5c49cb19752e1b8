import { expect } from "chai";
import { issueText } from "../../../src/core/base/text/issue.ts";
import { policyIssues } from "../../../src/core/policy/linkerd.ts";
import { attachedRoutes, closingRoutes } from "../../../src/core/policy/routes.ts";
import { routeKinds } from "../../../src/core/view/objects.ts";
import { viewOfManifests, mesh } from "../../support/view.ts";

const server = (protocol: string, name = "web"): string => `
---
kind: Server
metadata: { name: ${name} }
spec: { podSelector: { matchLabels: { app: web } }, port: 8080, proxyProtocol: ${protocol} }
`;

const toWeb = "{ group: policy.linkerd.io, kind: Server, name: web }";
const route = (kind: string, name: string, spec = "", parent = toWeb, metadata = ""): string => `
---
kind: ${kind}
metadata: { name: ${name}, ${metadata} }
spec: { parentRefs: [${parent}], ${spec} }
`;

const attachedIn = (objects: string) => {
  const view = viewOfManifests(objects);
  const [web] = view.policies("Server", "shop");
  if (web === undefined) throw new Error("there is a Server");
  const attached = attachedRoutes(view, web);
  return attached.kind === "routes" ? attached.routes.map(({ kind, name }) => `${kind} ${name}`) : attached;
};

const created = (time: string): string => `creationTimestamp: "2026-01-0${time}T00:00:00Z"`;
const unreadable = "rules: [{ matches: [{ path: { type: RegularExpression, value: '(' } }] }]";

describe("core/policy/routes", () => {
  const http = server("HTTP/1");
  const rows: readonly [claim: string, objects: string, expected: unknown][] = [
    ["none", http, { kind: "none" }],
    ["one", http + route("HTTPRoute", "a"), ["HTTPRoute a"]],
    ["one of the Gateway API", http + route("GatewayHTTPRoute", "a"), ["GatewayHTTPRoute a"]],
    ["two parents, one Server", http + route("HTTPRoute", "a", "", `${toWeb}, ${toWeb}`), ["HTTPRoute a"]],
    [
      "the oldest first, then by name, then by group",
      http +
        route("HTTPRoute", "b", "", toWeb, created("2")) +
        route("HTTPRoute", "a", "", toWeb, created("3")) +
        route("HTTPRoute", "c", "", toWeb, created("2")) +
        route("GatewayHTTPRoute", "c", "", toWeb, created("2")) +
        route("GatewayHTTPRoute", "z", "", toWeb, created("1")),
      ["GatewayHTTPRoute z", "HTTPRoute b", "GatewayHTTPRoute c", "HTTPRoute c", "HTTPRoute a"],
    ],
    ["of another Server", http + route("HTTPRoute", "a", "", toWeb.replace("web", "api")), { kind: "none" }],
    ["of a Service", http + route("HTTPRoute", "a", unreadable, "{ kind: Service, name: web }"), { kind: "none" }],
    [
      "in another namespace",
      http + route("HTTPRoute", "a", "", toWeb.replace("name", "namespace: shop, name"), "namespace: lab"),
      { kind: "none" },
    ],
    ["without parents", http + route("HTTPRoute", "a", "", ""), { kind: "none" }],
    ["of calls, at HTTP", http + route("GatewayGRPCRoute", "a", unreadable), { kind: "none" }],
    ["of calls, at gRPC", server("gRPC") + route("GatewayGRPCRoute", "a"), ["GatewayGRPCRoute a"]],
    ["of requests, at gRPC", server("gRPC") + route("HTTPRoute", "a", unreadable), { kind: "none" }],
    ["at a Server that finds out", server("unknown") + route("HTTPRoute", "a"), ["HTTPRoute a"]],
    ["at opaque bytes", server("opaque") + route("HTTPRoute", "a"), { kind: "none" }],
    ["at TLS", server("TLS") + route("HTTPRoute", "a"), { kind: "none" }],
    [
      "one of two that cannot be read",
      http + route("HTTPRoute", "a") + route("HTTPRoute", "b", unreadable),
      { kind: "closed", why: "unreadable" },
    ],
    [
      "a filter that the proxy does not have",
      http + route("GatewayHTTPRoute", "a", "rules: [{ filters: [{ type: URLRewrite }] }]"),
      { kind: "closed", why: "unreadable" },
    ],
    [
      "a backend and a timeout that cannot be read, and are for clients",
      http + route("HTTPRoute", "a", "rules: [{ backendRefs: [{}], timeouts: { request: x } }]"),
      ["HTTPRoute a"],
    ],
    [
      "a port of a Server",
      http + route("HTTPRoute", "a", "", toWeb.replace("name", "port: 80, name")),
      { kind: "closed", why: "unreadable" },
    ],
    [
      "another parent that cannot be read",
      http + route("HTTPRoute", "a", "", `${toWeb}, { kind: Server }`),
      { kind: "closed", why: "unreadable" },
    ],
  ];
  for (const [claim, objects, expected] of rows)
    it(`attached to a Server: ${claim}`, () => expect(attachedIn(objects)).to.deep.equal(expected));

  const issuesIn = (objects: string): readonly string[] => {
    const view = viewOfManifests(objects);
    return routeKinds.flatMap((kind) =>
      view.policies(kind, "shop").flatMap((each) => policyIssues(view, mesh, each).map(issueText)),
    );
  };
  const told: readonly [claim: string, objects: string, expected: readonly string[]][] = [
    ["nothing of one that can be read", http + route("HTTPRoute", "a"), []],
    ["nothing of one for others", route("GatewayHTTPRoute", "a", unreadable, "{ name: gateway }"), []],
    [
      "what cannot be read, and what comes of it",
      http + route("HTTPRoute", "a", unreadable),
      [
        "spec.rules[0].matches[0].path.value: must be a regular expression as the proxy reads them (Rust's crate regex): a group is not closed at 1",
        "spec.parentRefs: closes Server web, but for kubelet's probes: which requests it is for cannot be read",
      ],
    ],
    [
      "that a Server of another namespace is no parent",
      http + route("HTTPRoute", "a", "", toWeb.replace("name", "namespace: lab, name")),
      ["spec.parentRefs: Server web of namespace lab: must be one of shop, the route's own"],
    ],
    [
      "that it is for another protocol",
      server("gRPC") + route("HTTPRoute", "a"),
      ["spec.parentRefs: holds nothing at Server web: an HTTPRoute is for one whose proxyProtocol is HTTP or unknown"],
    ],
    [
      "that calls are for gRPC",
      http + route("GatewayGRPCRoute", "a"),
      ["spec.parentRefs: holds nothing at Server web: a GRPCRoute is for one whose proxyProtocol is gRPC"],
    ],
    [
      "that answers are left as they are",
      http +
        route(
          "HTTPRoute",
          "a",
          "rules: [{ filters: [{ type: ResponseHeaderModifier, responseHeaderModifier: { remove: [x] } }] }]",
        ),
      ["spec.rules: ResponseHeaderModifier changes nothing of what a Server's pods answer"],
    ],
  ];
  for (const [claim, objects, expected] of told)
    it(`tells ${claim}`, () => expect(issuesIn(objects)).to.deep.equal(expected));

  it("names the routes that close a Server, and not those beside them", () => {
    const objects = http + route("HTTPRoute", "a") + route("GatewayHTTPRoute", "b", unreadable);
    expect(closingRoutes(viewOfManifests(objects))).to.deep.equal([
      "HTTPRoute.gateway.networking.k8s.io shop/b: closes Server web, but for kubelet's probes: which requests it is for cannot be read",
    ]);
  });
});

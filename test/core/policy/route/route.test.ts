import { expect } from "chai";
import type { Json, JsonObject } from "../../../../src/core/base/json/json.ts";
import { issueText } from "../../../../src/core/base/text/issue.ts";
import { grpcRoute, httpRoute, mostOfRoute, routeOf } from "../../../../src/core/policy/route/route.ts";
import { policyView } from "../../../../src/core/view/from-objects.ts";

const view = (spec: JsonObject, kind: "HTTPRoute" | "GatewayGRPCRoute" = "HTTPRoute") =>
  policyView(kind)({ metadata: { namespace: "shop", name: "r" }, spec });
const read = (spec: JsonObject) => {
  const { value, issues } = httpRoute(view(spec));
  return { ...value, issues: issues.map(issueText) };
};
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

describe("core/policy/route/route", () => {
  it("reads a whole HTTPRoute", () => {
    const { parents, hosts, rules, issues } = read({
      parentRefs: [
        { group: "policy.linkerd.io", kind: "Server", name: "api" },
        { kind: "Service", namespace: "lab", name: "web", port: 80, sectionName: null },
        { name: "gateway", sectionName: "http" },
      ],
      hostnames: ["shop.example", "*.shop.example"],
      rules: [
        {
          matches: [
            {
              path: { type: "Exact", value: "/a" },
              method: "GET",
              headers: [
                { name: "X-Kind", value: "tea" },
                { type: "RegularExpression", name: "x-n", value: "[0-9]+" },
              ],
              queryParams: [{ name: "q", value: "1" }],
            },
            { path: { value: "/b" } },
            { path: { type: "RegularExpression", value: "/c/.*" } },
            {},
          ],
          filters: [
            {
              type: "RequestHeaderModifier",
              requestHeaderModifier: { set: [{ name: "X-A", value: "1" }], remove: ["X-B"] },
            },
            { type: "ResponseHeaderModifier", responseHeaderModifier: { add: [{ name: "x-c", value: "2" }] } },
            {
              type: "RequestRedirect",
              requestRedirect: {
                scheme: "https",
                hostname: "o.example",
                port: 8443,
                statusCode: 302,
                path: { type: "ReplaceFullPath", replaceFullPath: "/o" },
              },
            },
          ],
          backendRefs: [
            { name: "v1", port: 80, weight: 9 },
            { name: "v2", namespace: "lab", port: 81 },
          ],
          timeouts: { request: "10s", backendRequest: "1s" },
        },
        {},
      ],
    });
    expect(issues).to.deep.equal([]);
    expect(parents).to.deep.equal([
      {
        group: "policy.linkerd.io",
        kind: "Server",
        namespace: "shop",
        name: "api",
        port: undefined,
        section: undefined,
      },
      { group: "", kind: "Service", namespace: "lab", name: "web", port: 80, section: undefined },
      { group: "", kind: "", namespace: "shop", name: "gateway", port: undefined, section: "http" },
    ]);
    expect(hosts).to.deep.equal([{ exact: "shop.example" }, { suffix: { reverse_labels: ["example", "shop"] } }]);
    const [first, second] = rules;
    const [exact, ...others] = first?.matches ?? [];
    expect(exact?.path).to.deep.equal({ exact: "/a" });
    expect(exact?.method).to.deep.equal({ registered: "GET" });
    expect(exact?.headers?.map(({ name, exact, regex }) => [name, text(exact), regex])).to.deep.equal([
      ["x-kind", "tea", undefined],
      ["x-n", "", "[0-9]+"],
    ]);
    expect(exact?.query_params).to.deep.equal([{ name: "q", exact: "1" }]);
    expect(others).to.deep.equal([{ path: { prefix: "/b" } }, { path: { regex: "/c/.*" } }, {}]);
    const [request, response, redirect] = first?.filters ?? [];
    expect(request).to.deep.nested.include({ kind: "requestHeaders", "modifier.remove": ["x-b"] });
    expect(response).to.deep.nested.include({ kind: "responseHeaders", "modifier.add.headers[0].name": "x-c" });
    expect(redirect).to.deep.equal({
      kind: "redirect",
      redirect: { scheme: { registered: "HTTPS" }, host: "o.example", path: { full: "/o" }, port: 8443, status: 302 },
    });
    const backend = { group: "", kind: "Service", filters: [] };
    expect(first?.backends).to.deep.equal([
      { ...backend, namespace: "shop", name: "v1", port: 80, weight: 9 },
      { ...backend, namespace: "lab", name: "v2", port: 81, weight: 1 },
    ]);
    expect(first?.timeouts).to.deep.equal({ request: 10_000_000_000n, backendRequest: 1_000_000_000n });
    expect(second).to.deep.equal({ matches: [], filters: [], backends: [], timeouts: {}, isWhole: true });
  });

  it("reads matches of a GRPCRoute", () => {
    const { value, issues } = grpcRoute(
      view(
        {
          rules: [
            { matches: [{ method: { service: "shop.Cart", method: "Add" } }, { method: { method: "Get" } }, {}] },
            { matches: [{ method: { type: "RegularExpression", service: ".*" } }] },
          ],
        },
        "GatewayGRPCRoute",
      ),
    );
    expect(value.rules[0]?.matches).to.deep.equal([
      { rpc: { service: "shop.Cart", method: "Add" } },
      { rpc: { method: "Get" } },
      { rpc: {} },
    ]);
    expect(issues.map(issueText)).to.deep.equal([
      "spec.rules[1].matches[0].method.type: must be Exact: the proxy matches calls by no pattern",
    ]);
  });

  const ofMatch = (match: JsonObject): JsonObject => ({ rules: [{ matches: [match] }] });
  const ofFilter = (filter: JsonObject): JsonObject => ({ rules: [{ filters: [filter] }] });
  const redirecting = (requestRedirect: JsonObject): JsonObject =>
    ofFilter({ type: "RequestRedirect", requestRedirect });
  const rows: readonly [claim: string, spec: JsonObject, issue: string][] = [
    [
      "a parent without name",
      { parentRefs: [{}] },
      "spec.parentRefs[0]: must have a name, and perhaps group, kind and namespace",
    ],
    [
      "a parent's port",
      { parentRefs: [{ name: "a", port: 0 }] },
      "spec.parentRefs[0].port: must be a number, 1 to 65535",
    ],
    ["no list", { rules: {} }, "spec.rules: must be a list"],
    ["no rule", { rules: [1] }, "spec.rules[0]: must be an object"],
    [
      "a host",
      { hostnames: ["*"] },
      "spec.hostnames[0]: must be a host's name, such as shop.example or *.shop.example",
    ],
    ["a path", ofMatch({ path: { value: "a" } }), "spec.rules[0].matches[0].path.value: must begin with /"],
    [
      "a kind of path",
      ofMatch({ path: { type: "Glob" } }),
      "spec.rules[0].matches[0].path.type: must be one of Exact, PathPrefix, RegularExpression",
    ],
    [
      "a pattern",
      ofMatch({ path: { type: "RegularExpression", value: "(?=a)" } }),
      "spec.rules[0].matches[0].path.value: must be a regular expression as the proxy reads them (Rust's crate regex): a group of that kind is unknown at 1",
    ],
    [
      "a method",
      ofMatch({ method: "get" }),
      "spec.rules[0].matches[0].method: must be one of GET, POST, PUT, DELETE, PATCH, OPTIONS, CONNECT, HEAD, TRACE",
    ],
    [
      "a header's name",
      ofMatch({ headers: [{ name: "a b", value: "" }] }),
      "spec.rules[0].matches[0].headers[0].name: must be the name of a header",
    ],
    [
      "a header's value",
      ofMatch({ headers: [{ name: "a", value: "\n" }] }),
      "spec.rules[0].matches[0].headers[0].value: must be a header's value, without control characters",
    ],
    [
      "a header's pattern",
      ofMatch({ headers: [{ name: "a", value: "*", type: "RegularExpression" }] }),
      "spec.rules[0].matches[0].headers[0].value: must be a regular expression as the proxy reads them (Rust's crate regex): there is nothing to repeat at 1",
    ],
    [
      "a parameter without name",
      ofMatch({ queryParams: [{ name: "", value: "" }] }),
      "spec.rules[0].matches[0].queryParams[0].name: must not be empty",
    ],
    [
      "a filter that the proxy does not know",
      ofFilter({ type: "URLRewrite" }),
      "spec.rules[0].filters[0].type: must be one of RequestHeaderModifier, ResponseHeaderModifier, RequestRedirect",
    ],
    [
      "a filter's name from elsewhere",
      ofFilter({ type: "toString" }),
      "spec.rules[0].filters[0].type: must be one of RequestHeaderModifier, ResponseHeaderModifier, RequestRedirect",
    ],
    [
      "a filter without content",
      ofFilter({ type: "RequestRedirect" }),
      "spec.rules[0].filters[0].requestRedirect: is missing",
    ],
    [
      "a redirect's scheme",
      redirecting({ scheme: "ftp" }),
      "spec.rules[0].filters[0].requestRedirect.scheme: must be one of http, https",
    ],
    [
      "a redirect's host",
      redirecting({ hostname: "a/b" }),
      "spec.rules[0].filters[0].requestRedirect.hostname: must be a host's name",
    ],
    [
      "a redirect's status",
      redirecting({ statusCode: 99 }),
      "spec.rules[0].filters[0].requestRedirect.statusCode: must be a status of HTTP, such as 301",
    ],
    [
      "a redirect's path",
      redirecting({ path: { replacePrefixMatch: "a" } }),
      "spec.rules[0].filters[0].requestRedirect.path.replacePrefixMatch: must begin with /",
    ],
    [
      "a weight",
      { rules: [{ backendRefs: [{ name: "a", weight: -1 }] }] },
      "spec.rules[0].backendRefs[0].weight: must be a whole number from 0 to 1000000",
    ],
    [
      "a timeout",
      { rules: [{ timeouts: { request: "soon" } }] },
      "spec.rules[0].timeouts.request: must be a duration that is not negative, such as 10s",
    ],
    [
      "more than anybody writes",
      { rules: Array.from({ length: 10 }, () => ({ matches: Array.from({ length: mostOfRoute / 10 }, () => ({})) })) },
      "spec: has more than 5000 elements in its lists",
    ],
    [
      "texts that are longer than anybody writes",
      {
        rules: Array.from({ length: 65 }, () => ({
          matches: [{ path: { type: "RegularExpression", value: "a".repeat(4_096) } }],
        })),
      },
      "spec: has more than 262144 characters in its texts",
    ],
  ];
  for (const [claim, spec, issue] of rows)
    it(`tells, with its place: ${claim}`, () => expect(read(spec).issues).to.deep.equal([issue]));

  it("has its parents also where it is too long to be read", () => {
    const spec = { parentRefs: [{ name: "a" }], rules: Array.from({ length: mostOfRoute }, () => ({})) };
    expect(read(spec).parents.map(({ name }) => name)).to.deep.equal(["a"]);
  });

  const unread: readonly [claim: string, rules: Json][] = [
    ["are too many", Array.from({ length: 1_001 }, () => ({}))],
    ["are no list", {}],
  ];
  for (const [claim, rules] of unread)
    it(`is not whole where its rules ${claim}`, () => expect(read({ rules }).isWhole).to.equal(false));

  it("is read once", () => {
    const route = view({});
    expect(routeOf(route)).to.equal(httpRoute(route));
  });
});

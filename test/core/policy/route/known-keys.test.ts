import { expect } from "chai";
import type { Json } from "../../../../src/core/base/json/json.ts";
import { issueText } from "../../../../src/core/base/text/issue.ts";
import { policyVerdict, unaskedIssues } from "../../../../src/core/policy/admission.ts";

const gateway = "gateway.networking.k8s.io/v1";
const told = (apiVersion: string, kind: string, spec: Json): readonly string[] =>
  unaskedIssues(apiVersion, kind, "shop", { apiVersion, kind, metadata: { name: "r" }, spec }).map((issue) =>
    issueText(issue).replace(/: expected .*$/, ""),
  );
const parentRefs = [{ group: "policy.linkerd.io", kind: "Server", name: "s" }];

describe("core/policy/route/known-keys", () => {
  const rows: readonly [claim: string, kind: string, spec: Json, expected: string][] = [
    [
      "a match without its method",
      "HTTPRoute",
      { parentRefs, rules: [{ matches: [{ mehtod: "GET", path: { type: "Exact", value: "/" } }] }] },
      'spec.rules[0].matches[0]["mehtod"]: is unknown (did you mean method?)',
    ],
    [
      "a rule without its matches",
      "HTTPRoute",
      { parentRefs, rules: [{ match: [] }] },
      'spec.rules[0]["match"]: is unknown',
    ],
    [
      "a route without its hosts",
      "HTTPRoute",
      { parentRefs, hostname: ["a"] },
      'spec["hostname"]: is unknown (did you mean hostnames?)',
    ],
    [
      "a filter of a backend",
      "HTTPRoute",
      {
        rules: [
          { backendRefs: [{ name: "b", port: 1, filters: [{ type: "URLRewrite", urlRewrite: { hostnme: "a" } }] }] },
        ],
      },
      'spec.rules[0].backendRefs[0].filters[0].urlRewrite["hostnme"]: is unknown (did you mean hostname?)',
    ],
    [
      "a call without its method",
      "GRPCRoute",
      { parentRefs, rules: [{ matches: [{ method: { service: "a.B", metod: "C" } }] }] },
      'spec.rules[0].matches[0].method["metod"]: is unknown (did you mean method?)',
    ],
    [
      "a parent without its port",
      "TCPRoute",
      { parentRefs: [{ group: "", kind: "Service", name: "s", prot: 1 }], rules: [] },
      'spec.parentRefs[0]["prot"]: is unknown (did you mean port?)',
    ],
    [
      "a backend without its weight",
      "TCPRoute",
      { rules: [{ backendRefs: [{ name: "b", port: 1, weigth: 0 }] }] },
      'spec.rules[0].backendRefs[0]["weigth"]: is unknown (did you mean weight?)',
    ],
    [
      "a parent without its group",
      "TCPRoute",
      { parentRefs: [{ kind: "Service", name: "s" }], rules: [] },
      "spec.parentRefs[0]: without a group is of gateway.networking.k8s.io, which has no Service; write group: core",
    ],
  ];
  for (const [claim, kind, spec, expected] of rows) {
    it(`tells of ${claim}`, () => expect(told(gateway, kind, spec)).to.include(expected));
  }

  it("knows what the Gateway API has and weft does not use", () => {
    const service = { name: "b", port: 1, group: "", kind: "Service", namespace: "n" };
    const rule = {
      name: "r",
      matches: [{ path: { type: "PathPrefix", value: "/" }, queryParams: [{ type: "Exact", name: "a", value: "b" }] }],
      filters: [{ type: "RequestMirror", requestMirror: { backendRef: service, fraction: { numerator: 1 } } }],
      backendRefs: [{ ...service, weight: 1 }],
      timeouts: { request: "1s", backendRequest: "1s" },
      retry: { codes: [503], attempts: 1, backoff: "1s" },
      sessionPersistence: { sessionName: "s" },
    };
    const texts = told(gateway, "HTTPRoute", { parentRefs, hostnames: ["a"], rules: [rule] });
    expect(texts.filter((text) => text.includes("is unknown"))).to.deep.equal([]);
  });

  it("tells of Linkerd's own HTTPRoute, too", () => {
    const spec = { parentRefs, rules: [{ matches: [{ mehtod: "GET" }] }] };
    const verdict = policyVerdict("HTTPRoute", "shop", { metadata: { name: "r" }, spec });
    expect(verdict?.warnings.map(({ at }) => at)).to.include('spec.rules[0].matches[0]["mehtod"]');
  });

  const kinds: readonly [apiVersion: string, kind: string, expected: readonly string[]][] = [
    ["split.smi-spec.io/v1alpha2", "TrafficSpilt", ['kind: "TrafficSpilt" is unknown; did you mean TrafficSplit?']],
    [gateway, "HTTPRuote", ['kind: "HTTPRuote" is unknown; did you mean HTTPRoute?']],
    [gateway, "TLSRoute", []],
    ["policy.linkerd.io/v1beta3", "Sever", ['kind: "Sever" is unknown; did you mean Server?']],
    ["example.com/v1", "HTTPRuote", []],
  ];
  for (const [apiVersion, kind, expected] of kinds) {
    it(`tells ${expected.length === 0 ? "nothing" : "what was meant"} of ${kind} of ${apiVersion}`, () =>
      expect(told(apiVersion, kind, {})).to.deep.equal(expected));
  }
});

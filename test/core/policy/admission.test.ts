import { expect } from "chai";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";
import { policyVerdict } from "../../../src/core/policy/admission.ts";
import { expectations, ns } from "./linkerd-expectations.ts";

const verdict = (kind: string, spec: JsonObject | undefined, annotations: JsonObject = {}) => {
  const found = policyVerdict(kind, ns, { metadata: { name: "test", annotations }, spec });
  if (found === undefined) throw new Error(`${kind} is not looked at`);
  return { refusals: found.refusals.map(issueText), warnings: found.warnings.map(issueText) };
};

describe("core/policy/admission", () => {
  describe("refuses what Linkerd's validator refuses, and nothing that it takes", () => {
    for (const { kind, claim, spec, annotations, refused } of expectations)
      it(`${kind}: ${claim}`, () => expect(verdict(kind, spec, annotations).refusals).to.deep.equal(refused));
    it("a policy without spec", () =>
      expect(verdict("Server", undefined).refusals).to.deep.equal(["spec: must be an object"]));
  });

  describe("refuses of weft's NetworkPolicy whatever cannot be read", () => {
    const target = { kind: "Service", name: "web" };
    const rows: readonly [claim: string, spec: JsonObject, refused: readonly string[]][] = [
      ["valid", { targetRef: target, ingress: [{ from: [{ selector: {} }], ports: [{ port: 1, endPort: 9 }] }] }, []],
      [
        "mistyped keys, all at once",
        { targetRef: target, ingres: [], ingress: [{ ports: [{ port: 1, protocl: "TCP" }] }] },
        [
          'spec.ingress[0].ports[0]["protocl"]: is unknown (did you mean protocol?): expected port, endPort, protocol',
          'spec["ingres"]: is unknown (did you mean ingress?): expected targetRef, ingress, egress',
        ],
      ],
    ];
    for (const [claim, spec, refused] of rows)
      it(claim, () => expect(verdict("NetworkPolicy", spec)).to.deep.equal({ refusals: refused, warnings: [] }));
  });

  describe("names keys of Linkerd's policies that nobody reads, also of one that is refused", () => {
    const server = { group: "policy.linkerd.io", kind: "Server", name: "s" };
    const rows: readonly [kind: string, spec: JsonObject, refused: readonly string[], keys: readonly string[]][] = [
      [
        "Server",
        { podSelector: { matchLabel: {} }, port: 80, proxyProtocl: "TLS" },
        [],
        ["spec.podSelector.matchLabel: matchLabels", "spec.proxyProtocl: proxyProtocol"],
      ],
      [
        "Server",
        { podSelectr: {}, port: 80 },
        ["spec: must have podSelector or externalWorkloadSelector, one of them"],
        ["spec.podSelectr: podSelector"],
      ],
      [
        "ServerAuthorization",
        {
          server: { name: "s", selektor: {} },
          client: { network: [], meshTLS: { identitys: [], serviceAccounts: [{ name: "a", namspace: "b" }] } },
        },
        [],
        [
          "spec.server.selektor: selector",
          "spec.client.meshTLS.serviceAccounts[0].namspace: namespace",
          "spec.client.meshTLS.identitys: identities",
          "spec.client.network: networks",
        ],
      ],
      [
        "AuthorizationPolicy",
        {
          targetRef: { ...server, nam: "t" },
          requiredAuthenticationRefs: [{ kind: "ServiceAccount", name: "a", namespac: "b" }],
          requiredAuthenticationRef: {},
        },
        [],
        [
          "spec.targetRef.nam: name",
          "spec.requiredAuthenticationRefs[0].namespac: namespace",
          "spec.requiredAuthenticationRef: requiredAuthenticationRefs",
        ],
      ],
      ["MeshTLSAuthentication", { identities: ["*"], identityRef: [] }, [], ["spec.identityRef: identityRefs"]],
      [
        "MeshTLSAuthentication",
        { identityRefs: [{ kind: "ServiceAccount", name: "a", nmespace: "b" }] },
        [],
        ["spec.identityRefs[0].nmespace: namespace"],
      ],
      [
        "NetworkAuthentication",
        { networks: [{ cidr: "10.0.0.0/8", exept: [] }] },
        [],
        ["spec.networks[0].exept: except"],
      ],
    ];
    const typo = /^(.*)\["(.*)"\]: is unknown \(did you mean (.*)\?\): expected /;
    for (const [kind, spec, refused, keys] of rows)
      it(`${kind}: ${keys.join(", ")}`, () => {
        const { refusals, warnings } = verdict(kind, spec);
        const found = warnings.flatMap((line) => {
          const [, at, key, meant] = typo.exec(line) ?? [];
          return at === undefined ? [] : [`${at}.${key}: ${meant}`];
        });
        expect({ refusals, found }).to.deep.equal({ refusals: refused, found: keys });
      });
  });

  describe("warns of what weft does not take up", () => {
    const mtls = { group: "policy.linkerd.io", kind: "MeshTLSAuthentication", name: "m" };
    const rows: readonly [kind: string, claim: string, spec: JsonObject, warnings: readonly string[]][] = [
      ["Server", "for pods", { podSelector: {}, port: 80 }, []],
      [
        "Server",
        "for external workloads",
        { externalWorkloadSelector: {}, port: 80 },
        ["spec.externalWorkloadSelector: weft does not take up external workloads"],
      ],
      [
        "AuthorizationPolicy",
        "for a Server, of authentications that may be there",
        {
          targetRef: { group: "policy.linkerd.io", kind: "Server", name: "api" },
          requiredAuthenticationRefs: [mtls],
        },
        [],
      ],
      [
        "AuthorizationPolicy",
        "for a route",
        {
          targetRef: { group: "policy.linkerd.io", kind: "HTTPRoute", name: "r" },
          requiredAuthenticationRefs: [mtls],
        },
        [],
      ],
      [
        "ServerAuthorization",
        "for nobody",
        { server: { name: "a" }, client: {} },
        ["spec.client: must have unauthenticated: true or meshTLS"],
      ],
      [
        "NetworkAuthentication",
        "of a network that only Linkerd reads",
        { networks: [{ cidr: "010.0.0.0/8" }] },
        ["spec.networks[0].cidr: must be a network, such as 10.0.0.0/8, or an address"],
      ],
      [
        "EgressNetwork",
        "that denies",
        { trafficPolicy: "Deny" },
        ["spec.trafficPolicy: weft does not take up EgressNetworks: nothing is denied"],
      ],
      ["EgressNetwork", "that allows", { trafficPolicy: "Allow" }, ["spec: weft does not take up EgressNetworks"]],
      [
        "HTTPLocalRateLimitPolicy",
        "that weft reads",
        { targetRef: { group: "policy.linkerd.io", kind: "Server", name: "api" } },
        [],
      ],
      ["HTTPRoute", "of a Server", { parentRefs: [{ group: "policy.linkerd.io", kind: "Server", name: "api" }] }, []],
      [
        "HTTPRoute",
        "of a Server of another namespace, by a pattern that the proxy does not take",
        {
          parentRefs: [{ group: "policy.linkerd.io", kind: "Server", name: "api", namespace: "lab" }],
          rules: [{ matches: [{ path: { type: "RegularExpression", value: "(?=a)" } }] }],
        },
        [
          "spec.rules[0].matches[0].path.value: must be a regular expression as the proxy reads them (Rust's crate regex): a group of that kind is unknown at 1",
          `spec.parentRefs: Server api of namespace lab: must be one of ${ns}, the route's own`,
        ],
      ],
      [
        "HTTPRoute",
        "of a Service",
        { parentRefs: [{ kind: "Service", name: "api", port: 80 }] },
        ["spec: weft does not read routes to Services: requests go where they went without it"],
      ],
      ["MeshTLSAuthentication", "", { identities: ["*"] }, []],
      [
        "MeshTLSAuthentication",
        "of more than weft reads",
        { identities: Array.from({ length: 1001 }, () => "a.b") },
        ["spec.identities: has more than 1000 elements"],
      ],
    ];
    for (const [kind, claim, spec, warnings] of rows)
      it(`${kind} ${claim}`, () => expect(verdict(kind, spec)).to.deep.equal({ refusals: [], warnings }));
  });

  it("looks at no other kind", () => expect(policyVerdict("ServiceProfile", ns, {})).to.equal(undefined));
});

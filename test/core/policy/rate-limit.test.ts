import { expect } from "chai";
import { issueText } from "../../../src/core/base/text/issue.ts";
import { policyIssues } from "../../../src/core/policy/linkerd.ts";
import { rateLimitStatus } from "../../../src/core/policy/rate-limit.ts";
import type { PolicyView } from "../../../src/core/view/objects.ts";
import { serverOf } from "./answers.ts";
import { viewOfManifests, mesh } from "../../support/view.ts";

const pod = `
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: main, ports: [{ containerPort: 8080 }] }] }
`;
const server = (protocol: string): string => `
---
kind: Server
metadata: { name: web }
spec: { podSelector: { matchLabels: { app: web } }, port: 8080, proxyProtocol: ${protocol} }
`;
const limit = (name: string, spec: string, metadata = ""): string => `
---
kind: HTTPLocalRateLimitPolicy
metadata: { name: ${name}, ${metadata} }
spec: { ${spec} }
`;
const target = "targetRef: { group: policy.linkerd.io, kind: Server, name: web }";
const created = (day: number): string => `creationTimestamp: "2026-01-0${day}T00:00:00Z"`;

const protocolIn = (objects: string) => serverOf(viewOfManifests(pod + objects), 8080).protocol;
const nameIn = (objects: string) => {
  const { detect, http1, http2 } = protocolIn(objects) ?? {};
  return (detect?.http_local_rate_limit ?? http1?.local_rate_limit ?? http2?.local_rate_limit)?.metadata?.resource
    ?.name;
};

describe("core/policy/rate-limit", () => {
  it("is sent whole", () => {
    const spec = `${target}, total: { requestsPerSecond: 1000 }, identity: { requestsPerSecond: 10 },
      overrides: [{ requestsPerSecond: 200, clientRefs: [{ kind: ServiceAccount, name: a }, { kind: ServiceAccount, name: b, namespace: lab }] }]`;
    const identity = (name: string) => ({ name: `${name}.serviceaccount.identity.weft.cluster.local` });
    expect(protocolIn(server("HTTP/1") + limit("l", spec))?.http1?.local_rate_limit).to.deep.equal({
      metadata: { resource: { group: "policy.linkerd.io", kind: "HTTPLocalRateLimitPolicy", name: "l" } },
      total: { requestsPerSecond: 1000 },
      identity: { requestsPerSecond: 10 },
      overrides: [
        { limit: { requestsPerSecond: 200 }, clients: { identities: [identity("a.shop"), identity("b.lab")] } },
      ],
    });
  });

  const rows: readonly [claim: string, objects: string, name: string | undefined][] = [
    ["HTTP/2", server("HTTP/2") + limit("l", target), "l"],
    ["a Server that finds out", server("unknown") + limit("l", target), "l"],
    ["gRPC without routes", server("gRPC") + limit("l", target), "l"],
    ["opaque bytes have none", server("opaque") + limit("l", target), undefined],
    ["none for another Server", server("HTTP/1") + limit("l", target.replace("web", "api")), undefined],
    ["none of another namespace", server("HTTP/1") + limit("l", target, "namespace: lab"), undefined],
    ["the oldest decides", server("HTTP/1") + limit("a", target, created(2)) + limit("b", target, created(1)), "b"],
    ["then the first by name", server("HTTP/1") + limit("b", target) + limit("a", target), "a"],
    [
      "one that cannot be read limits nothing, and leaves it to the next",
      server("HTTP/1") + limit("a", `${target}, total: { requestsPerSecond: 0 }`) + limit("b", target),
      "b",
    ],
  ];
  for (const [claim, objects, name] of rows) it(claim, () => expect(nameIn(objects)).to.equal(name));

  it("is as often as once in a nanosecond, whatever is asked for", () => {
    const { http1 } =
      protocolIn(server("HTTP/1") + limit("l", `${target}, total: { requestsPerSecond: 4294967295 }`)) ?? {};
    expect(http1?.local_rate_limit?.total).to.deep.equal({ requestsPerSecond: 1_000_000_000 });
  });

  const said = (objects: string) => {
    const view = viewOfManifests(objects);
    return view.policies("HTTPLocalRateLimitPolicy", "shop").map((policy: PolicyView) => {
      const { conditions, targetRef } = rateLimitStatus(view, policy);
      const [accepted] = conditions;
      return [
        policy.name,
        accepted && `${accepted.status} ${accepted.reason}`,
        targetRef?.["name"],
        ...policyIssues(view, mesh, policy).map(issueText),
      ];
    });
  };
  const told: readonly [claim: string, objects: string, expected: readonly unknown[]][] = [
    ["in force", server("HTTP/1") + limit("l", target), [["l", "True Accepted", "web"]]],
    [
      "no Server",
      limit("l", target),
      [
        [
          "l",
          "False NoMatchingTarget",
          "web",
          "spec.targetRef: limits nothing: there is no Server web in its namespace",
        ],
      ],
    ],
    [
      "a second one",
      server("HTTP/1") + limit("a", target) + limit("b", target),
      [
        ["a", "True Accepted", "web"],
        [
          "b",
          "False RateLimitReasonAlreadyExists",
          "web",
          "spec.targetRef: limits nothing: a, which is older, limits Server web",
        ],
      ],
    ],
    [
      "a Server without requests",
      server("TLS") + limit("l", target),
      [
        [
          "l",
          "False UnsupportedProtocol",
          "web",
          "spec.targetRef: limits nothing: Server web has no requests: its proxyProtocol is TLS",
        ],
      ],
    ],
    [
      "what cannot be read",
      server("HTTP/1") +
        limit(
          "l",
          `${target}, identity: { requestsPerSecond: 1.5 }, overrides: [{ requestsPerSecond: 1, clientRefs: [{ kind: Pod, name: a }] }]`,
        ),
      [
        [
          "l",
          "False Invalid",
          "web",
          "spec.identity.requestsPerSecond: must be a whole number from 1 to 4294967295",
          "spec.overrides[0].clientRefs[0]: must refer to a ServiceAccount",
        ],
      ],
    ],
    [
      "no target that it could be for: nothing is written",
      limit("l", "targetRef: { kind: Service, name: web }"),
      [["l", undefined, undefined, "spec.targetRef: must be a Server of the policy's namespace"]],
    ],
  ];
  for (const [claim, objects, expected] of told)
    it(`says: ${claim}`, () => expect(said(objects)).to.deep.equal(expected));

  it("has a bound", () => {
    const refs = (count: number): string =>
      Array.from({ length: count }, () => "{ kind: ServiceAccount, name: a }").join();
    const spec = `${target}, overrides: [{ requestsPerSecond: 1, clientRefs: [${refs(600)}] }, { requestsPerSecond: 1, clientRefs: [${refs(401)}] }]`;
    expect(said(server("HTTP/1") + limit("l", spec))).to.deep.equal([
      ["l", "False Invalid", "web", "spec.overrides: have more than 1000 clientRefs"],
    ]);
  });
});

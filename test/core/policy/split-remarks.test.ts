import { expect } from "chai";
import { issueText } from "../../../src/core/base/text/issue.ts";
import { policyIssues } from "../../../src/core/policy/linkerd.ts";
import { tcpRouteParents } from "../../../src/core/policy/split-remarks.ts";
import { mesh, viewOfManifests } from "../../support/view.ts";

const services = `
kind: Service
metadata: { name: lines }
spec: { clusterIP: 10.2.0.1, ports: [{ port: 9090 }, { port: 80 }] }
---
kind: Service
metadata: { name: a }
spec: { clusterIP: 10.2.0.2, ports: [{ port: 9090 }] }
---
kind: Service
metadata: { name: headless }
spec: { clusterIP: None, ports: [{ port: 9090 }] }
`;
const split = (spec: string, name = "one", created = "2026-02-01T00:00:00Z") => `
---
kind: TrafficSplit
metadata: { name: ${name}, creationTimestamp: "${created}" }
spec: ${spec}
`;
const route = (spec: string, { kind = "TCPRoute", name = "one", created = "2026-02-01T00:00:00Z" } = {}) => `
---
kind: ${kind}
metadata: { name: ${name}, creationTimestamp: "${created}", generation: 3 }
spec: ${spec}
`;
const parents = "parentRefs: [{ kind: Service, name: lines }]";
const [old, rules] = ["2020-01-01T00:00:00Z", "rules: [{ backendRefs: [{ name: a, port: 9090 }] }]"];

const itself = "connections go to the Service's own endpoints";

/** What is said of the first object of the kind. */
const rows: readonly [claim: string, manifests: string, expected: readonly string[]][] = [
  ["nothing is wrong", split("{ service: a, backends: [{ service: lines, weight: 1 }] }"), []],
  [
    "no such Service",
    split("{ service: gone, backends: [{ service: a, weight: 1 }] }"),
    ["spec.service: there is no Service gone"],
  ],
  [
    "a backend that is not there",
    split("{ service: a, backends: [{ service: lines, weight: 1 }, { service: gone, weight: 1 }] }"),
    ["spec.backends: there is no Service gone: it gets nothing"],
  ],
  [
    "a backend without a port",
    split("{ service: lines, backends: [{ service: a, weight: 1 }] }"),
    ["spec.backends: Service a does not have port 80 of Service lines: it gets nothing there"],
  ],
  [
    "no backend is left",
    split("{ service: a, backends: [{ service: gone, weight: 1 }] }"),
    ["spec.backends: there is no Service gone: it gets nothing", `spec.backends: no backend is left: ${itself}`],
  ],
  [
    "no weight above 0",
    split("{ service: a, backends: [{ service: lines, weight: 0 }] }"),
    [`spec.backends: no weight is above 0: ${itself}`],
  ],
  [
    "matches",
    split("{ service: a, backends: [{ service: lines, weight: 1 }], matches: [{ kind: HTTPRouteGroup }] }"),
    ["spec.matches: is not taken up: a split with matches is not used"],
  ],
  [
    "a weight that is none, a key that is mistyped",
    split("{ service: a, backends: [{ service: lines, weight: much, weigth: 1 }, { service: lines, weight: 1 }] }"),
    [
      "spec.backends[0].weight: must be a number, or an amount such as 500m",
      'spec.backends[0]["weigth"]: is unknown (did you mean weight?): expected service, weight',
    ],
  ],
  [
    "an older split decides",
    split("{ service: a, backends: [{ service: lines, weight: 1 }] }") +
      split("{ service: a, backends: [{ service: lines, weight: 2 }] }", "two", old),
    ["spec.service: TrafficSplit two, which is older, decides about it"],
  ],
  ["a route with nothing wrong", route(`{ ${parents}, ${rules} }`), []],
  [
    "a route with two rules",
    route(`{ ${parents}, rules: [{}, {}] }`),
    ["spec.rules: must be one rule: the route is not used"],
  ],
  [
    "a route to a Service that is not there",
    route(`{ ${parents}, rules: [{ backendRefs: [{ name: gone, port: 1 }] }] }`),
    ["spec.rules[0].backendRefs: there is no Service shop/gone: its share is closed"],
  ],
  [
    "a route of a headless Service",
    route(`{ parentRefs: [{ kind: Service, name: headless }], ${rules} }`),
    ["spec.parentRefs: Service shop/headless has no cluster IP"],
  ],
  [
    "a route of a port that is not there",
    route(`{ parentRefs: [{ kind: Service, name: a, port: 1 }], ${rules} }`),
    ["spec.parentRefs: Service shop/a does not have port 1"],
  ],
  [
    "a route beside a TrafficSplit",
    route(`{ ${parents}, ${rules} }`) + split("{ service: lines, backends: [{ service: a, weight: 1 }] }"),
    ["spec.parentRefs: TrafficSplit shop/one decides about Service shop/lines"],
  ],
  [
    "a route beside an older one",
    route(`{ ${parents}, ${rules} }`) + route(`{ ${parents}, ${rules} }`, { name: "two", created: old }),
    ["spec.parentRefs: TCPRoute shop/two decides about Service shop/lines"],
  ],
  [
    "a route beside a HTTPRoute",
    route(`{ ${parents}, ${rules} }`) + route(`{ ${parents} }`, { kind: "HTTPRoute" }),
    ["spec.parentRefs: HTTPRoute shop/one decides about Service shop/lines"],
  ],
];

/** Conditions of each parent. */
const statuses: readonly [claim: string, manifests: string, expected: readonly string[]][] = [
  ["accepted", route(`{ ${parents}, ${rules} }`), ["lines Accepted/True/Accepted ResolvedRefs/True/ResolvedRefs"]],
  [
    "each of several parents",
    route(
      `{ parentRefs: [{ kind: Service, name: lines }, { kind: Gateway, name: x }, { kind: Service, name: a, port: 9090 }], ${rules} }`,
    ),
    [
      "lines Accepted/True/Accepted ResolvedRefs/True/ResolvedRefs",
      "a:9090 Accepted/True/Accepted ResolvedRefs/True/ResolvedRefs",
    ],
  ],
  [
    "no such Service",
    route(`{ parentRefs: [{ kind: Service, name: gone }], ${rules} }`),
    ["gone Accepted/False/NoMatchingParent ResolvedRefs/True/ResolvedRefs"],
  ],
  [
    "headless",
    route(`{ parentRefs: [{ kind: Service, name: headless }], ${rules} }`),
    ["headless Accepted/False/NoMatchingParent ResolvedRefs/True/ResolvedRefs"],
  ],
  [
    "a missing backend",
    route(`{ ${parents}, rules: [{ backendRefs: [{ name: gone, port: 1 }] }] }`),
    ["lines Accepted/True/Accepted ResolvedRefs/False/BackendNotFound"],
  ],
  [
    "a backend of another kind",
    route(`{ ${parents}, rules: [{ backendRefs: [{ name: a, port: 1, kind: Pod }] }] }`),
    ["lines Accepted/True/Accepted ResolvedRefs/False/InvalidKind"],
  ],
  [
    "an older route",
    route(`{ ${parents}, ${rules} }`) + route(`{ ${parents}, ${rules} }`, { name: "two", created: old }),
    ["lines Accepted/False/RouteReasonConflicted ResolvedRefs/True/ResolvedRefs"],
  ],
  [
    "a GRPCRoute of the same port",
    route(`{ parentRefs: [{ kind: Service, name: a, port: 9090 }], ${rules} }`) +
      route("{ parentRefs: [{ kind: Service, name: a, port: 9090 }] }", { kind: "GatewayGRPCRoute" }),
    ["a:9090 Accepted/False/RouteReasonConflicted ResolvedRefs/True/ResolvedRefs"],
  ],
  [
    "and of another",
    route(`{ parentRefs: [{ kind: Service, name: a, port: 9090 }], ${rules} }`) +
      route("{ parentRefs: [{ kind: Service, name: a, port: 80 }] }", { kind: "GatewayGRPCRoute" }),
    ["a:9090 Accepted/True/Accepted ResolvedRefs/True/ResolvedRefs"],
  ],
];

describe("core/policy/split-remarks", () => {
  for (const [claim, manifests, expected] of rows)
    it(`what is said: ${claim}`, () => {
      const view = viewOfManifests(services + manifests);
      const [policy] = [...view.policies("TCPRoute", "shop"), ...view.policies("TrafficSplit", "shop")];
      const issues = policy === undefined ? [] : policyIssues(view, mesh, policy);
      expect(issues.map(issueText)).to.deep.equal(expected);
    });

  for (const [claim, manifests, expected] of statuses)
    it(`the status of a TCPRoute: ${claim}`, () => {
      const view = viewOfManifests(services + manifests);
      const [policy] = view.policies("TCPRoute", "shop");
      const parentsOf = policy === undefined ? [] : tcpRouteParents(view, policy);
      const lines = parentsOf.map(({ ref, conditions }) =>
        [
          `${ref.name}${ref.port === undefined ? "" : `:${ref.port}`}`,
          ...conditions.map(({ type, status, reason }) => `${type}/${status}/${reason}`),
        ].join(" "),
      );
      expect(lines).to.deep.equal(expected);
      for (const { conditions } of parentsOf)
        for (const { observedGeneration } of conditions) expect(observedGeneration).to.equal(3);
    });
});

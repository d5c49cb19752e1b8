/** Specs and annotations that hold more than may be: unusable, told, and never the reason that a port is open. */
import { expect } from "chai";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";
import { mostPorts, policyBounds } from "../../src/core/mesh/lists.ts";
import { inboundPolicy } from "../../src/core/policy/inbound.ts";
import { policyIssues } from "../../src/core/policy/linkerd.ts";
import { networkPolicyStatus } from "../../src/core/policy/network-status.ts";
import { isOpaqueForClient, isOpaqueOnPod, isOpaqueOnService } from "../../src/core/policy/opaque.ts";
import { labelSelector, selectorOfService } from "../../src/core/policy/selector.ts";
import { mostAsked } from "../../src/core/policy/server.ts";
import { podEndpoint } from "../../src/core/destination/weighted.ts";
import type { ClusterView } from "../../src/core/view/cluster.ts";
import type { PolicyKind, SharedKind } from "../../src/core/view/objects.ts";
import { viewOf, mesh } from "../support/view.ts";

const some = <Item>(count: number, item: (index: number) => Item): readonly Item[] =>
  Array.from({ length: count }, (_, index) => item(index));

const labels = { app: "x", "linkerd.io/control-plane-ns": "weft" };
const pod = (name: string, more: JsonObject = {}, annotations: JsonObject = {}): JsonObject => ({
  kind: "Pod",
  metadata: { name, labels: { ...labels, ...more }, annotations },
  spec: { serviceAccountName: name, containers: [{ ports: [{ containerPort: 8080, name: "http" }] }] },
  status: { podIP: "10.1.0.1" },
});
const service: JsonObject = {
  kind: "Service",
  metadata: { name: "x" },
  spec: { clusterIP: "10.2.0.1", selector: { app: "x" }, ports: [{ port: 80, targetPort: "http" }] },
};
const networkPolicy = (spec: JsonObject): JsonObject => ({
  kind: "NetworkPolicy",
  metadata: { name: "p" },
  spec: { targetRef: { kind: "Service", name: "x" }, ...spec },
});

/** Who gets in: `everybody`, `mesh`, identities without their end, or `nobody`. */
function lets(view: ClusterView, port: number): readonly string[] {
  const answer = inboundPolicy(view, mesh, { namespace: "shop", pod: "web" }, port);
  if (answer.kind !== "server") return [answer.kind];
  const found = (answer.server.authorizations ?? []).flatMap(({ authentication }) => {
    if (authentication?.unauthenticated !== undefined) return ["everybody"];
    const { identities = [], suffixes = [] } = authentication?.meshTLS?.identities ?? {};
    return [...identities.map(({ name = "" }) => name.split(".")[0] ?? ""), ...suffixes.map(() => "mesh")];
  });
  return found.length === 0 ? ["nobody"] : found;
}

const acceptedOf = (view: ClusterView): string => {
  const policy = view.policy("NetworkPolicy", "shop", "p");
  const conditions = policy === undefined ? [] : networkPolicyStatus(view, mesh, policy);
  return conditions.find(({ type }) => type === "Accepted")?.message ?? "";
};

describe("a range that is longer than the ports of a rule may be", () => {
  const long = { port: 1_000, endPort: 10_000 };
  const many = some(policyBounds.rules + 1, () => ({ ports: [{ port: 8_080, endPort: 9_000 }] }));
  const rows: readonly [claim: string, ingress: Json, port: number, expected: string][] = [
    ["closes its first port", [{ ports: [long] }], 1_000, "nobody"],
    ["closes each port of the pod, of whose Service it is none", [{ ports: [long] }], 9_000, "nobody"],
    ["closes its last port", [{ ports: [long] }], 10_000, "nobody"],
    ["closes no port before it", [{ ports: [long] }], 999, "everybody"],
    ["closes no port after it", [{ ports: [long] }], 10_001, "everybody"],
    ["closes it whatever lets somebody in", [{ ports: [long] }, { ports: [{ port: 443 }] }], 9_000, "nobody"],
    ["is closed also in more rules than may be", many, 8_500, "nobody"],
  ];
  for (const [claim, ingress, port, expected] of rows)
    it(claim, () => {
      expect(lets(viewOf(pod("web"), service, networkPolicy({ ingress })), port)).to.deep.equal([expected]);
    });
});

describe("policies of a namespace that there was no room for", () => {
  const probed = {
    ...pod("web"),
    spec: {
      serviceAccountName: "web",
      containers: [
        { ports: [{ containerPort: 8080, name: "http" }], livenessProbe: { httpGet: { path: "/live", port: 9000 } } },
      ],
    },
  };
  const known = [probed, service, networkPolicy({ ingress: [{ ports: [{ port: 80 }] }] })];
  const rows: readonly [claim: string, kinds: readonly SharedKind[], expected: readonly string[]][] = [
    ["none: as the policies say", [], ["mesh", "everybody"]],
    ["that could have closed a port: all are closed", ["Server"], ["nobody", "nobody"]],
    ["such as routes, which narrow a Server", ["AuthorizationPolicy", "GatewayHTTPRoute"], ["nobody", "nobody"]],
    ["Services, which say for which pods a policy is: all are closed", ["Service"], ["nobody", "nobody"]],
    [
      "pods and EndpointSlices: as the policies say of those that are known",
      ["Pod", "EndpointSlice"],
      ["mesh", "everybody"],
    ],
    [
      "that only let somebody in: as the others say",
      ["AuthorizationPolicy", "MeshTLSAuthentication"],
      ["mesh", "everybody"],
    ],
  ];
  for (const [claim, kinds, expected] of rows)
    it(claim, () => {
      const view: ClusterView = { ...viewOf(...known), leftOut: (of) => (of === "shop" ? kinds : []) };
      expect([80, 9000].flatMap((port) => lets(view, port))).to.deep.equal(expected);
    });
  it("a pod that is not known lets nobody in where pods are left out, and is not found elsewhere", () => {
    const view: ClusterView = { ...viewOf(...known), leftOut: (of) => (of === "shop" ? ["Pod"] : []) };
    const of = (namespace: string) => inboundPolicy(view, mesh, { namespace, pod: "gone" }, 80);
    expect([of("shop"), of("other").kind]).to.deep.equal([
      {
        kind: "server",
        server: { protocol: { opaque: {} }, labels: { group: "", kind: "default", name: "deny" }, authorizations: [] },
      },
      "not_found",
    ]);
  });
  it("kubelet's probes get in, and the status says why nobody else does", () => {
    const view: ClusterView = { ...viewOf(...known), leftOut: () => ["NetworkPolicy"] };
    const answer = inboundPolicy(view, mesh, { namespace: "shop", pod: "web" }, 9000);
    expect(JSON.stringify(answer)).to.include("/live");
    const policy = view.policy("NetworkPolicy", "shop", "p");
    const conditions = policy === undefined ? [] : networkPolicyStatus(view, mesh, policy);
    expect(conditions.find(({ type }) => type === "InEffect")?.message).to.include(
      "more policies or Services than there is room for",
    );
  });
});

describe("more Servers than may be asked of a pod", () => {
  const server = (index: number, podSelector: JsonObject, port: number): JsonObject => ({
    kind: "Server",
    metadata: { name: `s${index}`, creationTimestamp: new Date(index * 1000).toISOString() },
    spec: { podSelector, port, accessPolicy: "all-unauthenticated" },
  });
  const without = (index: number): JsonObject => ({
    matchExpressions: [{ key: "n", operator: "NotIn", values: [`v${index}`] }],
  });
  const authorization: JsonObject = {
    kind: "ServerAuthorization",
    metadata: { name: "a" },
    spec: { server: { selector: {} }, client: { unauthenticated: true } },
  };
  const all = some(mostAsked + 1, (index) => server(index + 1, without(index), 7000 + index));
  const view = viewOf(pod("web"), ...all, server(mostAsked + 2, { matchLabels: { app: "x" } }, 80), authorization);
  const last = 7000 + mostAsked;

  it("those created last close their ports, on every pod, and that is told", () => {
    expect([7000, last - 1, last].map((port) => lets(view, port))).to.deep.equal([
      ["everybody", "everybody"],
      ["everybody", "everybody"],
      ["nobody"],
    ]);
    const issues = view.policies("Server", "shop").flatMap((each) => policyIssues(view, mesh, each));
    expect(issues.map(({ message }) => message.slice(0, 16))).to.deep.equal(["is not looked at"]);
  });
  it("one that is found by another label counts as before", () => {
    expect(lets(view, 80)).to.deep.equal(["everybody", "everybody"]);
  });
  it("a pod that the Server would not have selected is closed there, too", () => {
    const elsewhere = viewOf(pod("web", { n: `v${mostAsked}` }), ...all);
    expect(lets(elsewhere, last)).to.deep.equal(["nobody"]);
  });
});

describe("a NetworkPolicy at its bounds and over them", () => {
  const ofWeb = { selector: { matchLabels: { n: "web" } } };
  const ports = [{ port: 8080 }];
  const list = (count: number): Json => some(count, (index) => ({ port: 8080 + index }));
  const rows: readonly [claim: string, spec: (over: number) => JsonObject, told: string][] = [
    [
      "rules",
      (over) => ({ ingress: some(policyBounds.rules + over, () => ({ from: [ofWeb], ports })) }),
      "spec.ingress: has more than 100 rules",
    ],
    [
      "ports of a rule",
      (over) => ({ ingress: [{ from: [ofWeb], ports: list(policyBounds.portsOfRule + over) }] }),
      "spec.ingress[0].ports: has more than 256 ports",
    ],
    [
      "peers of a rule",
      (over) => ({ ingress: [{ from: some(policyBounds.peers + over, () => ofWeb), ports }] }),
      "spec.ingress[0].from: has more than 100 elements",
    ],
    [
      "values of an expression",
      (over) => {
        const values = ["web", ...some(policyBounds.values - 1 + over, (index) => `v${index}`)];
        const matchExpressions = [{ key: "n", operator: "In", values }];
        return { ingress: [{ from: [{ selector: { matchExpressions } }], ports }] };
      },
      "spec.ingress[0].from[0].selector.matchExpressions: has more than 100 values in one",
    ],
    [
      "expressions",
      (over) => {
        const exists = { key: "n", operator: "Exists" };
        const matchExpressions = some(policyBounds.expressions - 1 + over, () => exists);
        const matchLabels = { n: "web" };
        return {
          ingress: [{ from: [{ selector: { matchLabels, matchExpressions: [exists, ...matchExpressions] } }], ports }],
        };
      },
      "spec.ingress[0].from[0].selector.matchExpressions: has more than 100 expressions",
    ],
    [
      "what is asked of each pod",
      (over) => {
        const from = some(policyBounds.requirements / 10, () => ofWeb);
        return { ingress: [...some(10, () => ({ from, ports })), ...some(over, () => ({ from: [ofWeb], ports }))] };
      },
      "spec.ingress: has more than 1000 labels and expressions in its selectors",
    ],
  ];
  for (const [claim, spec, told] of rows) {
    const objects = (over: number): ClusterView => viewOf(pod("web", { n: "web" }), service, networkPolicy(spec(over)));
    it(`${claim}: as many as may be`, () => {
      expect(lets(objects(0), 8080)).to.deep.equal(["web"]);
      expect(acceptedOf(objects(0))).to.equal("holds for the pods of Service x");
    });
    it(`${claim}: one more closes the port`, () => {
      expect(lets(objects(1), 8080)).to.deep.equal(["nobody"]);
      expect(acceptedOf(objects(1))).to.equal(`${told}; what can be read holds`);
    });
  }

  it("all ports that an overlong list names are closed, and no other", () => {
    const view = viewOf(pod("web"), service, networkPolicy({ ingress: [{ ports: list(1_000) }] }));
    expect([8080, 9079, 9080].map((port) => lets(view, port))).to.deep.equal([["nobody"], ["nobody"], ["everybody"]]);
  });

  it("of overlong lists of egress no port is opaque", () => {
    const opaque = (count: number): boolean => {
      const view = viewOf(pod("web"), service, networkPolicy({ egress: [{ ports: list(count) }] }));
      return isOpaqueForClient(view, { namespace: "shop", pod: "web" }, 8080);
    };
    expect([256, 257].map(opaque)).to.deep.equal([true, false]);
  });
});

describe("Linkerd's resources over their bound", () => {
  const server = (podSelector: JsonObject, name = "s"): JsonObject => ({
    kind: "Server",
    metadata: { name },
    spec: { podSelector, port: 8080, accessPolicy: "all-unauthenticated" },
  });
  const expressions = (count: number): JsonObject => ({
    matchExpressions: some(count, () => ({ key: "app", operator: "Exists" })),
  });
  const many = (count: number): readonly string[] => some(count, (index) => `a${index}.shop`);

  it("a Server whose selector is too long closes its port on every pod", () => {
    const at = (count: number) => lets(viewOf(pod("web"), server(expressions(count))), 8080);
    expect([1_000, 1_001].map(at)).to.deep.equal([["everybody"], ["nobody"]]);
    const others = server({ matchExpressions: some(1_001, () => ({ key: "other", operator: "Exists" })) });
    expect(lets(viewOf(pod("web"), others), 8080)).to.deep.equal(["nobody"]);
  });

  const closed = { ...server({ matchLabels: { app: "x" } }) };
  closed["spec"] = { podSelector: { matchLabels: { app: "x" } }, port: 8080 };
  const rows: readonly [
    claim: string,
    kind: PolicyKind,
    objects: (count: number) => readonly JsonObject[],
    lets: number,
  ][] = [
    [
      "identities of a MeshTLSAuthentication",
      "MeshTLSAuthentication",
      (count) => [
        { kind: "MeshTLSAuthentication", metadata: { name: "a" }, spec: { identities: many(count) } },
        {
          kind: "AuthorizationPolicy",
          metadata: { name: "a" },
          spec: {
            targetRef: { group: "policy.linkerd.io", kind: "Server", name: "s" },
            requiredAuthenticationRefs: [{ group: "policy.linkerd.io", kind: "MeshTLSAuthentication", name: "a" }],
          },
        },
      ],
      1_000,
    ],
    [
      "networks of a NetworkAuthentication",
      "NetworkAuthentication",
      (count) => [
        {
          kind: "NetworkAuthentication",
          metadata: { name: "a" },
          spec: { networks: some(count, () => ({ cidr: "10.0.0.0/8" })) },
        },
        {
          kind: "AuthorizationPolicy",
          metadata: { name: "a" },
          spec: {
            targetRef: { group: "policy.linkerd.io", kind: "Server", name: "s" },
            requiredAuthenticationRefs: [{ group: "policy.linkerd.io", kind: "NetworkAuthentication", name: "a" }],
          },
        },
      ],
      1,
    ],
    [
      "identities of a ServerAuthorization",
      "ServerAuthorization",
      (count) => [
        {
          kind: "ServerAuthorization",
          metadata: { name: "a" },
          spec: { server: { name: "s" }, client: { meshTLS: { identities: many(count) } } },
        },
      ],
      1_000,
    ],
  ];
  for (const [claim, kind, objects, count] of rows)
    it(`${claim}: let in whom they name, or nobody`, () => {
      const [within, over] = [1_000, 1_001].map((each) => viewOf(pod("web"), closed, ...objects(each)));
      if (within === undefined || over === undefined) throw new Error("two clusters were made");
      expect(lets(within, 8080).length).to.equal(count);
      expect(lets(over, 8080)).to.deep.equal(["nobody"]);
      const [policy] = over.policies(kind, "shop");
      expect(policy && policyIssues(over, mesh, policy).map(({ message }) => message)).to.deep.equal([
        "has more than 1000 elements",
      ]);
    });
});

describe("annotations over their bound", () => {
  const list = some(mostPorts + 1, (index) => String(8080 + index)).join(",");
  const withList = (name: string, namespace = false): ClusterView => {
    const annotations = { [`config.linkerd.io/${name}`]: list };
    return viewOf(
      pod("web", {}, namespace ? {} : annotations),
      { ...service, metadata: { name: "x", annotations: namespace ? {} : annotations } },
      { kind: "Namespace", metadata: { name: "shop", namespace: "", annotations: namespace ? annotations : {} } },
    );
  };
  for (const namespace of [false, true]) {
    const where = namespace ? "the namespace's" : "the pod's";
    it(`${where} opaque-ports say nothing`, () => {
      const view = withList("opaque-ports", namespace);
      const [web, x] = [view.pod("shop", "web"), view.service("shop", "x")];
      if (web === undefined || x === undefined) throw new Error("they are there");
      expect([8080, 3306].map((port) => isOpaqueOnPod(view, mesh, web, port))).to.deep.equal([false, true]);
      expect([8080, 3306].map((port) => isOpaqueOnService(view, mesh, x, port))).to.deep.equal([false, true]);
    });
    it(`${where} proxy-require-identity-inbound-ports close every port to strangers`, () => {
      const view = withList("proxy-require-identity-inbound-ports", namespace);
      expect([1, 8080].map((port) => lets(view, port))).to.deep.equal([["mesh"], ["mesh"]]);
    });
  }
  it("skip-inbound-ports leave every port to the proxy", () => {
    const view = withList("skip-inbound-ports");
    const web = view.pod("shop", "web");
    const endpoint = web && podEndpoint(view, mesh, { pod: web, ip: "10.1.0.1", port: 8080 }, {});
    expect(endpoint?.tls_identity).to.not.equal(undefined);
  });
});

describe("labels and selectors have what they have themselves", () => {
  const inherited = ["constructor", "toString", "__proto__", "hasOwnProperty"];
  for (const key of inherited)
    it(key, () => {
      const asKey = JSON.parse(`{ ${JSON.stringify(key)}: "x" }`) as Readonly<Record<string, string>>;
      const takes = (expression: JsonObject, of: Readonly<Record<string, string>>) =>
        labelSelector({ matchExpressions: [{ key, ...expression }] }, "at").value.takes(of);
      expect(takes({ operator: "Exists" }, {})).to.equal(false);
      expect(takes({ operator: "DoesNotExist" }, {})).to.equal(true);
      expect(takes({ operator: "NotIn", values: ["x"] }, {})).to.equal(true);
      expect(takes({ operator: "In", values: ["x"] }, asKey)).to.equal(true);
      expect(labelSelector({ matchLabels: asKey }, "at").value.takes(asKey)).to.equal(true);
      expect(labelSelector({ matchLabels: asKey }, "at").value.takes({})).to.equal(false);
      expect([asKey, {}].map((labels) => selectorOfService(asKey).takes(labels))).to.deep.equal([true, false]);
    });
});

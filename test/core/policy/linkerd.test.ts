import { expect } from "chai";
import { issueText } from "../../../src/core/base/text/issue.ts";
import { policyIssues } from "../../../src/core/policy/linkerd.ts";
import { isOpaqueOnPod } from "../../../src/core/policy/opaque.ts";
import { policyKinds } from "../../../src/core/view/objects.ts";
import { serverOf, who } from "./answers.ts";
import { viewOfManifests, mesh } from "../../support/view.ts";

const web = `
kind: Pod
metadata: { name: web, labels: { app: web }, annotations: { config.linkerd.io/opaque-ports: "9000" } }
spec: { containers: [{ name: main, ports: [{ containerPort: 8080, name: app }, { containerPort: 9000, name: raw }] }] }
`;

const server = (more = "", port: string | number = "app", name = "web-app"): string => `
---
kind: Server
metadata: { name: ${name}, labels: { of: web } }
spec: { podSelector: { matchLabels: { app: web } }, port: ${port}, ${more} }
`;

const object = (kind: string, name: string, spec: string, namespace = "shop"): string => `
---
kind: ${kind}
metadata: { name: ${name}, namespace: ${namespace} }
spec: ${spec}
`;

const allowed = (objects: string): readonly string[] =>
  serverOf(viewOfManifests(web + server() + objects), 8080).authorizations?.map(who) ?? [];

const issuesOf = (objects: string): readonly string[] => {
  const view = viewOfManifests(web + server() + objects);
  return policyKinds.flatMap((kind) =>
    view.policies(kind, "shop").flatMap((policy) => policyIssues(view, mesh, policy).map(issueText)),
  );
};

describe("core/policy/linkerd", () => {
  describe("Server", () => {
    const rows: readonly [claim: string, objects: string, port: number, kind: string][] = [
      ["by the port's name", server(), 8080, "server"],
      ["by its number", server("", 8080), 8080, "server"],
      ["not another port", server(), 9000, "default"],
      ["a port that no container names", server("", 7000), 7000, "server"],
      ["not other pods", server().replace("app: web }", "app: api }"), 8080, "default"],
      [
        "matchExpressions",
        server().replace("matchLabels: { app: web }", "matchExpressions: [{ key: app, operator: Exists }]"),
        8080,
        "server",
      ],
      ["every pod", server().replace("matchLabels: { app: web }", ""), 8080, "server"],
      [
        "one for workloads outside of the cluster: no pod",
        server().replace("podSelector", "externalWorkloadSelector"),
        8080,
        "default",
      ],
      ["a selector that cannot be read: every pod", server().replace("matchLabels", "matchLabel"), 8080, "server"],
      ["a port that cannot be read: none", server("", 0), 8080, "default"],
    ];
    for (const [claim, objects, port, kind] of rows)
      it(`selects ${claim}`, () => {
        expect(serverOf(viewOfManifests(web + objects), port).labels?.["kind"]).to.equal(kind);
      });

    const at = (objects: string, created: string): string =>
      objects.replace("metadata: {", `metadata: { creationTimestamp: "${created}",`);
    const [monday, tuesday] = ["2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z"];
    it("of two that select a port the one created first decides", () => {
      const objects = at(server("accessPolicy: deny", "app", "z-older"), monday);
      const both = objects + at(server("accessPolicy: all-unauthenticated", "app", "a-newer"), tuesday);
      const { labels, authorizations } = serverOf(viewOfManifests(web + both), 8080);
      expect([labels?.["name"], authorizations]).to.deep.equal(["z-older", []]);
    });
    const unreadable: readonly [claim: string, podSelector: string][] = [
      ["a mistyped key", "{ matchLabel: { app: web } }"],
      ["a label that is no text", "{ matchLabels: { app: 7 } }"],
      ["an operator that is none", "{ matchExpressions: [{ key: app, operator: Equals, values: [web] }] }"],
      ["a list", "[app]"],
    ];
    for (const [claim, podSelector] of unreadable)
      it(`lets nobody in where its selector cannot be read: ${claim}`, () => {
        const objects = server("accessPolicy: all-unauthenticated").replace(
          "{ matchLabels: { app: web } }",
          podSelector,
        );
        const all = object(
          "ServerAuthorization",
          "let",
          "{ server: { name: web-app }, client: { unauthenticated: true } }",
        );
        expect(serverOf(viewOfManifests(web + objects + all), 8080).authorizations).to.deep.equal([]);
      });

    it("is named in labels; the first by name, should two as old select a port", () => {
      const labels = { group: "policy.linkerd.io", kind: "server", name: "another" };
      expect(serverOf(viewOfManifests(web + server() + server("", "app", "another")), 8080).labels).to.deep.equal(
        labels,
      );
    });

    const protocols: readonly [string, string][] = [
      ["", "detect"],
      ["proxyProtocol: unknown", "detect"],
      ["proxyProtocol: opaque", "opaque"],
      ["proxyProtocol: TLS", "tls"],
      ["proxyProtocol: HTTP/1", "http1"],
      ["proxyProtocol: HTTP/2", "http2"],
      ["proxyProtocol: gRPC", "http2"],
      ["proxyProtocol: 7", "detect"],
    ];
    for (const [text, kind] of protocols)
      it(`${text || "without protocol"}: ${kind}`, () => {
        expect(Object.keys(serverOf(viewOfManifests(web + server(text)), 8080).protocol ?? {})).to.deep.equal([kind]);
      });

    it("decides what is opaque, in place of annotations", () => {
      const isOpaque = (view: ReturnType<typeof viewOfManifests>, port: number): boolean | undefined => {
        const pod = view.pod("shop", "web");
        return pod && isOpaqueOnPod(view, mesh, pod, port);
      };
      expect(isOpaque(viewOfManifests(web + server("proxyProtocol: opaque")), 8080)).to.equal(true);
      expect(isOpaque(viewOfManifests(web + server("proxyProtocol: HTTP/1", "raw")), 9000)).to.equal(false);
      expect(isOpaque(viewOfManifests(web), 9000)).to.equal(true);
    });

    const access: readonly [string, readonly string[]][] = [
      ["", []],
      ["accessPolicy: deny", []],
      ["accessPolicy: all-unauthenticated", ["anyone from everywhere"]],
      ["accessPolicy: all-authenticated", ["* from everywhere"]],
      ["accessPolicy: cluster-authenticated", ["* from 10.0.0.0/8, fd00::/8"]],
      ["accessPolicy: cluster-unauthenticated", ["anyone from 10.0.0.0/8, fd00::/8"]],
      ["accessPolicy: audit", ["anyone from everywhere"]],
      ["accessPolicy: everyone", []],
    ];
    for (const [text, expected] of access)
      it(text || "without accessPolicy: deny", () => {
        const { authorizations = [] } = serverOf(viewOfManifests(web + server(text)), 8080);
        expect(authorizations.map(who)).to.deep.equal(expected);
        expect(authorizations.map(({ metadata }) => metadata?.default)).to.deep.equal(
          expected.map(() => text.replace("accessPolicy: ", "")),
        );
      });
  });

  describe("ServerAuthorization", () => {
    const saz = (client: string, of = "{ name: web-app }"): string =>
      object("ServerAuthorization", "let", `{ server: ${of}, client: ${client} }`);
    const rows: readonly [claim: string, object: string, expected: readonly string[]][] = [
      ["anyone, from the cluster", saz("{ unauthenticated: true }"), ["anyone from 10.0.0.0/8, fd00::/8"]],
      [
        "from a network",
        saz("{ unauthenticated: true, networks: [{ cidr: 192.0.2.0/24 }] }"),
        ["anyone from 192.0.2.0/24"],
      ],
      [
        "but for some",
        saz(`{ unauthenticated: true, networks: [{ cidr: 10.0.0.0/8, except: [10.1.0.0/16, "10.2.3.4"] }] }`),
        ["anyone from 10.0.0.0/8 but 10.1.0.0/16 but 10.2.3.4/32"],
      ],
      ["TLS without identity", saz("{ meshTLS: { unauthenticatedTLS: true } }"), ["tls from 10.0.0.0/8, fd00::/8"]],
      [
        "identities",
        saz(`{ meshTLS: { identities: ["a.shop.example", "*.ns.example", "*"] } }`),
        ["a.shop.example *.ns.example * from 10.0.0.0/8, fd00::/8"],
      ],
      [
        "service accounts, of its namespace unless they say otherwise",
        saz("{ meshTLS: { serviceAccounts: [{ name: api }, { name: api, namespace: lab }] } }"),
        ["api.shop api.lab from 10.0.0.0/8, fd00::/8"],
      ],
      [
        "by a selector of Servers",
        saz("{ unauthenticated: true }", "{ selector: { matchLabels: { of: web } } }"),
        ["anyone from 10.0.0.0/8, fd00::/8"],
      ],
      ["not of another Server", saz("{ unauthenticated: true }", "{ name: other }"), []],
      ["not by another selector", saz("{ unauthenticated: true }", "{ selector: { matchLabels: { of: api } } }"), []],
      [
        "not by a selector beside a name that is none",
        saz("{ unauthenticated: true }", '{ name: "Web", selector: {} }'),
        [],
      ],
      ["not by a selector beside a blank name", saz("{ unauthenticated: true }", '{ name: "", selector: {} }'), []],
      [
        "by a selector beside no name",
        saz("{ unauthenticated: true }", "{ name: null, selector: {} }"),
        ["anyone from 10.0.0.0/8, fd00::/8"],
      ],
      ["nothing without a server", saz("{ unauthenticated: true }", "{}"), []],
      ["nothing without a client", saz("{}"), []],
      ["nobody in empty lists", saz("{ meshTLS: { identities: [] } }"), []],
      ["no network that cannot be read", saz("{ unauthenticated: true, networks: [{ cidr: everywhere }] }"), []],
      [
        "no network with an exception that cannot",
        saz("{ unauthenticated: true, networks: [{ cidr: 10.0.0.0/8, except: [x] }] }"),
        [],
      ],
      ["no account with a name for many", saz(`{ meshTLS: { serviceAccounts: [{ name: "*" }] } }`), []],
    ];
    for (const [claim, text, expected] of rows) it(claim, () => expect(allowed(text)).to.deep.equal(expected));

    it("says its name", () => {
      const view = viewOfManifests(web + server() + saz("{ unauthenticated: true }"));
      expect(serverOf(view, 8080).authorizations?.[0]?.metadata).to.deep.equal({
        resource: { group: "policy.linkerd.io", kind: "serverauthorization", namespace: "shop", name: "let" },
      });
    });
  });

  describe("AuthorizationPolicy", () => {
    const toServer = "{ group: policy.linkerd.io, kind: Server, name: web-app }";
    const policy = (refs: string, target = toServer): string =>
      object("AuthorizationPolicy", "let", `{ targetRef: ${target}, requiredAuthenticationRefs: ${refs} }`);
    const ref = (kind: string, name: string, more = ""): string =>
      `{ group: policy.linkerd.io, kind: ${kind}, name: ${name} ${more} }`;
    const tls = object(
      "MeshTLSAuthentication",
      "clients",
      `{ identities: ["*.lab.example"], identityRefs: [{ kind: ServiceAccount, name: api }, { kind: ServiceAccount, name: api, namespace: lab }, { kind: Namespace, name: ops }] }`,
    );
    const nets = object(
      "NetworkAuthentication",
      "office",
      "{ networks: [{ cidr: 192.0.2.0/24, except: [192.0.2.7/32] }] }",
    );
    const far = object("MeshTLSAuthentication", "far", `{ identities: ["*"] }`, "lab");

    const rows: readonly [claim: string, objects: string, expected: readonly string[]][] = [
      [
        "identities of a MeshTLSAuthentication",
        policy(`[${ref("MeshTLSAuthentication", "clients")}]`) + tls,
        ["api.shop api.lab *.lab.example *.ops from everywhere"],
      ],
      [
        "networks of a NetworkAuthentication",
        policy(`[${ref("NetworkAuthentication", "office")}]`) + nets,
        ["anyone from 192.0.2.0/24 but 192.0.2.7/32"],
      ],
      [
        "both: these identities from these networks",
        policy(
          `[${ref("MeshTLSAuthentication", "far", ", namespace: lab")}, ${ref("NetworkAuthentication", "office")}]`,
        ) +
          far +
          nets,
        ["* from 192.0.2.0/24 but 192.0.2.7/32"],
      ],
      ["a ServiceAccount", policy("[{ kind: ServiceAccount, name: api }]"), ["api.shop from everywhere"]],
      [
        "of another namespace",
        policy("[{ kind: ServiceAccount, name: api, namespace: lab }]"),
        ["api.lab from everywhere"],
      ],
      [
        "the whole namespace",
        policy("[{ kind: ServiceAccount, name: api }]", "{ kind: Namespace, name: shop }"),
        ["api.shop from everywhere"],
      ],
      ["nothing is required: everyone", policy("[]"), ["anyone from everywhere"]],
      ["no other Server", policy("[]", "{ group: policy.linkerd.io, kind: Server, name: other }"), []],
      ["no other namespace", policy("[]", "{ kind: Namespace, name: lab }"), []],
      ["no route", policy("[]", "{ group: policy.linkerd.io, kind: HTTPRoute, name: web-app }"), []],
      ["no Server of another group", policy("[]", "{ group: other.io, kind: Server, name: web-app }"), []],
      [
        "nothing when one that is required is not there",
        policy(`[${ref("MeshTLSAuthentication", "gone")}, ${ref("NetworkAuthentication", "office")}]`) + nets,
        [],
      ],
      ["nothing when one is of another kind", policy("[{ kind: Secret, name: api }]"), []],
      [
        "nothing when two identities are required",
        policy("[{ kind: ServiceAccount, name: api }, { kind: ServiceAccount, name: web }]"),
        [],
      ],
      [
        "nothing when two networks are",
        policy(`[${ref("NetworkAuthentication", "office")}, ${ref("NetworkAuthentication", "office")}]`) + nets,
        [],
      ],
      [
        "nothing at a Server of the same name in another namespace",
        object(
          "AuthorizationPolicy",
          "let",
          "{ targetRef: { group: policy.linkerd.io, kind: Server, name: web-app, namespace: lab }, requiredAuthenticationRefs: [] }",
        ),
        [],
      ],
      ["nothing when the list is missing", object("AuthorizationPolicy", "let", `{ targetRef: ${toServer} }`), []],
      [
        "nobody where an authentication names nobody",
        policy(`[${ref("MeshTLSAuthentication", "none")}]`) + object("MeshTLSAuthentication", "none", "{}"),
        [],
      ],
      [
        "nowhere where one has no network",
        policy(`[${ref("NetworkAuthentication", "none")}]`) + object("NetworkAuthentication", "none", "{}"),
        [],
      ],
    ];
    for (const [claim, text, expected] of rows) it(claim, () => expect(allowed(text)).to.deep.equal(expected));

    it("what it allows stands before an audit", () => {
      const view = viewOfManifests(
        web + server("accessPolicy: audit") + policy("[{ kind: ServiceAccount, name: api }]"),
      );
      expect(serverOf(view, 8080).authorizations?.map(who)).to.deep.equal([
        "api.shop from everywhere",
        "anyone from everywhere",
      ]);
    });
    it("means nothing for a port that no Server selects", () => {
      const view = viewOfManifests(web + policy("[]", "{ kind: Namespace, name: shop }"));
      const closed = { ...mesh, defaultInboundPolicy: "deny" } as const;
      expect(serverOf(view, 8080, "web", closed).authorizations).to.deep.equal([]);
    });
  });

  const issues: readonly [claim: string, objects: string, expected: readonly string[]][] = [
    ["nothing wrong", object("NetworkAuthentication", "a", "{ networks: [{ cidr: 10.0.0.0/8 }] }"), []],
    [
      "a route without group as target is named",
      object("AuthorizationPolicy", "a", "{ targetRef: { kind: HTTPRoute, name: r }, requiredAuthenticationRefs: [] }"),
      [
        'spec.targetRef: must be a Server, an HTTPRoute, a GRPCRoute or the policy\'s own Namespace (not "HTTPRoute" r)',
      ],
    ],
    [
      "what is referred to and not there",
      object(
        "AuthorizationPolicy",
        "a",
        "{ targetRef: { kind: Namespace, name: shop }, requiredAuthenticationRefs: [{ group: policy.linkerd.io, kind: MeshTLSAuthentication, name: gone }] }",
      ),
      ["spec.requiredAuthenticationRefs[0]: refers to MeshTLSAuthentication shop/gone, which is not there"],
    ],
    [
      "every problem at once",
      object("Server", "a", "{ podSelector: 1, port: 70000, proxyProtocol: SMTP, accessPolicy: all }"),
      [
        "spec.podSelector: must be a selector: matchLabels, matchExpressions",
        "spec.port: must be a number, 1 to 65535, or the name of a container's port",
        "spec.proxyProtocol: must be one of unknown, opaque, TLS, HTTP/1, HTTP/2, gRPC",
        "spec.accessPolicy: must be a default policy, such as deny",
      ],
    ],
    [
      "an identity with a star elsewhere",
      object("MeshTLSAuthentication", "a", `{ identities: ["api.*.example"] }`),
      ["spec.identities[0]: must be an identity, * or *.<suffix>"],
    ],
  ];
  for (const [claim, text, expected] of issues)
    it(`issues: ${claim}`, () => expect(issuesOf(text)).to.deep.equal(expected));
});

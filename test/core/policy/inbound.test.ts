import { expect } from "chai";
import { inboundPolicy } from "../../../src/core/policy/inbound.ts";
import type { Authz } from "../../../src/core/proxy-api/inbound.ts";
import type { MeshView } from "../../../src/core/view/mesh.ts";
import { serverOf, who } from "./answers.ts";
import { viewOfManifests, mesh } from "../../support/view.ts";
import { walkthrough } from "./walkthrough.ts";

const names = ({ metadata }: Authz): string | undefined => metadata?.default ?? metadata?.resource?.name;

const pod = (own = "", namespace = "", containers = "") =>
  viewOfManifests(`
kind: Namespace
metadata: { name: shop, annotations: { ${namespace} } }
---
kind: Pod
metadata: { name: web, labels: { app: web }, annotations: { ${own} } }
spec: { containers: [{ name: main, ports: [{ containerPort: 8080, name: app }] }, ${containers}] }
`);

const policy = (name: string): string => `config.linkerd.io/default-inbound-policy: ${name}`;

describe("core/policy/inbound", () => {
  describe("default policies", () => {
    const rows: readonly [MeshView["defaultInboundPolicy"], readonly string[]][] = [
      ["all-unauthenticated", ["anyone from everywhere"]],
      ["all-authenticated", ["* from everywhere"]],
      ["cluster-unauthenticated", ["anyone from 10.0.0.0/8, fd00::/8"]],
      ["cluster-authenticated", ["* from 10.0.0.0/8, fd00::/8"]],
      ["deny", []],
      ["audit", ["anyone from everywhere"]],
    ];
    for (const [name, allowed] of rows)
      it(name, () => {
        const server = serverOf(pod(), 8080, "web", { ...mesh, defaultInboundPolicy: name });
        expect(server.labels).to.deep.equal({ group: "", kind: "default", name });
        expect(server.authorizations?.map(who)).to.deep.equal(allowed);
        expect(server.authorizations?.map(names)).to.deep.equal(allowed.map(() => name));
      });

    it("the message is the contract's, to the field", () => {
      expect(serverOf(pod(), 8080)).to.deep.equal({
        protocol: {
          detect: {
            timeout: { seconds: 10 },
            http_routes: [{ metadata: { default: "default" }, rules: [{ matches: [{ path: { prefix: "/" } }] }] }],
          },
        },
        labels: { group: "", kind: "default", name: "all-unauthenticated" },
        authorizations: [
          {
            networks: [
              { net: { ip: { ipv4: 0 }, prefix_len: 0 } },
              { net: { ip: { ipv6: { first: "0", last: "0" } }, prefix_len: 0 } },
            ],
            metadata: { default: "all-unauthenticated" },
            labels: { group: "", kind: "default", name: "all-unauthenticated" },
            authentication: { unauthenticated: {} },
          },
        ],
      });
    });
  });

  const required = (ports: string): string => `config.linkerd.io/proxy-require-identity-inbound-ports: "${ports}"`;
  const choices: readonly [claim: string, own: string, namespace: string, expected: string][] = [
    ["the pod's annotation", policy("deny"), policy("audit"), "deny"],
    ["else the namespace's", "", policy("audit"), "audit"],
    ["else the mesh's", "", "", "all-unauthenticated"],
    ["no policy's name counts as absent", policy("everyone"), policy("deny"), "deny"],
    ["a port that requires identity", required("80,8080"), "", "all-authenticated"],
    ["by name", required("app"), "", "all-authenticated"],
    ["another port does not", required("80"), "", "all-unauthenticated"],
    ["in the cluster", `${required("8080")}, ${policy("cluster-unauthenticated")}`, "", "cluster-authenticated"],
    ["it opens nothing", `${required("8080")}, ${policy("deny")}`, "", "deny"],
    ["of the namespace", "", required("8080"), "all-authenticated"],
  ];
  for (const [claim, own, namespace, expected] of choices)
    it(`default policy: ${claim}`, () => {
      expect(serverOf(pod(own, namespace), 8080).labels?.["name"]).to.equal(expected);
    });

  it("an opaque port is opaque", () => {
    expect(serverOf(pod(`config.linkerd.io/opaque-ports: "8080"`), 8080).protocol).to.deep.equal({ opaque: {} });
  });

  describe("kubelet's probes", () => {
    const proxy = `{ name: linkerd-proxy, ports: [{ containerPort: 4191, name: linkerd-admin }],
      readinessProbe: { httpGet: { path: /ready, port: linkerd-admin } },
      livenessProbe: { httpGet: { path: /live?full, port: linkerd-admin } } }`;

    for (const name of ["all-authenticated", "deny"])
      it(`get in at the proxy's own port under ${name}`, () => {
        const server = serverOf(pod(policy(name), "", proxy), 4191);
        const [any, probe] = server.protocol?.detect?.http_routes ?? [];
        expect(any?.authorizations).to.equal(undefined);
        expect(probe?.metadata).to.deep.equal({ default: "probe" });
        expect(probe?.authorizations?.map(who)).to.deep.equal(["anyone from everywhere"]);
        expect(probe?.rules).to.deep.equal([
          {
            matches: ["/live", "/ready"].map((exact) => ({ path: { exact }, method: { registered: "GET" } })),
          },
        ]);
      });
    it("get in by gRPC, too", () => {
      const grpc = `{ name: api, readinessProbe: { grpc: { port: 9090 } } }`;
      const [, probe] = serverOf(pod(policy("deny"), "", grpc), 9090).protocol?.detect?.http_routes ?? [];
      expect(probe?.rules).to.deep.equal([
        { matches: [{ path: { exact: "/grpc.health.v1.Health/Check" }, method: { registered: "POST" } }] },
      ]);
    });
    it("of another port get no route", () => {
      expect(serverOf(pod("", "", proxy), 8080).protocol?.detect?.http_routes).to.have.length(1);
    });
    it("have the networks they come from", () => {
      const near = { ...mesh, probeNetworks: mesh.clusterNetworks };
      const [, probe] = serverOf(pod("", "", proxy), 4191, "web", near).protocol?.detect?.http_routes ?? [];
      expect(probe?.authorizations?.map(who)).to.deep.equal(["anyone from 10.0.0.0/8, fd00::/8"]);
    });
  });

  it("a pod that is not known", () => {
    expect(inboundPolicy(pod(), mesh, { namespace: "shop", pod: "gone" }, 80)).to.deep.equal({ kind: "not_found" });
  });
  for (const port of [0, 65_536, -1, 1.5])
    it(`port ${port} is none`, () => {
      expect(inboundPolicy(pod(), mesh, { namespace: "shop", pod: "web" }, port).kind).to.equal("invalid");
    });

  describe("a NetworkPolicy", () => {
    it("makes its ports opaque, and lets the matched identities in, no others", () => {
      const server = serverOf(viewOfManifests(walkthrough), 8080, "backend-1");
      expect(server.protocol).to.deep.equal({ opaque: {} });
      expect(server.labels).to.deep.equal({
        group: "policy.linkerd.io",
        kind: "networkpolicy",
        name: "allow-tcp-backend",
      });
      expect(server.authorizations?.map(who)).to.deep.equal(["frontend.shop from everywhere"]);
    });
    it("leaves other ports to the default policy", () => {
      expect(serverOf(viewOfManifests(walkthrough), 9090, "backend-1").labels?.["kind"]).to.equal("default");
    });

    const more = (spec: string, others = "") =>
      viewOfManifests(`${walkthrough}
---
kind: NetworkPolicy
metadata: { name: more }
spec: { targetRef: { kind: Service, name: backend }, ${spec} }
---
kind: Pod
metadata: { name: batch-1, labels: { app: batch, tier: night } }
spec: { serviceAccountName: batch }
---
kind: Pod
metadata: { name: ended, labels: { app: batch } }
spec: { serviceAccountName: ended }
status: { phase: Succeeded }
---
kind: Pod
metadata: { name: far, namespace: elsewhere, labels: { app: batch } }
spec: { serviceAccountName: far }
${others}`);
    const from = (peers: string): string => `ingress: [{ from: [${peers}], ports: [{ port: 8080 }] }]`;
    const rows: readonly [claim: string, spec: string, allowed: readonly string[]][] = [
      [
        "several policies: who one of them lets in",
        from("{ selector: { matchLabels: { app: batch } } }"),
        ["frontend.shop from everywhere", "batch.shop from everywhere"],
      ],
      [
        "matchExpressions",
        from("{ selector: { matchExpressions: [{ key: tier, operator: In, values: [night, day] }] } }"),
        ["frontend.shop from everywhere", "batch.shop from everywhere"],
      ],
      [
        "several selectors: who one of them matches",
        from("{ selector: { matchLabels: { app: batch } } }, { selector: { matchLabels: { app: frontend } } }"),
        ["frontend.shop from everywhere", "batch.shop frontend.shop from everywhere"],
      ],
      [
        "no `from`: every meshed client",
        "ingress: [{ ports: [{ port: 8080 }] }]",
        ["frontend.shop from everywhere", "* from everywhere"],
      ],
      ["an empty `from` too", from(""), ["frontend.shop from everywhere", "* from everywhere"]],
      [
        "an empty selector: every pod of the namespace",
        from("{ selector: {} }"),
        ["frontend.shop from everywhere", "backend.shop batch.shop frontend.shop from everywhere"],
      ],
      [
        "a selector that matches nobody",
        from("{ selector: { matchLabels: { app: none } } }"),
        ["frontend.shop from everywhere"],
      ],
      ["a peer without selector matches nobody", from("{}"), ["frontend.shop from everywhere"]],
      [
        "a mistyped selector matches nobody",
        from("{ selector: { matchLabel: { app: batch } } }"),
        ["frontend.shop from everywhere"],
      ],
      [
        "a mistyped `from` lets nobody in",
        "ingress: [{ form: [{ selector: {} }], ports: [{ port: 8080 }] }]",
        ["frontend.shop from everywhere"],
      ],
      [
        "a peer that asks for more than weft knows matches nobody",
        from("{ selector: {}, namespaceSelector: {} }"),
        ["frontend.shop from everywhere"],
      ],
      [
        "an unreadable expression matches nobody",
        from("{ selector: { matchExpressions: [{ key: app, operator: Like, values: [b] }] } }"),
        ["frontend.shop from everywhere"],
      ],
    ];
    for (const [claim, spec, allowed] of rows)
      it(claim, () => {
        expect(serverOf(more(spec), 8080, "backend-1").authorizations?.map(who)).to.deep.equal(allowed);
      });

    it("alone with nobody to let in: nobody", () => {
      const alone = viewOfManifests(
        walkthrough.replaceAll(
          "{ app: frontend } } }], ports: [{ port: 8080",
          "{ app: none } } }], ports: [{ port: 8080",
        ),
      );
      const server = serverOf(alone, 8080, "backend-1");
      expect([server.protocol, server.authorizations]).to.deep.equal([{ opaque: {} }, []]);
    });
    it("listing the Service's port, restricts the pod's port behind it", () => {
      const view =
        viewOfManifests(`${walkthrough.replace("port: 8080, targetPort: tcp-backend", "port: 80, targetPort: tcp-backend")}
---
kind: NetworkPolicy
metadata: { name: by-service-port }
spec: { targetRef: { kind: Service, name: backend }, ${from("{ selector: { matchLabels: { app: none } } }").replace("8080", "80")} }`);
      expect(serverOf(view, 80, "backend-1").authorizations).to.deep.equal([]);
      expect(serverOf(view, 8080, "backend-1").authorizations?.map(who)).to.deep.equal([
        "frontend.shop from everywhere",
      ]);
    });
    it("does not close the proxy's own port", () => {
      const view = more(from("{ selector: { matchLabels: { app: none } } }").replace("8080", "4191"));
      expect(serverOf(view, 4191, "backend-1").labels?.["kind"]).to.equal("default");
    });
    it("gives way to a Server of the port", () => {
      const view = viewOfManifests(`${walkthrough}
---
kind: Server
metadata: { name: mine }
spec: { podSelector: { matchLabels: { app: backend } }, port: tcp-backend, proxyProtocol: opaque }`);
      const server = serverOf(view, 8080, "backend-1");
      expect([server.labels?.["kind"], server.authorizations]).to.deep.equal(["server", []]);
    });
  });
});

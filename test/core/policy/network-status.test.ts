import { expect } from "chai";
import { networkPolicyStatus } from "../../../src/core/policy/network-status.ts";
import type { ConditionType } from "../../../src/core/policy/network-status.ts";
import { viewOfManifests, mesh } from "../../support/view.ts";
import { walkthrough } from "./walkthrough.ts";

/** Conditions of a policy, short: `True Reason: message`. */
function conditions(manifests: string, name = "allow-tcp-backend"): Readonly<Record<string, string>> {
  const view = viewOfManifests(manifests);
  const policy = view.policies("NetworkPolicy", "shop").find((each) => each.name === name);
  const found = policy === undefined ? [] : networkPolicyStatus(view, mesh, policy);
  return Object.fromEntries(
    found.map(({ type, status, reason, message }) => [type, `${status} ${reason}: ${message}`]),
  );
}

const pod = (name: string, app: string, account: string, more = ""): string => `
---
kind: Pod
metadata: { name: ${name}, labels: { app: ${app}, linkerd.io/control-plane-ns: weft } ${more} }
spec: { serviceAccountName: ${account} }`;

const owned = (deployment: string): string =>
  `, ownerReferences: [{ controller: true, kind: Deployment, name: ${deployment} }]`;

describe("core/policy/network-status", () => {
  it("all is well", () => {
    expect(conditions(walkthrough)).to.deep.equal({
      Accepted: "True Accepted: holds for the pods of Service backend",
      PortsNamed: "True Named: a container names each listed ingress port",
      IdentitiesExclusive: "True Exclusive: service accounts of matched pods are those of no other pod",
      InEffect: "True InEffect: the proxies of the pods keep to it, once they run",
      ProbesPass: "True NoProbes: no HTTP or gRPC probe asks a listed port",
    });
  });
  it("conditions are of the generation that was looked at", () => {
    const view = viewOfManifests(walkthrough);
    const [policy] = view.policies("NetworkPolicy", "shop");
    const seen = policy && networkPolicyStatus(view, mesh, policy).map((each) => each.observedGeneration);
    expect(seen).to.deep.equal([3, 3, 3, 3, 3]);
  });

  const backend = (from: string, to: string): string => walkthrough.replace(from, to);
  const skipping = (ports: string): string =>
    backend(
      "name: backend-1, labels",
      `name: backend-1, annotations: { config.linkerd.io/skip-inbound-ports: "${ports}" }, labels`,
    );
  const rows: readonly [claim: string, type: ConditionType, manifests: string, expected: string][] = [
    [
      "the Service is not there",
      "Accepted",
      backend("targetRef: { kind: Service, name: backend }", "targetRef: { kind: Service, name: gone }"),
      "False ServiceNotFound: there is no Service gone in this namespace",
    ],
    [
      "the Service has no selector",
      "Accepted",
      backend("selector: { app: backend }, ports: [{ port: 8080, target", "ports: [{ port: 8080, target"),
      "False NoSelector: Service backend has no selector: no pod is known to be behind it",
    ],
    [
      "another kind of target",
      "Accepted",
      backend("targetRef: { kind: Service, name: backend }", "targetRef: { kind: Deployment, name: backend }"),
      "False Invalid: spec.targetRef: must be {kind: Service, name: <a Service of this namespace>}; what can be read holds",
    ],
    [
      "every problem with its place",
      "Accepted",
      backend(
        "{ app: frontend } } }], ports: [{ port: 8080, protocol: TCP }]",
        "{ app: 7 } } }], ports: [{ port: 8080, protocol: UDP }, { port: http }]",
      ),
      "False Invalid: spec.ingress[0].ports[0].protocol: must be TCP; " +
        "spec.ingress[0].ports[1].port: must be a number, 1 to 65535; " +
        'spec.ingress[0].from[0].selector.matchLabels["app"]: must be a text; every port of the Service is closed',
    ],
    [
      "a rule without ports",
      "Accepted",
      backend("{ app: frontend } } }], ports: [{ port: 8080, protocol: TCP }]", "{ app: frontend } } }]"),
      "False Invalid: spec.ingress[0].ports: lists no port: the rule does nothing; what can be read holds",
    ],
    [
      "a key that is unknown",
      "Accepted",
      backend("ingress: [{ from:", "ingress: [{ form:"),
      'False Invalid: spec.ingress[0]["form"]: is unknown (did you mean from?): expected from, ports; what can be read holds',
    ],
    [
      "egress to somewhere",
      "Accepted",
      backend("to: [{ ip: {} }], ports", "to: [{ ip: { cidr: 10.0.0.0/8 } }], ports"),
      "False Invalid: spec.egress[0].to[0]: must be {ip: {}}, any address; what can be read holds",
    ],
    [
      "no container names the port",
      "PortsNamed",
      backend(", name: tcp-backend }", " }").replace("targetPort: tcp-backend", "targetPort: 8080"),
      "False UnnamedPorts: no container names port 8080: give it a name in ports[].name",
    ],
    [
      "no container has the port",
      "PortsNamed",
      backend(", name: tcp-backend }", ", name: other }"),
      "True Named: a container names each listed ingress port",
    ],
    [
      "no pod is there",
      "PortsNamed",
      backend("selector: { app: backend }", "selector: { app: later }"),
      "Unknown NoPods: no pod is behind the Service",
    ],
    [
      "the Service's port, its target named",
      "PortsNamed",
      backend("port: 8080, targetPort: tcp-backend", "port: 80, targetPort: tcp-backend").replace(
        "{ app: frontend } } }], ports: [{ port: 8080",
        "{ app: frontend } } }], ports: [{ port: 80",
      ),
      "True Named: a container names each listed ingress port",
    ],
    [
      "others share the account: they are named, by owner",
      "IdentitiesExclusive",
      walkthrough + pod("api-1", "api", "frontend", owned("api")) + pod("api-2", "api", "frontend", owned("api")),
      "False SharedServiceAccount: let in, though no selector matches them: Deployment/api (service account frontend)",
    ],
    [
      "not those that have ended",
      "IdentitiesExclusive",
      `${walkthrough}${pod("api-1", "api", "frontend")}\nstatus: { phase: Succeeded }`,
      "True Exclusive: service accounts of matched pods are those of no other pod",
    ],
    [
      "many: the first are named",
      "IdentitiesExclusive",
      walkthrough + [1, 2, 3, 4, 5, 6, 7].map((each) => pod(`api-${each}`, "api", "frontend")).join(""),
      "False SharedServiceAccount: let in, though no selector matches them: " +
        [1, 2, 3, 4, 5].map((each) => `Pod/api-${each} (service account frontend)`).join(", ") +
        " and 2 more",
    ],
    [
      "a pod that another rule of the same port matches is not a stranger",
      "IdentitiesExclusive",
      backend(
        "{ app: frontend } } }], ports: [{ port: 8080, protocol: TCP }] }]",
        "{ app: frontend } } }], ports: [{ port: 8080 }] }, { from: [{ selector: { matchLabels: { app: api } } }], ports: [{ port: 8080 }] }]",
      ) + pod("api-1", "api", "frontend"),
      "True Exclusive: service accounts of matched pods are those of no other pod",
    ],
    [
      "a pod that a rule of another port matches is one",
      "IdentitiesExclusive",
      backend(
        "{ app: frontend } } }], ports: [{ port: 8080, protocol: TCP }] }]",
        "{ app: frontend } } }], ports: [{ port: 8080 }] }, { from: [{ selector: { matchLabels: { app: api } } }], ports: [{ port: 8081 }] }]",
      ) + pod("api-1", "api", "frontend"),
      "False SharedServiceAccount: let in, though no selector matches them: Pod/api-1 (service account frontend), Pod/frontend-1 (service account frontend)",
    ],
    [
      "nobody matches",
      "IdentitiesExclusive",
      backend("{ app: frontend } } }], ports: [{ port: 8080", "{ app: none } } }], ports: [{ port: 8080"),
      "Unknown NoClients: no pod matches the selectors of a port: nobody gets in",
    ],
    [
      "a pod without a proxy",
      "InEffect",
      backend("app: backend, linkerd.io/control-plane-ns: weft", "app: backend"),
      "False NotMeshed: Pod/backend-1 has no proxy",
    ],
    [
      "a pod that is labelled, and has no proxy",
      "InEffect",
      backend(
        "containers: [{ name: linkerd-proxy }, { name: main, ports: [{ containerPort: 8080",
        "containers: [{ name: main, ports: [{ containerPort: 8080",
      ),
      "False NotMeshed: Pod/backend-1 has no proxy",
    ],
    [
      "a proxy that runs as an init container",
      "InEffect",
      backend(
        "containers: [{ name: linkerd-proxy }, { name: main, ports: [{ containerPort: 8080",
        "initContainers: [{ name: linkerd-proxy }], containers: [{ name: main, ports: [{ containerPort: 8080",
      ),
      "True InEffect: the proxies of the pods keep to it, once they run",
    ],
    [
      "a pod of another control plane",
      "InEffect",
      backend("app: backend, linkerd.io/control-plane-ns: weft", "app: backend, linkerd.io/control-plane-ns: linkerd"),
      "False NotMeshed: Pod/backend-1 has the proxy of another control plane, in namespace linkerd",
    ],
    [
      "a pod of the host's network",
      "InEffect",
      backend("spec: { serviceAccountName: backend,", "spec: { hostNetwork: true, serviceAccountName: backend,"),
      "False NotMeshed: Pod/backend-1 is in the host's network, past its proxy",
    ],
    [
      "a port that skips the proxy, in a range",
      "InEffect",
      skipping("8000-9000"),
      "False SkipsProxy: port 8080 of Pod/backend-1 passes its proxy by",
    ],
    [
      "another port that skips the proxy",
      "InEffect",
      skipping("8081"),
      "True InEffect: the proxies of the pods keep to it, once they run",
    ],
    [
      "a port that skips the proxy, though nobody names it",
      "InEffect",
      skipping("7000").replace(
        "{ app: frontend } } }], ports: [{ port: 8080",
        "{ app: frontend } } }], ports: [{ port: 7000",
      ),
      "False SkipsProxy: port 7000 passes the proxy of some pods by",
    ],
    [
      "one of several pods is outside",
      "InEffect",
      `${walkthrough}${pod("backend-2", "backend", "backend", owned("backend"))}`,
      "False NotMeshed: Deployment/backend has no proxy",
    ],
    [
      "the Service is not there",
      "InEffect",
      backend("targetRef: { kind: Service, name: backend }", "targetRef: { kind: Service, name: gone }"),
      "False NoService: no Service says which pods are meant: their ports have the default policy",
    ],
    [
      "the Service has no selector",
      "InEffect",
      backend("selector: { app: backend }, ports: [{ port: 8080, target", "ports: [{ port: 8080, target"),
      "False NoService: no Service says which pods are meant: their ports have the default policy",
    ],
    [
      "an unknown key in the spec",
      "Accepted",
      backend(
        "  targetRef: { kind: Service, name: backend }",
        "  ingres: []\n  targetRef: { kind: Service, name: backend }",
      ),
      'False Invalid: spec["ingres"]: is unknown (did you mean ingress?): expected targetRef, ingress, egress; every port of the Service is closed',
    ],
    [
      "a Server of the same port",
      "InEffect",
      `${walkthrough}
---
kind: Server
metadata: { name: mine }
spec: { podSelector: {}, port: 8080 }`,
      "False ServerSelectsPort: Server mine decides about port 8080",
    ],
    [
      "the proxy's own port",
      "InEffect",
      backend("{ app: frontend } } }], ports: [{ port: 8080", "{ app: frontend } } }], ports: [{ port: 4191"),
      "False ProxyPort: port 4191 is the proxy's own",
    ],
    [
      "kubelet asks the port by gRPC",
      "ProbesPass",
      backend("name: tcp-backend }] }", "name: tcp-backend }], livenessProbe: { grpc: { port: 8080 } } }"),
      "False ProbesRefused: kubelet has no identity, and is refused at 8080/grpc.health.v1.Health/Check",
    ],
    [
      "kubelet asks the port, past the proxy",
      "ProbesPass",
      skipping("8080").replace(
        "name: tcp-backend }] }",
        "name: tcp-backend }], livenessProbe: { grpc: { port: 8080 } } }",
      ),
      "True NoProbes: no HTTP or gRPC probe asks a listed port",
    ],
    [
      "kubelet asks the port",
      "ProbesPass",
      backend(
        "name: tcp-backend }] }",
        "name: tcp-backend }], livenessProbe: { httpGet: { path: /live, port: 8080 } } }",
      ),
      "False ProbesRefused: kubelet has no identity, and is refused at 8080/live",
    ],
  ];
  for (const [claim, type, manifests, expected] of rows)
    it(`${type}: ${claim}`, () => {
      expect(conditions(manifests)[type]).to.equal(expected);
    });
});

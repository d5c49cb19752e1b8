/**
 * weft's NetworkPolicy on a real API server: what its definition lets through reaches weft as it was written, so that
 * nothing mistyped opens a port; and what people see of it.
 */
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { issueText } from "../../src/core/base/text/issue.ts";
import { networkPolicyDefinition } from "../../src/core/install/network-policy-crd.ts";
import { networkPolicyStatus } from "../../src/core/policy/network-status.ts";
import { networkRules } from "../../src/core/policy/network-rules.ts";
import { policyView } from "../../src/core/view/from-objects.ts";
import { viewOf, mesh } from "../support/view.ts";
import { eventually, good } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";

const home = "opaque-tcp";
const demo = fileURLToPath(new URL("../../manifests/demo/opaque-tcp.yaml", import.meta.url));
const path = `/apis/policy.linkerd.io/v1alpha1/namespaces/${home}/networkpolicies`;

const policy = (name: string, ingress: JsonObject, more: JsonObject = {}): JsonObject => ({
  apiVersion: "policy.linkerd.io/v1alpha1",
  kind: "NetworkPolicy",
  metadata: { name, namespace: home },
  spec: { targetRef: { kind: "Service", name: "backend" }, ingress: [ingress], ...more },
});

describeOnApi("weft's NetworkPolicy, on an API server", (api) => {
  before(async () => {
    await api().apply(networkPolicyDefinition());
    await eventually(
      "the resource is served",
      async () => (await api().get("/apis/policy.linkerd.io/v1alpha1")) ?? false,
    );
    const applied = await api().kubectl(["apply", "-f", demo]);
    expect(applied.stderr).to.equal("");
  });
  after(async () => {
    const definition = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/networkpolicies.policy.linkerd.io";
    await api().remove(definition);
    await eventually("the definition is gone", async () => (await api().get(definition)) === undefined);
  });

  const ports = [{ port: 8080, protocol: "TCP" }];
  const rows: readonly [claim: string, object: JsonObject, issue: string][] = [
    [
      "selector",
      policy("a", { from: [{ selector: { matchLabel: { app: "x" } } }], ports }),
      'spec.ingress[0].from[0].selector["matchLabel"]: is unknown (did you mean matchLabels?): expected matchLabels, matchExpressions',
    ],
    [
      "from",
      policy("b", { form: [], ports }),
      'spec.ingress[0]["form"]: is unknown (did you mean from?): expected from, ports',
    ],
    [
      "peer",
      policy("c", { from: [{ selector: {}, namespaceSelector: {} }], ports }),
      'spec.ingress[0].from[0]["namespaceSelector"]: is unknown: expected selector',
    ],
    [
      "address",
      policy("d", { ports }, { egress: [{ to: [{ ip: { cidr: "10.0.0.0/8" } }], ports }] }),
      "spec.egress[0].to[0]: must be {ip: {}}, any address",
    ],
    [
      "port",
      policy("h", { ports: [{ port: 8080, protocl: "TCP" }] }),
      'spec.ingress[0].ports[0]["protocl"]: is unknown (did you mean protocol?): expected port, endPort, protocol',
    ],
    [
      "spec",
      policy("i", { ports }, { ingres: [] }),
      'spec["ingres"]: is unknown (did you mean ingress?): expected targetRef, ingress, egress',
    ],
  ];
  for (const [claim, object, issue] of rows)
    it(`what is unknown in a ${claim} is not dropped`, async () => {
      const stored = good(await api().create(object), "policy");
      expect(networkRules(policyView("NetworkPolicy")(stored)).issues.map(issueText)).to.deep.equal([issue]);
    });

  const refused: readonly [claim: string, object: JsonObject][] = [
    ["UDP", policy("e", { ports: [{ port: 53, protocol: "UDP" }] })],
    ["a port that is none", policy("f", { ports: [{ port: 70_000 }] })],
    ["a peer without selector", policy("g", { from: [{}], ports })],
  ];
  for (const [claim, object] of refused)
    it(`${claim} is refused at once`, async () => {
      expect((await api().create(object)).status).to.equal(422);
    });

  it("kubectl shows the target and what became of it", async () => {
    const about = `${path}/allow-tcp-backend`;
    const stored = (await api().get(about)) ?? {};
    const conditions = networkPolicyStatus(viewOf(), mesh, policyView("NetworkPolicy")(stored)).map((each) => ({
      ...each,
      lastTransitionTime: "2026-01-01T00:00:00Z",
    }));
    const body = { status: { conditions } };
    const contentType = "application/merge-patch+json";
    good(await api().ask({ method: "PATCH", path: `${about}/status`, body, contentType }), "status");
    const args = ["-n", home, "get", "networkpolicy.policy.linkerd.io", "allow-tcp-backend"];
    const [head = "", row = ""] = (await api().kubectl(args)).stdout.split("\n");
    expect(head.split(/ {2,}/)).to.deep.equal(["NAME", "TARGET", "ACCEPTED", "IN EFFECT", "EXCLUSIVE", "AGE"]);
    expect(row.split(/ {2,}/).slice(0, 5)).to.deep.equal(["allow-tcp-backend", "backend", "False", "False", "Unknown"]);
  });
});

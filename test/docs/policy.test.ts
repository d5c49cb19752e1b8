/** `docs/policy.md` shows what becomes of `manifests/demo/opaque-tcp.yaml`. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { inboundPolicy } from "../../src/core/policy/inbound.ts";
import { networkPolicyStatus } from "../../src/core/policy/network-status.ts";
import { isOpaqueForClient, isOpaqueOnPod, isOpaqueOnService } from "../../src/core/policy/opaque.ts";
import type { ClusterView } from "../../src/core/view/cluster.ts";
import { objectIn, objectsIn } from "../../src/core/view/read.ts";
import { who } from "../core/policy/answers.ts";
import { viewOf, mesh } from "../support/view.ts";

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const page = textOf("docs/policy.md");
const demo = textOf("manifests/demo/opaque-tcp.yaml");
const namespace = "opaque-tcp";

/** The objects as they are once there is a pod for each Deployment, with its proxy. */
const running = (manifests: string): ClusterView =>
  viewOf(
    ...parseAllDocuments(manifests)
      .map((document): JsonObject => document.toJS())
      .flatMap((object) =>
        object["kind"] === "ServiceAccount" ? [] : object["kind"] === "Deployment" ? [podOf(object)] : [object],
      ),
  );

function podOf(deployment: JsonObject): JsonObject {
  const template = objectIn(objectIn(deployment, "spec"), "template");
  const { name = "" } = objectIn(deployment, "metadata");
  const labels = { ...objectIn(objectIn(template, "metadata"), "labels"), "linkerd.io/control-plane-ns": "weft" };
  const ownerReferences = [{ controller: true, kind: "Deployment", name }];
  const spec = objectIn(template, "spec");
  const containers = [{ name: "linkerd-proxy" }, ...objectsIn(spec, "containers")];
  return { kind: "Pod", metadata: { name, namespace, labels, ownerReferences }, spec: { ...spec, containers } };
}

const linesOf = (view: ClusterView): readonly string[] =>
  view
    .policies("NetworkPolicy", namespace)
    .filter(({ name }) => name === "allow-tcp-backend")
    .flatMap((policy) => networkPolicyStatus(view, mesh, policy))
    .map(({ type, status, message }) => `${type}  ${status}  ${message}`);

const shown = (mark: string): string => page.split(`<!-- ${mark} -->\n\n\`\`\`text\n`)[1]?.split("```")[0] ?? "";

describe("docs/policy.md", () => {
  const view = running(demo);

  it("shows the conditions of the walk-through", () => {
    expect(linesOf(view).join("\n")).to.equal(shown("conditions").trim());
  });
  it("and what a shared service account does to them", () => {
    const shared = running(demo.replaceAll(/serviceAccountName: .*/g, ""));
    expect(linesOf(shared).filter((line) => line.startsWith("Identities"))).to.deep.equal([shown("shared").trim()]);
  });

  it("both sides of the walk-through are opaque, and each lets the other in alone", () => {
    const port = { backend: 8080, frontend: 9090 };
    const other = { backend: "frontend", frontend: "backend" } as const;
    for (const name of ["backend", "frontend"] as const) {
      const [pod, service] = [view.pod(namespace, name), view.service(namespace, name)];
      expect(pod && isOpaqueOnPod(view, mesh, pod, port[name])).to.equal(true);
      expect(service && isOpaqueOnService(view, mesh, service, port[name])).to.equal(true);
      expect(isOpaqueForClient(view, { namespace, pod: other[name] }, port[name])).to.equal(true);
      const answer = inboundPolicy(view, mesh, { namespace, pod: name }, port[name]);
      const allowed = answer.kind === "server" ? answer.server.authorizations?.map(who) : [];
      expect(allowed).to.deep.equal([`${other[name]}.opaque-tcp from everywhere`]);
    }
  });
});

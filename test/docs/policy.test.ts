/** `docs/policy.md` shows what becomes of `manifests/demo/opaque-tcp.yaml`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { inboundPolicy } from "../../src/core/policy/inbound.ts";
import { networkPolicyStatus } from "../../src/core/policy/network-status.ts";
import { isOpaqueForClient, isOpaqueOnPod, isOpaqueOnService } from "../../src/core/policy/opaque.ts";
import type { ClusterView } from "../../src/core/view/cluster.ts";
import { objectIn, objectsIn } from "../../src/core/view/read.ts";
import { ownPackage } from "../../src/files/package.ts";
import { until } from "../support/until.ts";
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

  it("both run on weft's own image, of this version", () => {
    const images = [...demo.matchAll(/^ +image: (.*)$/gm)].map(([, image]) => image);
    expect(images).to.deep.equal([`weft:${ownPackage().version}`, `weft:${ownPackage().version}`]);
  });

  it("each says hello to the other", async () => {
    const port = String(await freePort());
    const own = (program: string): string =>
      program.replaceAll("8080", port).replace("9090", "0").replace('"backend"', '"127.0.0.1"').replace("5000", "20");
    const running = demoPrograms().map((program) => spawn(process.execPath, ["-e", own(program)]));
    try {
      const [backend, frontend] = running;
      let said = "";
      frontend?.stdout.on("data", (bytes: Buffer) => (said += bytes.toString()));
      await until(() => /hello from backend\nhello from frontend\n/.test(said));
      backend?.kill("SIGTERM");
      const [code] = (await once(backend ?? frontend ?? process, "exit")) as [number | null];
      expect(code, "ends at SIGTERM, also as the first process of a container").to.equal(0);
    } finally {
      for (const each of running) each.kill("SIGKILL");
    }
  });
});

/** backend's and frontend's. */
const demoPrograms = (): readonly string[] =>
  parseAllDocuments(demo)
    .map((document): JsonObject => document.toJS())
    .filter(({ kind }) => kind === "Deployment")
    .map((deployment) => {
      const [container = {}] = objectsIn(
        objectIn(objectIn(objectIn(deployment, "spec"), "template"), "spec"),
        "containers",
      );
      const { args } = container;
      return Array.isArray(args) ? String(args[0]) : "";
    });

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { run } from "../../src/cli/program.ts";
import { recordingIo } from "../support/recording-io.ts";

interface Answered {
  readonly kind: string;
  readonly code?: number;
  readonly message?: string;
  readonly apiVersion: string;
  readonly response?: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly patch?: string;
    readonly warnings?: readonly string[];
  };
}

const pod = (annotations: object = {}, ports: readonly number[] = []): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", annotations },
  spec: { containers: [{ name: "web", image: "web", ports: ports.map((containerPort) => ({ containerPort })) }] },
});

const review = (uid: string, object: object, more: object = {}): string =>
  JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid,
      namespace: "shop",
      operation: "CREATE",
      kind: { group: "", version: "v1", kind: "Pod" },
      object,
      ...more,
    },
  });

describe("weft review", () => {
  let folder: string;
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "weft-review-"));
    file("anchors.pem", "anchors");
    file("cluster.yaml", "kind: Namespace\nmetadata: {name: shop, annotations: {linkerd.io/inject: enabled}}\n");
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const reviewed = async (stdin: string, ...flags: readonly string[]) => {
    const io = recordingIo({ stdin });
    const code = await run(["review", ...flags], io);
    const lines = io.written.stdout.split("\n").slice(0, -1);
    return { code, answers: lines.map((line) => JSON.parse(line) as Answered), stderr: io.written.stderr };
  };
  const flags = () => ["--trust-anchors", join(folder, "anchors.pem"), "--objects", join(folder, "cluster.yaml")];

  it("answers each review on a line of its own, in order", async () => {
    const stdin = `${review("a", pod())}\n${review("b", pod({ "linkerd.io/inject": "disabled" }))}${review("c", pod())}`;
    const { code, answers } = await reviewed(stdin, ...flags());
    expect(code).to.equal(0);
    expect(
      answers.map(({ response }) => [response?.uid, response?.allowed, response?.patch !== undefined]),
    ).to.deep.equal([
      ["a", true, true],
      ["b", true, false],
      ["c", true, true],
    ]);
  });

  it("answers in the version of the request", async () => {
    const { answers } = await reviewed(review("a", pod()).replace("/v1", "/v1beta1"), ...flags());
    expect(answers[0]?.apiVersion).to.equal("admission.k8s.io/v1beta1");
  });

  it("gives a bad line an answer too, goes on, and ends with 1", async () => {
    const { code, answers, stderr } = await reviewed(`oops\n${review("b", pod())}\n`, ...flags());
    expect(code).to.equal(1);
    expect(answers[0]).to.include({ kind: "Status", code: 400 });
    expect(answers[1]?.response?.uid).to.equal("b");
    expect(stderr).to.contain("1 of the reviews could not be answered");
  });

  it("counts namespaces as saying nothing without --objects", async () => {
    const { answers } = await reviewed(review("a", pod()), "--trust-anchors", join(folder, "anchors.pem"));
    expect(answers[0]?.response).to.include({ allowed: true }).and.not.have.property("patch");
  });

  it("allows a pod of a namespace that is not there, and says so", async () => {
    const { answers } = await reviewed(review("a", pod(), { namespace: "gone" }), ...flags());
    expect(answers[0]?.response?.allowed).to.equal(true);
    expect(answers[0]?.response?.warnings?.[0]).to.contain('namespace "gone" was not found');
  });

  it("with settings that cannot inject: HTTP 500's body for pods that asked, the usual answer for others", async () => {
    const settings = file(
      "settings.json",
      '{"clusterNetworks":"nonsense","identity":{"serviceAccountTokenProjection":true},"proxy":{"opaquePorts":"3306","ports":{"inbound":1,"admin":2}},"proxyInit":{"iptablesMode":"nft"}}',
    );
    const stdin = `${review("a", pod({}, [3306]))}\n${review("b", pod({ "linkerd.io/inject": "disabled" }, [3306]))}\n`;
    const { code, answers, stderr } = await reviewed(stdin, "--settings", settings, ...flags());
    expect(code).to.equal(1);
    expect(answers[0]).to.include({ kind: "Status", code: 500 });
    expect(answers[0]?.message).to.contain('clusterNetworks: "nonsense"');
    expect(answers[1]?.response).to.include({ uid: "b", allowed: true }).and.have.property("patch");
    expect(stderr).to.contain("clusterNetworks");
  });

  it("answers what else weft is registered for: workloads and Services with advice, Namespaces with that and a label", async () => {
    const metadata = { name: "web", annotations: { "linkerd.io/injct": "enabled" } };
    const ports = [{ port: 80 }];
    const stdin = [
      review(
        "a",
        { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { template: {} } },
        { resource: { group: "apps", version: "v1", resource: "deployments" } },
      ),
      review(
        "b",
        { apiVersion: "v1", kind: "Service", metadata, spec: { ports } },
        { resource: { resource: "services" }, operation: "UPDATE", oldObject: {} },
      ),
      review(
        "c",
        {
          apiVersion: "v1",
          kind: "Namespace",
          metadata: { name: "shop", annotations: { "linkerd.io/inject": "enabled", "linkerd.io/injct": "x" } },
        },
        { resource: { resource: "namespaces" } },
      ),
      review(
        "d",
        { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } },
        { resource: { resource: "namespaces" } },
      ),
    ];
    const { code, answers } = await reviewed(stdin.join("\n"), ...flags());
    expect(code).to.equal(0);
    expect(
      answers.map(({ response }) => [response?.uid, response?.patch !== undefined, response?.warnings?.length ?? 0]),
    ).to.deep.equal([
      ["a", false, 1],
      ["b", false, 1],
      ["c", true, 1],
      ["d", false, 0],
    ]);
    expect(answers[0]?.response?.warnings?.[0]).to.match(/^deployment\/web: annotation "linkerd.io\/injct" is unknown/);
  });

  it("refuses settings of wrong types, all at once, before it answers anything", async () => {
    const settings = file("wrong.yaml", "clusterDomain: {}\nproxy: {await: maybe}\n");
    const { code, answers, stderr } = await reviewed(review("a", pod()), "--settings", settings);
    expect([code, answers.length]).to.deep.equal([1, 0]);
    expect(stderr).to.contain("clusterDomain").and.contain("proxy.await");
  });

  it("names the file and line of objects that cannot be read", async () => {
    const objects = file("broken.yaml", "kind: Namespace\nmetadata: a: b\n");
    const { code, stderr } = await reviewed(review("a", pod()), "--objects", objects);
    expect(code).to.equal(1);
    expect(stderr).to.contain("broken.yaml").and.contain("line 2");
  });
});

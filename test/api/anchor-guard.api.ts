/** A bundle of trust anchors that running pods would not trust is refused by a real API server, whoever applies it. */
import { join } from "node:path";
import { expect } from "chai";
import { run } from "../../src/cli/program.ts";
import { newAuthorities } from "../../src/cli/issuer-files.ts";
import { ownKeys } from "../../src/core/mesh/annotations.ts";
import { textAt } from "../../src/core/base/json/read.ts";
import { recordingIo } from "../support/recording-io.ts";
import { eventually } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";

const namespace = "anchor-guard";
const path = `/api/v1/namespaces/${namespace}/configmaps/linkerd-identity-trust-roots`;

describeOnApi("trust anchors", (api) => {
  let first = "";

  const printed = async (key: string): Promise<string> => {
    const io = recordingIo({ version: "1.0.0" });
    const file = join(api().plane.folder, key);
    expect(await run(["install", "--offline", "--namespace", namespace, "--anchor-key-file", file], io)).to.equal(0);
    return io.written.stdout;
  };
  const bundle = async (): Promise<string> => textAt(await api().get(path), "data", "ca-bundle.crt");
  /** The status of a change of the bundle, and what is said of it. */
  const changed = async (text: string | undefined, annotations = {}, dryRun = false) => {
    const data = text === undefined ? null : { "ca-bundle.crt": text };
    const { status, body } = await api().ask({
      method: "PATCH",
      path,
      contentType: "application/merge-patch+json",
      query: dryRun ? { dryRun: "All" } : {},
      body: { metadata: { annotations }, data },
    });
    return { status, text: JSON.stringify(body) };
  };
  const made = async (): Promise<string> => (await newAuthorities("cluster.local", new Date())).anchor.certificate;

  before(async () => {
    const { code, stderr } = await api().kubectl(["apply", "-f", "-"], { input: await printed("guard-first.key") });
    expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
    first = await bundle();
    await eventually(
      "the policy is in force",
      async () => (await changed(await made(), {}, true)).status,
      (status) => status === 422,
    );
  });
  after(async () => {
    const io = recordingIo({ version: "1.0.0" });
    await run(["uninstall", "--force", "--kubeconfig", api().adminKubeconfig], io);
    await api().kubectl(["delete", "--wait=false", "-f", "-"], { input: io.written.stdout });
  });

  it("stay as they are when a second weft install is applied, which kubectl says", async () => {
    const { code, stderr } = await api().kubectl(["apply", "-f", "-"], { input: await printed("guard-second.key") });
    expect(code).to.not.equal(0);
    expect(stderr).to.include("no trust anchor of before would be left").and.include("weft upgrade -o yaml");
    expect(await bundle()).to.equal(first);
  });

  it("are not taken away", async () => {
    expect((await changed("")).status).to.equal(422);
    expect((await changed(undefined)).status).to.equal(422);
    expect(await bundle()).to.equal(first);
  });

  it("are what proxies read of them: whole blocks that begin a line", async () => {
    const next = await made();
    expect((await changed(`# ${first}${next}`)).status, "commented out").to.equal(422);
    expect((await changed(first.replace(/-----END.*/, ""))).status, "cut off").to.equal(422);
    expect((await changed(`-----BEGIN CERTIFICATE-----\n${first}`, {}, true)).status, "begun twice").to.equal(200);
    expect(await bundle()).to.equal(first);
  });

  it("of any number are replaced with consent, and left where they are by whoever changes something else", async () => {
    const [before, other] = [await bundle(), await made()];
    const many = Array.from({ length: 1200 }, (_, index) =>
      other.replace(/\n.{8}/, `\n${String(index).padStart(8, "A")}`),
    );
    const text = [...many, before].join("");
    expect((await changed(text)).text).to.include("cost");
    expect((await changed(text, { [ownKeys.replaceAnchors]: "many" })).status).to.equal(200);
    expect((await changed(text, { "example.com/other": "1" })).status).to.equal(200);
    expect((await changed(before, { [ownKeys.replaceAnchors]: "few" })).status).to.equal(200);
    expect((await changed(`${many.slice(0, 200).join("")}${before}`)).status).to.equal(200);
    expect((await changed(before)).status).to.equal(200);
  });

  it("are changed in steps that overlap, however the text is laid out", async () => {
    const next = await made();
    expect((await changed(`# both\n${next}\n${first.replaceAll("\n", "\r\n")}`)).status).to.equal(200);
    expect((await changed(next)).status).to.equal(200);
    expect((await changed(`${next}${first}`)).status).to.equal(200);
    expect((await changed(first)).status).to.equal(200);
  });

  it("are replaced with a new value of the annotation, once", async () => {
    const [one, other] = [await made(), await made()];
    expect((await changed(one, { [ownKeys.replaceAnchors]: "1" })).status).to.equal(200);
    expect((await changed(other, { [ownKeys.replaceAnchors]: "1" })).status).to.equal(422);
    expect((await changed(other, { [ownKeys.replaceAnchors]: "2" })).status).to.equal(200);
  });

  it("may be many", async () => {
    const many = Array.from({ length: 200 }, () => first).join("");
    expect((await changed(many + (await bundle()))).status).to.equal(200);
    expect((await changed(many)).status).to.equal(200);
  });
});

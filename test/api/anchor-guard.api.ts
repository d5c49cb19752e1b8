/**
 * A real API server refuses a bundle of trust anchors that running pods would not trust, that it is taken away, and what
 * belongs to another installation: whoever applies it.
 */
import { join } from "node:path";
import { expect } from "chai";
import { run } from "../../src/cli/program.ts";
import { newAuthorities } from "../../src/cli/issuer-files.ts";
import { ownKeys } from "../../src/core/mesh/annotations.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { textAt } from "../../src/core/base/json/read.ts";
import { toYaml } from "../../src/core/documents/yaml-text.ts";
import { names } from "../../src/core/install/names.ts";
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

  const kept = ["secrets/linkerd-identity-issuer", "configmaps/weft-installation", "configmaps/linkerd-config"];
  const at = (name: string): string => `/api/v1/namespaces/${namespace}/${name}`;
  const dataOf = async (name: string) => (await api().get(at(name)))?.["data"];
  const dryPatch = (name: string, body: JsonObject) =>
    api().ask({
      method: "PATCH",
      path: at(name),
      contentType: "application/merge-patch+json",
      body,
      query: { dryRun: "All" },
    });

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

  it("keep what is for them, too: issuer, settings and choices stay when a second weft install is applied", async () => {
    const own = await Promise.all(kept.map(dataOf));
    const { code, stderr } = await api().kubectl(["apply", "-f", "-"], { input: await printed("guard-third.key") });
    expect(code).to.not.equal(0);
    expect(stderr.match(/this is of another installation, with other CAs/g)).to.have.lengthOf(kept.length);
    expect(await Promise.all(kept.map(dataOf))).to.deep.equal(own);
  });

  it("hold up nobody who says nothing of them, also after a rotation", async () => {
    expect((await dryPatch("secrets/linkerd-identity-issuer", { data: { "crt.pem": "AAAA" } })).status).to.equal(200);
    const none = { metadata: { annotations: { [ownKeys.mesh]: null } } };
    for (const name of kept) expect((await dryPatch(name, none)).status, name).to.equal(200);
    const next = await made();
    expect((await changed(`${next}${first}`)).status).to.equal(200);
    expect((await changed(next)).status).to.equal(200);
    const edited = { metadata: { labels: { edited: "yes" } } };
    for (const name of kept) expect((await dryPatch(name, edited)).status, name).to.equal(200);
    expect((await changed(`${next}${first}`)).status).to.equal(200);
    expect((await changed(first)).status).to.equal(200);
  });

  it("are not taken away", async () => {
    expect((await changed("")).status).to.equal(422);
    expect((await changed(undefined)).status).to.equal(422);
    expect(await bundle()).to.equal(first);
  });

  it("are not deleted: alone, with all ConfigMaps, or to be created anew", async () => {
    const [one] = (await api().kubectl(["-n", namespace, "delete", "configmap", names.trustAnchors])).stderr.split(
      "\n",
    );
    expect(one).to.include("running pods trust these anchors and no others: weft uninstall takes them away");
    const all = await api().kubectl(["-n", namespace, "delete", "configmap", "--all"]);
    expect(all.stderr).to.include("running pods trust these anchors");
    const found = await api().get(path);
    const data = { "ca-bundle.crt": await made() };
    const forced = await api().kubectl(["replace", "--force", "-f", "-"], { input: toYaml({ ...found, data }) });
    expect(forced.stderr).to.include("running pods trust these anchors");
    expect(await bundle()).to.equal(first);
  });

  it("are deleted by whoever says so on them", async () => {
    const remove = async () => (await api().ask({ method: "DELETE", path, query: { dryRun: "All" } })).status;
    expect(await remove()).to.equal(422);
    const says = async (value: string | null) =>
      expect((await changed(first, { [ownKeys.replaceAnchors]: value })).status).to.equal(200);
    await says("yes");
    expect(await remove()).to.equal(422);
    await says("delete");
    expect(await remove()).to.equal(200);
    await says(null);
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

  it("go with their namespace", async () => {
    const remove = () => api().ask({ method: "DELETE", path });
    expect((await remove()).status).to.equal(422);
    expect((await api().ask({ method: "DELETE", path: `/api/v1/namespaces/${namespace}` })).status).to.equal(200);
    await eventually(
      "the namespace goes",
      async () => (await remove()).status,
      (status) => status === 200,
    );
  });
});

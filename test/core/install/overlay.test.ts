/**
 * `manifests/base` and its overlays are what `weft install` makes (make golden rewrites them); where there is a kubectl,
 * what kustomize builds of them is compared, too.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { newAuthorities } from "../../../src/cli/issuer-files.ts";
import { run } from "../../../src/cli/program.ts";
import { readDocument } from "../../../src/core/documents/document.ts";
import { splitDocuments } from "../../../src/core/documents/stream.ts";
import { baseFolder, overlayFolder } from "../../../scripts/pages/kustomize.ts";
import type { Folder } from "../../../scripts/pages/kustomize.ts";
import { isUsers, keptLabels } from "../../../scripts/pages/kustomize-files.ts";
import { keeperOf } from "../../../src/core/install/keeper.ts";
import { ownKeys } from "../../../src/core/mesh/annotations.ts";
import { names } from "../../../src/core/install/names.ts";
import { nameOf } from "../../../src/core/install/print.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { ownPackage } from "../../../src/files/package.ts";
import { recordingIo } from "../../support/recording-io.ts";

const manifests = fileURLToPath(new URL("../../../manifests/", import.meta.url));

const overlays: Readonly<Record<string, readonly string[]>> = {
  kind: ["--set", "weft.replicas=1", "--set", "weft.resources.requests.memory=128Mi"],
  ha: ["--ha"],
  "cert-manager": ["--certificates", "cert-manager"],
  linkerd: ["--set", "weft.controlPlane=linkerd"],
};

/** The CAs of a mesh: none of it is in the manifests. */
const given = mkdtempSync(join(tmpdir(), "weft-authorities-"));
const [anchors, issuer, key] = ["ca-bundle.crt", "crt.pem", "key.pem"].map((name) => join(given, name));
const authorities = [`--trust-anchors=${anchors}`, `--issuer-cert=${issuer}`, `--issuer-key=${key}`];

async function installed(flags: readonly string[]): Promise<readonly JsonObject[]> {
  const io = recordingIo({ version: ownPackage().version });
  const own = flags.includes("weft.controlPlane=linkerd") ? authorities.slice(0, 1) : authorities;
  const exit = await run(["install", "--offline", ...own, ...flags], io);
  expect(exit, io.written.stderr).to.equal(0);
  return objectsIn(io.written.stdout);
}

const objectsIn = (text: string): readonly JsonObject[] =>
  splitDocuments(text).map((document) => readDocument(document.text).value as JsonObject);

const folders: readonly (readonly [name: string, flags: readonly string[], make: () => Promise<Folder>])[] = [
  ["base", [], async () => baseFolder(await installed([]))],
  ...Object.entries(overlays).map(
    ([name, flags]) =>
      [`overlays/${name}`, flags, async () => overlayFolder(await installed([]), await installed(flags))] as const,
  ),
];

const kubectl = [
  ...(process.env["KUBEBUILDER_ASSETS"] === undefined ? [] : [join(process.env["KUBEBUILDER_ASSETS"], "kubectl")]),
  ...(existsSync(join(homedir(), ".cache/kube-assets"))
    ? readdirSync(join(homedir(), ".cache/kube-assets")).map((version) =>
        join(homedir(), ".cache/kube-assets", version, "kubectl"),
      )
    : []),
].find((path) => existsSync(path));

/** The first block of YAML of the page. */
function documented(): string {
  const page = readFileSync(new URL("../../../docs/gitops.md", import.meta.url), "utf8");
  return /```yaml\n# mesh\/kustomization\.yaml\n([^`]*)```/.exec(page)?.[1] ?? "";
}

const isCheckout = existsSync(new URL("../../../.git", import.meta.url));

describe("manifests", () => {
  (isCheckout ? it : it.skip)("keys are not committed, and what a fork has to commit is", () => {
    const ignored = (path: string): boolean =>
      spawnSync("git", ["check-ignore", "--quiet", path], { cwd: manifests }).status === 0;
    const root = fileURLToPath(new URL("../../../", import.meta.url));
    const secrets = ["keys/anchor.key", "keys/key.pem", "weft-anchor.key", "weft-anchor-new.key", "weft.yaml"];
    for (const path of secrets) expect(ignored(join(root, path)), path).to.equal(true);
    for (const path of ["base/ca-bundle.crt", "base/weft.yaml", "../mesh/ca-bundle.crt"])
      expect(ignored(join(manifests, path)), path).to.equal(false);
  });

  before(async () => {
    const made = await newAuthorities("cluster.local", new Date());
    writeFileSync(String(anchors), made.anchor.certificate);
    writeFileSync(String(issuer), made.issuer.certificate);
    writeFileSync(String(key), made.issuer.key);
  });
  after(() => rmSync(given, { recursive: true }));

  for (const [name, flags, make] of folders) {
    it(`${name} is weft install ${flags.join(" ")}`, async () => {
      const folder = await make();
      const at = join(manifests, name);
      if (process.env["UPDATE_GOLDEN"] === "1") write(at, folder);
      expect(readdirSync(at)).to.have.members([...folder.keys()]);
      for (const [file, text] of folder) expect(readFileSync(join(at, file), "utf8"), file).to.equal(text);
    });
  }

  const built = kubectl === undefined ? describe.skip : describe;
  built(`built by kustomize${kubectl === undefined ? " (skipped: there is no kubectl)" : ""}`, () => {
    let copy = "";
    before(() => {
      copy = mkdtempSync(join(tmpdir(), "weft-manifests-"));
      for (const [name] of folders) cpSync(join(manifests, name), join(copy, name), { recursive: true });
    });
    after(() => rmSync(copy, { recursive: true }));

    it("an overlay of one's own, as docs/gitops.md has it, brings anchors and image and changes no file of them", async () => {
      const own = join(copy, "own");
      mkdirSync(own);
      cpSync(String(anchors), join(own, "ca-bundle.crt"));
      writeFileSync(join(own, "kustomization.yaml"), documented().replace(/- https:.*$/m, "- ../overlays/ha"));
      const text = execFileSync(kubectl ?? "", ["kustomize", own], { encoding: "utf8" });
      const given = ["--ha", "--image", "registry.example/team/weft"];
      const objects = (await installed(given)).filter((object) => !isUsers(object) || object["kind"] === "ConfigMap");
      const found = byName(objectsIn(text));
      const expected = byName(objects.map(asKept));
      const without = (all: Readonly<Record<string, JsonObject>>) =>
        Object.fromEntries(Object.entries(all).filter(([, object]) => nameOf(object).name !== names.given));
      expect(without(found)).to.deep.equal(without(expected));
      expect(keeperOf(Object.values(found).find((object) => nameOf(object).name === names.given) ?? {})?.tool).to.equal(
        "kustomize",
      );
    });

    for (const [name, flags] of folders) {
      it(`${name} has the objects of weft install ${flags.join(" ")}`, async () => {
        const text = execFileSync(kubectl ?? "", ["kustomize", join(copy, name)], { encoding: "utf8" });
        const objects = (await installed(flags)).filter((object) => !isUsers(object)).map(asKept);
        expect(byName(objectsIn(text))).to.deep.equal(byName(objects));
      });
    }
  });
});

/** weft upgrade knows by that label who has the manifests. Whose anchors they are for is not known to them. */
function asKept(object: JsonObject): JsonObject {
  const { name } = nameOf(object);
  if (name !== names.given && name !== names.settings) return object;
  const { annotations, ...metadata } = object["metadata"] as JsonObject;
  expect(Object.keys(annotations as JsonObject)).to.deep.equal([ownKeys.mesh]);
  return { ...object, metadata: { ...metadata, ...(name === names.given ? { labels: keptLabels } : {}) } };
}

const byName = (objects: readonly JsonObject[]): Readonly<Record<string, JsonObject>> =>
  Object.fromEntries(objects.map((object) => [JSON.stringify(nameOf(object)), object]));

function write(at: string, folder: Folder): void {
  rmSync(at, { recursive: true, force: true });
  mkdirSync(at, { recursive: true });
  for (const [file, text] of folder) writeFileSync(join(at, file), text);
}

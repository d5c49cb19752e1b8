/** What is published, as those get it who install it: made from this tree, installed into an empty folder, used. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { publint } from "publint";
import { readDocument } from "../../../src/core/documents/document.ts";
import { splitDocuments } from "../../../src/core/documents/stream.ts";
import { at, textAt } from "../../../src/core/base/json/read.ts";

const repository = fileURLToPath(new URL("../../../", import.meta.url));
const bin = (name: string): string => join(repository, "node_modules/.bin", name);
const anchors = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";

describe("packages", function () {
  this.timeout(180_000);
  let folder = "";
  let program = "";

  const run = (file: string, ...args: readonly string[]): string =>
    execFileSync(file, args, { cwd: program, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "weft-packages-"));
    execFileSync("npm", ["run", "-s", "build"], { cwd: repository });
    execFileSync(process.execPath, [join(repository, "scripts/packages.ts"), folder]);
    program = join(folder, "program");
    mkdirSync(program);
    writeFileSync(join(program, "package.json"), '{ "name": "program", "type": "module", "private": true }');
    writeFileSync(join(program, "ca.crt"), anchors);
    const [packed = ""] = execFileSync("npm", ["pack", "--silent", join(folder, "weft-mesh")], {
      cwd: folder,
      encoding: "utf8",
    })
      .trim()
      .split("\n");
    run("npm", "install", "--offline", "--no-audit", "--no-fund", "--loglevel=error", join(folder, packed));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("the library brings no other package", () => {
    expect(readdirSync(join(program, "node_modules")).filter((name) => !name.startsWith("."))).to.deep.equal([
      "weft-mesh",
    ]);
  });

  it("the library injects", () => {
    cpSync(join(repository, "test/docs/readme-example.ts"), join(program, "example.ts"));
    const text = readFileSync(join(program, "example.ts"), "utf8").replace("../../src/index.ts", "weft-mesh");
    writeFileSync(join(program, "example.ts"), text);
    expect(run(process.execPath, "example.ts")).to.include("add /spec/template/spec/initContainers\n");
  });

  for (const [module, resolution] of [
    ["node16", "node16"],
    ["esnext", "bundler"],
  ] as const) {
    it(`its types are those of its functions, as ${resolution} finds them`, () => {
      writeFileSync(
        join(program, "types.ts"),
        `import { inject, parseSettings } from "weft-mesh";
const parsed = parseSettings();
if ("issues" in parsed) throw new Error();
const injection = inject({ kind: "Pod" as const }, { settings: parsed.settings });
if (injection.kind === "injected") injection.object.kind satisfies "Pod";
// @ts-expect-error: an injection that is skipped has no object
if (injection.kind === "skipped") injection.object;
`,
      );
      const flags = [
        "--noEmit",
        "--strict",
        "--skipLibCheck",
        "false",
        "--module",
        module,
        "--moduleResolution",
        resolution,
      ];
      run(bin("tsc"), ...flags, "--target", "es2023", "--types", "", "types.ts");
    });
  }

  for (const name of ["weft-mesh", "weft-mesh-cli"]) {
    it(`${name} is a package as it should be`, async () => {
      const { messages } = await publint({ pkgDir: join(folder, name), pack: "npm" });
      expect(messages).to.deep.equal([]);
    });
  }

  it("the command is whole", () => {
    const cli = join(folder, "weft-mesh-cli");
    expect(readdirSync(cli)).to.include.members(["completion", "dist", "docs", "manifests", "proto"]);
    const { version } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as { version: string };
    // What the command needs is what this repository has.
    execFileSync("ln", ["-s", join(repository, "node_modules"), join(cli, "node_modules")]);
    expect(run(process.execPath, join(cli, "dist/main.js"), "--version")).to.equal(`${version}\n`);
  });

  it("meshes what a chart of cdk8s synthesises", () => {
    cpSync(join(repository, "examples/cdk8s/main.ts"), join(program, "cdk8s.ts"));
    for (const name of ["cdk8s", "constructs"])
      cpSync(join(repository, "node_modules", name), join(program, "node_modules", name), { recursive: true });
    const [deployment] = splitDocuments(run(process.execPath, "cdk8s.ts")).map(({ text }) => readDocument(text).value);
    expect(at(deployment, "spec", "template", "spec", "initContainers", 1, "name")).to.equal("linkerd-proxy");
  });

  it("meshes a Deployment of Pulumi's, and leaves the rest", () => {
    cpSync(join(repository, "examples/pulumi/mesh.ts"), join(program, "mesh.ts"));
    writeFileSync(
      join(program, "pulumi.ts"),
      `import { parseSettings } from "weft-mesh";
import { meshed } from "./mesh.ts";
const parsed = parseSettings(undefined, { trustAnchors: ${JSON.stringify(anchors)} });
if ("issues" in parsed) throw new Error();
const transform = meshed(parsed.settings, { "linkerd.io/inject": "enabled" });
const props = { metadata: { name: "web" }, spec: { template: { spec: { containers: [{ name: "web", image: "i" }] } } } };
const made = ["kubernetes:apps/v1:Deployment", "kubernetes:core/v1:ConfigMap", "aws:s3:Bucket"].map((type) =>
  transform({ type, name: "web", props, opts: {} }),
);
console.log(JSON.stringify(made));
`,
    );
    const [deployment, configMap, bucket] = JSON.parse(run(process.execPath, "pulumi.ts")) as readonly (
      object | null
    )[];
    const props = (deployment as { readonly props: Parameters<typeof at>[0] }).props;
    expect(textAt(props, "kind")).to.equal("Deployment");
    expect(textAt(props, "spec", "template", "spec", "initContainers", 1, "name")).to.equal("linkerd-proxy");
    expect([configMap, bucket]).to.deep.equal([null, null]);
  });
});

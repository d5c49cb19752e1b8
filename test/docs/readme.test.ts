/** The example of README.md is `readme-example.ts`, and what it prints is what README.md says. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { advice } from "../../src/core/advice/advice.ts";
import { warningLines } from "../../src/core/inject/messages/warnings.ts";
import { installation } from "../support/injection.ts";

const readme = new URL("../../README.md", import.meta.url);
const example = new URL("readme-example.ts", import.meta.url);
const block = /<!-- example -->\n[\s\S]*?<!-- \/example -->/;

/** What stands between the markers: the program as a user writes it, and its output. */
const written = (program: string, output: string): string => {
  const source = program.replace("../../src/index.ts", "weft-mesh").trimEnd();
  return `<!-- example -->\n\n\`\`\`ts\n${source}\n\`\`\`\n\n\`\`\`text\n${output.trimEnd()}\n\`\`\`\n\n<!-- /example -->`;
};

describe("the README's example", () => {
  let output = "";

  before(async () => {
    const folder = await mkdtemp(join(tmpdir(), "weft-readme-"));
    try {
      await writeFile(join(folder, "ca.crt"), "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n");
      output = (await promisify(execFile)(process.execPath, [fileURLToPath(example)], { cwd: folder })).stdout;
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("injects", () => {
    expect(output).to.include("add /spec/template/spec/initContainers\n");
    expect(output).to.include('deployment/web: config.linkerd.io/proxy-cpu-request: "100 m" is not');
  });

  it("stands in README.md with its output (UPDATE_GOLDEN=1 writes it there)", () => {
    const text = readFileSync(readme, "utf8");
    const expected = written(readFileSync(example, "utf8"), output);
    if (process.env["UPDATE_GOLDEN"] === "1")
      writeFileSync(
        readme,
        text.replace(block, () => expected),
      );
    expect(block.exec(readFileSync(readme, "utf8"))?.[0]).to.equal(expected);
  });
});

describe("README.md", () => {
  it("begins with what kubectl apply shows", () => {
    const annotations = { "config.linkerd.io/proxy-cpu-limt": "1" };
    const spec = { containers: [{ name: "web", image: "registry.example/web:1" }] };
    const { subject, warnings } = advice({
      object: {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web", namespace: "shop" },
        spec: { template: { metadata: { annotations }, spec } },
      },
      namespace: { name: "shop", annotations: { "linkerd.io/inject": "enabled" }, labels: {} },
      installation: installation(),
    });
    const [first = ""] = /^```text\n\$ kubectl apply .*?```/ms.exec(readFileSync(readme, "utf8")) ?? [];
    expect(first.split("\n").filter((line) => line.startsWith("Warning: "))).to.deep.equal(
      warningLines(subject, warnings).map((line) => `Warning: ${line}`),
    );
  });
});

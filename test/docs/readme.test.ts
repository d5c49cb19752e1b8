/** The example of README.md is `readme-example.ts`, and what it prints is what README.md says. */
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";

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

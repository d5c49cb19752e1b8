/** What a linter cannot see, or should not be the only one to see. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";

const root = fileURLToPath(new URL("..", import.meta.url));
const source = join(root, "src");

const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
const textOf = (file: string): string => readFileSync(join(source, file), "utf8");

/** Folder → folders it may import; every folder may import itself. */
const walls: Readonly<Record<string, readonly string[]>> = {
  "core/mesh": [],
  "core/documents": ["core/mesh"],
  "core/redirect": ["core/mesh"],
  "core/inject": ["core/documents", "core/mesh", "core/redirect"],
  "core/registration": ["core/inject", "core/mesh"],
  "core/advice": ["core/documents", "core/inject", "core/mesh"],
  "core/renewal": ["core/mesh"],
  "core/proxy-api": ["core/mesh"],
  "core/view": ["core/mesh"],
  "core/identity": ["core/mesh"],
  "core/policy": ["core/mesh", "core/proxy-api", "core/view"],
  "core/destination": ["core/mesh", "core/policy", "core/proxy-api", "core/view"],
  "core/install": ["core/documents", "core/identity", "core/inject", "core/mesh", "core/registration", "core/view"],
  "core/checks": [
    "core/documents",
    "core/identity",
    "core/inject",
    "core/install",
    "core/mesh",
    "core/registration",
    "core/renewal",
  ],
  "core/admission": ["core/advice", "core/inject", "core/mesh", "core/registration"],
  "core/manifests": ["core/documents", "core/inject", "core/mesh"],
  "core/cluster": ["core/documents", "core/inject", "core/mesh"],
  "core/print": ["core/checks", "core/documents", "core/inject", "core/mesh", "core/redirect"],
  netfilter: ["core", "observe"],
  observe: ["core/mesh"],
  net: ["core"],
  webhook: ["core", "net", "observe"],
  certificates: ["core", "observe"],
  files: ["core", "observe"],
  kube: ["core", "observe"],
  grpc: ["core", "net", "observe"],
  cli: ["core", "webhook", "certificates", "files", "netfilter", "kube", "grpc", "net", "observe"],
  "": ["core", "cli", "files", "observe"],
};

const folderOf = (file: string): string => {
  const folder = dirname(file);
  return folder === "." ? "" : folder;
};

const isWithin = (folder: string, allowed: string): boolean => folder === allowed || folder.startsWith(`${allowed}/`);

function importsOf(file: string): readonly string[] {
  const found = textOf(file).matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  return [...found].map(([, path = ""]) => relative(source, join(source, dirname(file), path)));
}

describe("tidy", () => {
  for (const file of files) {
    it(`${file} imports only what its folder may`, () => {
      const folder = folderOf(file);
      const allowed = walls[folder];
      expect(allowed, `folder "${folder}" has no row in this test`).to.not.equal(undefined);
      for (const imported of importsOf(file)) {
        const into = folderOf(imported);
        const fine = into === folder || (allowed ?? []).some((each) => isWithin(into, each));
        expect(fine || imported.startsWith(".."), `${file} imports ${imported}`).to.equal(true);
      }
    });
  }

  it("every folder of src is in the code map of ARCHITECTURE.md", () => {
    const map = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
    const folders = new Set(files.map(folderOf).filter((folder) => folder !== ""));
    const missing = [...folders].filter((folder) => !map.includes(` ${folder.split("/").at(-1)}/`));
    expect(missing).to.deep.equal([]);
  });

  it("every test that ARCHITECTURE.md names is there", () => {
    const map = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
    const named = [...map.matchAll(/`(test\/[\w./-]+\.ts)`/g)].map(([, path = ""]) => path);
    expect(named.length).to.be.greaterThan(5);
    expect(named.filter((path) => !existsSync(join(root, path)))).to.deep.equal([]);
  });

  it("every file says first what it is about", () => {
    const silent = files.filter((file) => !/^(#![^\n]*\n)?\/\*\*/.test(textOf(file)));
    expect(silent).to.deep.equal([]);
  });
});

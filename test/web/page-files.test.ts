import { expect } from "chai";
import { readPageFiles } from "../../src/web/page-files.ts";

const files = readPageFiles() ?? new Map();
const textOf = (path: string): string => files.get(path)?.bytes.toString() ?? "";
const modules = [...files.keys()].filter((path) => path.endsWith(".js"));

const importsOf = (path: string): readonly string[] =>
  [...textOf(path).matchAll(/(?:^import |[}*\w] from |[}*]from)"([^"]+)"/gm)].map(([, name = ""]) => name);

describe("files of the page", () => {
  it("every module finds what it imports among them", () => {
    const missing = modules.flatMap((path) =>
      importsOf(path)
        .filter((name) => !files.has(new URL(name, `http://127.0.0.1${path}`).pathname))
        .map((name) => `${path} imports ${name}`),
    );
    expect(missing).to.deep.equal([]);
    expect(importsOf("/page/main.js")).to.include.members(["/lib/lit-html/lit-html.js", "./map-view.js", "./chart.js"]);
    expect(importsOf("/page/layout-worker.js")).to.deep.equal(["/lib/dagre.js", "./placed.js"]);
  });

  it("types are gone", () => {
    for (const path of modules) expect(textOf(path), path).to.not.match(/\bimport type\b|\binterface [A-Z]/);
  });

  it("each has a type", () => {
    for (const [path, { type }] of files) expect(type, path).to.match(/^(text\/(html|css|javascript)|image\/svg\+xml)/);
  });

  it("what the page names is there, and nothing of another host", () => {
    const named = [...textOf("/").matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path = ""]) => path);
    expect(named).to.have.length(4);
    expect(named.filter((path) => !files.has(path))).to.deep.equal([]);
    expect(files.has("/page/layout-worker.js")).to.equal(true);
  });
});

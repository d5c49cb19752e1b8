/** What a linter cannot see, or should not be the only one to see. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { isWithin, rowOf, rulesFile, rulesText, source, walls } from "../scripts/walls.ts";
import type { Row } from "../scripts/walls.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
const textOf = (file: string): string => readFileSync(join(source, file), "utf8");

const folderOf = (file: string): string => (file.includes("/") ? dirname(file) : "");

function importsOf(file: string): readonly string[] {
  const found = textOf(file).matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  return [...found].map(([, path = ""]) => relative(source, join(source, dirname(file), path)));
}

/** The permission that lets a file of one row import from a folder: the row's own folder, one that it may, or none. */
function permission(row: Row, into: string): string | undefined {
  if (rowOf(into) === row) return row.folder;
  return row.may.find((each) => isWithin(into, each));
}

/** Texts in quotation marks, as they are written; those in comments are none. */
function literalsOf(text: string): readonly string[] {
  const found = text.matchAll(/\/\*[^]*?\*\/|\/\/.*|"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g);
  return [...found].flatMap(([, double, single, template]) => double ?? single ?? template ?? []);
}

/**
 * `src/a/b.ts` and the folder `src/a/b` are tested by `test/a/b.test.ts`, and by `test/a/b.<aspect>.test.ts`, such as
 * `.property` or `.memory`. These are about something else than one file or folder of `src`:
 */
const elsewhere = new Map([
  ["api", "an API server and weft"],
  ["attack", "weft under attack"],
  ["bench", "what weft costs"],
  ["conformance", "recorded behaviour of Linkerd"],
  ["docs", "pages of docs/, and the README"],
  ["e2e", "a whole cluster"],
  ["faults", "figures under faults"],
  ["images", "images/"],
  ["monitoring", "manifests/monitoring/"],
  ["scripts", "scripts/"],
  ["support", "what tests have in common"],
  ["tidy.test.ts", "the whole tree"],
]);

/**
 * What a test waits for it asks for: a clock that it moves by hand, or `until` something holds. Only here is a moment
 * itself what is tried:
 */
const mayPause = new Map([
  ["files/watch.test.ts", "that nothing is told shows only when the file system has had its time"],
  ["grpc/limits.test.ts", "clients that send a byte now and then"],
  ["kube/access.test.ts", "servers that end an answer late, in pieces, or not at all"],
  ["kube/requests.test.ts", "servers that are slow"],
  ["kube/watches.test.ts", "servers that are slow"],
  ["webhook/https-server.test.ts", "connections that are idle for longer than a request may take"],
]);
const pauses = /\b(setTimeout|setInterval|sleep)\(|\bset(Timeout|Interval)\b[^;]*"(node:)?timers/;
/** A machine that is busy is no fault. */
const bounds = /\b(performance|Date)\.now\(\) - [^;]*\.(below|lessThan|within|most|lte?)\(/;

/** Test files, but for those in the folders that are of something else. */
const testsBut = (...folders: readonly string[]): readonly string[] =>
  readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".test.ts") && !folders.includes(name.split("/")[0] ?? ""),
  );

describe("tidy", () => {
  it("imports go only where the table of walls lets them", () => {
    const strays = files.flatMap((file) => {
      const row = rowOf(folderOf(file));
      if (row === undefined) return [`${file} is in no row`];
      const imported = importsOf(file).filter((each) => !each.startsWith(".."));
      return imported
        .filter((each) => permission(row, folderOf(each)) === undefined)
        .map((each) => `${file} imports ${each}`);
    });
    expect(strays).to.deep.equal([]);
  });

  it("every permission is used", () => {
    const used = new Set(
      files.flatMap((file) => {
        const row = rowOf(folderOf(file));
        return row === undefined
          ? []
          : importsOf(file).map((each) => `${row.folder} → ${permission(row, folderOf(each)) ?? ""}`);
      }),
    );
    const unused = walls.flatMap(({ folder, may }) => may.map((each) => `${folder} → ${each}`));
    expect(unused.filter((each) => !used.has(each))).to.deep.equal([]);
  });

  it("every folder of the table is there, and imports only from rows above its own", () => {
    const rows = walls.map(({ folder }) => folder);
    for (const [index, { folder, may }] of walls.entries()) {
      expect(existsSync(join(source, folder)), folder).to.equal(true);
      for (const each of may) {
        const last = rows.findLastIndex(
          (row) => isWithin(row, each) && (isWithin(each, folder) || !isWithin(row, folder)),
        );
        expect(last >= 0 && last < index, `${folder} may import ${each}, which is not above it`).to.equal(true);
      }
    }
  });

  it("the linter's rules are those of the table (`npm run walls` writes them)", async () => {
    expect(readFileSync(rulesFile, "utf8")).to.equal(await rulesText());
  });

  it("every folder of src is in the code map of ARCHITECTURE.md", () => {
    const map = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
    const folders = new Set(files.map(folderOf).filter((folder) => folder !== ""));
    const missing = [...folders].filter((folder) => !map.includes(` ${folder.split("/").at(-1)}/`));
    expect(missing).to.deep.equal([]);
  });

  it("every file that ARCHITECTURE.md names is there", () => {
    const map = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
    const named = [...map.matchAll(/`((?:src|test|scripts)\/[\w./-]+\.ts)`/g)].map(([, path = ""]) => path);
    expect(named.length).to.be.greaterThan(100);
    expect(named.filter((path) => !existsSync(join(root, path)))).to.deep.equal([]);
  });

  const homes: readonly [what: string, home: string, literal: RegExp][] = [
    ["paths of the Kubernetes API", "core/kubernetes", /^(\$\{[^}]*\})?\/apis?(\/|$)/],
    ["names in Linkerd's domains", "core/mesh", /^([a-z0-9-]+\.)*linkerd\.io(\/\S*)?$/],
    ["the default domain", "core/mesh", /(^|\.)cluster\.local$/],
    ["the audience of tokens", "core/mesh", /^identity\.l5d\.io$/],
    ["names of the sidecar's containers", "core/mesh", /^linkerd-(init|debug|network-validator)$/],
    ["the variables by which a proxy listens", "core/mesh", /^LINKERD2_PROXY_[A-Z]+_LISTEN_ADDR$/],
    ["Services of the control plane", "core/mesh", /^linkerd-(identity-headless|dst-headless|policy)$/],
    ["the mount of a ServiceAccount's token", "core/kubernetes", /^\/var\/run\/secrets\/kubernetes\.io/],
  ];
  for (const [what, home, literal] of homes) {
    it(`${what} are written in ${home} alone`, () => {
      const strays = files
        // What the demo promises is written out, so that it does not follow a mistake.
        .filter((file) => !isWithin(dirname(file), home) && !isWithin(dirname(file), "cli/demo"))
        .flatMap((file) =>
          literalsOf(textOf(file)).flatMap((text) => (literal.test(text) ? [`${file}: ${text}`] : [])),
        );
      expect(strays).to.deep.equal([]);
      const own = files.filter((file) => isWithin(dirname(file), home)).flatMap((file) => literalsOf(textOf(file)));
      expect(own.some((text) => literal.test(text))).to.equal(true);
    });
  }

  it("every test stands at the path of what it tests", () => {
    const tests = testsBut(...elsewhere.keys());
    expect(tests.length).to.be.greaterThan(200);
    const strays = tests.filter((name) => {
      const path = join(dirname(name), basename(name).split(".")[0] ?? "");
      // A folder, a file, or a model that stands among tests and is tested itself.
      return ![join(source, path), join(source, `${path}.ts`), join(root, "test", `${path}.ts`)].some(existsSync);
    });
    expect(strays).to.deep.equal([]);
  });

  it("no test sleeps, nor fails because the machine is busy", () => {
    const tests = testsBut("tidy.test.ts");
    const found = (pattern: RegExp): readonly string[] =>
      tests.filter((name) => pattern.test(readFileSync(join(root, "test", name), "utf8")));
    expect(found(bounds)).to.deep.equal([]);
    expect(found(pauses).toSorted()).to.deep.equal([...mayPause.keys()]);
  });

  // Outside of a `describe` it would run around each test of every file.
  it("hooks are in a describe", () => {
    const hooks = /^(before|after)(Each)?\(/m;
    const tests = testsBut().filter((name) => hooks.test(readFileSync(join(root, "test", name), "utf8")));
    expect(tests).to.deep.equal([]);
  });

  it("every file says first what it is about", () => {
    const silent = files.filter((file) => !/^(#![^\n]*\n)?\/\*\*/.test(textOf(file)));
    expect(silent).to.deep.equal([]);
  });
});

/**
 * The files of the page: a list of names that is made once, before anybody asks. No path is built from a request.
 *
 * Where weft runs from its source the page's modules lose their types here, as Node takes them off weft's own; in `dist`
 * the compiler has done so. Packages have no names in a browser, so each import of one becomes the address of its file.
 */
import { readFileSync, readdirSync } from "node:fs";
import { findPackageJSON, stripTypeScriptTypes } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
}
/** By path. */
export type PageFiles = ReadonlyMap<string, PageFile>;

interface Library {
  /** As the page's modules name it. */
  readonly name: string;
  readonly package: string;
  readonly file: string;
  readonly path: string;
}

const library = (packageName: string, name: string, file: string, path: string): Library => ({
  name,
  package: packageName,
  file,
  path: `/lib/${path}`,
});

// Files of one package keep their places to each other, as they import each other by these.
const libraries: readonly Library[] = [
  library("lit-html", "lit-html", "lit-html.js", "lit-html/lit-html.js"),
  library("lit-html", "lit-html/directive.js", "directive.js", "lit-html/directive.js"),
  library("lit-html", "lit-html/directive-helpers.js", "directive-helpers.js", "lit-html/directive-helpers.js"),
  library("lit-html", "lit-html/directives/repeat.js", "directives/repeat.js", "lit-html/directives/repeat.js"),
  library("@dagrejs/dagre", "@dagrejs/dagre", "dist/dagre.esm.js", "dagre.js"),
  library("uplot", "uplot", "dist/uPlot.esm.js", "uplot.js"),
  library("uplot", "uplot/dist/uPlot.min.css", "dist/uPlot.min.css", "uplot.css"),
];

const typeOf: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".js": "text/javascript; charset=utf-8",
  ".ts": "text/javascript; charset=utf-8",
};

/** Undefined: this installation of weft has no page, as its image has none. */
export function readPageFiles(): PageFiles | undefined {
  const folder = fileURLToPath(new URL("page", import.meta.url));
  try {
    return new Map([...ownFiles(folder), ...libraries.map(libraryFile)]);
  } catch (error) {
    if (error instanceof Error && "code" in error && missing.has(error.code)) return undefined;
    throw error;
  }
}

/** A file or a folder, a package. */
const missing: ReadonlySet<unknown> = new Set(["ENOENT", "ERR_MODULE_NOT_FOUND"]);

function ownFiles(folder: string): readonly (readonly [path: string, file: PageFile])[] {
  const names = readdirSync(folder).filter((name) => typeOf[extname(name)] !== undefined && !name.endsWith(".d.ts"));
  return names.map((name) => {
    const path = name === "index.html" ? "/" : `/page/${name.replace(/\.ts$/, ".js")}`;
    return [path, fileOf(join(folder, name), pageText)];
  });
}

// `import.meta.resolve` gives Node's own variant of lit-html; a package's folder is the same for all.
function libraryFile({ package: name, file, path }: Library): readonly [path: string, file: PageFile] {
  const folder = dirname(findPackageJSON(name, import.meta.url) ?? "");
  return [path, fileOf(join(folder, file), (text) => text)];
}

function fileOf(file: string, change: (text: string, name: string) => string): PageFile {
  const text = change(readFileSync(file, "utf8"), file);
  return { type: typeOf[extname(file)] ?? "", bytes: Buffer.from(text) };
}

function pageText(text: string, name: string): string {
  if (name.endsWith(".ts")) return withPaths(stripTypeScriptTypes(text));
  return name.endsWith(".js") ? withPaths(text) : text;
}

/** `from "lit-html"` → `from "/lib/lit-html/lit-html.js"`, `from "./state.ts"` → `from "./state.js"`. */
const withPaths = (text: string): string =>
  text.replaceAll(/^((?:import|.*\bfrom) ")([^"]+)(";)$/gm, (_line, before: string, name: string, after: string) => {
    const path = libraries.find((each) => each.name === name)?.path ?? name.replace(/\.ts$/, ".js");
    return `${before}${path}${after}`;
  });

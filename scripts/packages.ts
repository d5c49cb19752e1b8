/**
 * node scripts/packages.ts FOLDER     what is published, made from `dist`: FOLDER/weft-mesh and FOLDER/weft-mesh-cli
 *
 * Two packages of one build. A program that imports the library gets the engine alone, which needs no other package;
 * who installs the command gets all of weft, with what it needs. Run `npm run build` first.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const own = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;

interface Manifest {
  readonly name: string;
  readonly exports: unknown;
  readonly bin: unknown;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly [other: string]: unknown;
}

/** What `package.json` says to both; the rest is for who works on weft. */
const shared = ["version", "license", "homepage", "repository", "bugs", "type", "engines"] as const;

function makeLibrary(target: string): void {
  begin(target);
  const modules = closure(join(root, "dist/index.js"));
  for (const module of modules) {
    copy(module, target);
    copy(module.replace(/\.js$/, ".d.ts"), target);
  }
  for (const types of typesOf(modules)) copy(types, target);
  for (const file of ["LICENSE", "CHANGELOG.md"]) copy(join(root, file), target);
  copy(join(root, "docs/library.md"), target, "README.md");
  write(target, {
    name: own.name,
    description: "Linkerd's sidecar injection as a function: manifests in, meshed manifests out",
    exports: own.exports,
    // For compilers that know no `exports` (node10).
    main: "./dist/index.js",
    types: "./dist/index.d.ts",
    sideEffects: false,
    files: ["dist", "CHANGELOG.md"],
  });
}

function makeCommand(target: string): void {
  begin(target);
  for (const file of own.files) cpSync(join(root, file), join(target, file), { recursive: true });
  write(target, {
    name: `${own.name}-cli`,
    description: "The command weft: sidecar injection for Kubernetes that speaks Linkerd's language",
    bin: own.bin,
    exports: { "./package.json": "./package.json" },
    files: own.files,
    dependencies: own.dependencies,
  });
}

function begin(target: string): void {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
}

function copy(file: string, target: string, as = relative(root, file)): void {
  const to = join(target, as);
  mkdirSync(dirname(to), { recursive: true });
  cpSync(file, to);
}

const write = (target: string, { name, description, ...rest }: Partial<Manifest>): void =>
  writeFileSync(
    join(target, "package.json"),
    `${JSON.stringify({ name, description, ...Object.fromEntries(shared.flatMap((key) => (key in own ? [[key, own[key]]] : []))), ...rest }, undefined, 2)}\n`,
  );

/** A module of `dist` and all that it loads. The library loads nothing later than at its start, and no other package. */
function closure(start: string): readonly string[] {
  const found = new Set([start]);
  for (const module of found) {
    for (const specifier of specifiersIn(module)) {
      if (specifier.startsWith(".")) found.add(join(dirname(module), specifier));
      else if (!specifier.startsWith("node:"))
        throw new Error(`${relative(root, module)} imports ${specifier}: the library is to need no other package`);
    }
  }
  return [...found];
}

/** Declarations import files of which only the types are used. */
function typesOf(modules: readonly string[]): readonly string[] {
  const found = new Set(modules.map((module) => module.replace(/\.js$/, ".d.ts")));
  for (const file of found) {
    for (const specifier of specifiersIn(file)) {
      if (specifier.startsWith(".")) found.add(join(dirname(file), specifier).replace(/\.(?:js|ts)$/, ".d.ts"));
    }
  }
  return [...found];
}

/** The compiler writes an import on lines of its own, with double quotes. */
const specifiersIn = (file: string): readonly string[] =>
  [
    ...readFileSync(file, "utf8").matchAll(
      /^(?:import|export)\s(?:[^;"()=]*\sfrom\s)?"([^"]+)"|\bimport\("([^"]+)"\)/gm,
    ),
  ].map(([, statement, call]) => statement ?? call ?? "");

const { positionals } = parseArgs({ allowPositionals: true });
const [folder] = positionals;
if (folder === undefined) throw new Error("say where to: node scripts/packages.ts FOLDER");
makeLibrary(join(folder, own.name));
makeCommand(join(folder, `${own.name}-cli`));

#!/usr/bin/env node
/**
 * scripts/walls.ts: which folder of `src` may import which, and the linter's rules made from that.
 *
 * `test/tidy.test.ts` reads the same table. `npm run walls` writes `.oxlintrc.walls.json`.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { format } from "prettier";

export interface Row {
  /** Under `src`; "" is `src` itself. A folder without a row of its own takes its parent's. */
  readonly folder: string;
  /** Folders, each with all that is below it; a folder may always import from itself. Only from rows above. */
  readonly may: readonly string[];
  /** Packages that it may import; absent: all, and Node's modules, too. */
  readonly packages?: readonly string[];
}

const core = (name: string, may: readonly string[], packages: readonly string[] = []): Row => ({
  folder: `core/${name}`,
  may: may.map((each) => `core/${each}`),
  packages,
});

/** From top to bottom: who is further down knows more. */
export const walls: readonly Row[] = [
  core("base/text", []),
  core("base/memory", []),
  core("base/json", ["base/memory", "base/text"]),
  core("base/scalars", []),
  core("kubernetes", ["base"]),
  core("mesh", ["base"]),
  core("documents", ["base"]),
  core("redirect", ["base"], ["diff"]),
  core("inject/outcome", ["base"]),
  core("inject/pod", ["base", "inject/outcome", "kubernetes", "mesh"]),
  core("inject/settings", ["base", "mesh", "redirect"]),
  core("inject/parts", ["base", "inject/outcome", "inject/pod", "inject/settings", "kubernetes", "mesh", "redirect"]),
  core("inject/messages", ["base", "inject/outcome", "inject/pod", "inject/settings", "kubernetes", "mesh"]),
  core("inject", [
    "base",
    "inject/messages",
    "inject/outcome",
    "inject/parts",
    "inject/pod",
    "inject/settings",
    "mesh",
  ]),
  core("registration", ["base", "inject", "mesh"]),
  core("advice", ["base", "inject", "mesh"]),
  core("renewal", ["base"]),
  core("proxy-api", ["base"]),
  core("view", ["base", "mesh"]),
  core("traffic/tap", ["base", "kubernetes", "mesh", "proxy-api", "view"]),
  core("traffic", ["base", "mesh", "view"]),
  core("debug", ["base", "mesh", "traffic"]),
  core("identity", ["base", "mesh"]),
  core("policy", ["base", "mesh", "proxy-api", "view"]),
  core("destination", ["base", "mesh", "policy", "proxy-api", "view"]),
  core("install", ["base", "documents", "inject", "kubernetes", "mesh", "registration", "view"]),
  core("dataplane", ["base", "identity", "inject", "mesh", "registration", "view"]),
  core("checks", [
    "base",
    "dataplane",
    "documents",
    "identity",
    "inject",
    "install",
    "kubernetes",
    "mesh",
    "registration",
  ]),
  core("admission", ["advice", "base", "inject"]),
  core("explain", ["admission", "base", "checks", "dataplane", "inject", "mesh", "registration"]),
  core("manifests", ["base", "documents", "inject", "kubernetes", "mesh"]),
  core("cluster", ["base", "documents", "inject", "install", "kubernetes", "mesh"]),
  core("wrap", ["base", "cluster", "documents", "inject", "manifests", "mesh"]),
  core("lint", [
    "admission",
    "advice",
    "base",
    "cluster",
    "documents",
    "inject",
    "install",
    "kubernetes",
    "manifests",
    "mesh",
    "policy",
  ]),
  core(
    "print",
    ["base", "checks", "dataplane", "documents", "explain", "inject", "lint", "mesh", "registration"],
    ["diff"],
  ),
  { folder: "async", may: ["core/base/memory"] },
  { folder: "observe", may: ["core/base"] },
  { folder: "netfilter", may: ["core/redirect"] },
  { folder: "net", may: ["core/base", "async"] },
  { folder: "files", may: ["core/base"] },
  { folder: "kube", may: ["core/base", "core/kubernetes", "async", "net"] },
  { folder: "certificates/x509", may: ["core/base", "core/identity"] },
  { folder: "certificates/mesh", may: ["core/base", "core/identity", "core/mesh", "certificates/x509"] },
  { folder: "certificates/wrap", may: ["core/base", "core/wrap", "certificates/x509"] },
  { folder: "certificates/webhook", may: ["core/base", "core/renewal", "certificates/x509"] },
  { folder: "webhook", may: ["core", "async", "net"] },
  { folder: "webhook/reviews", may: ["core", "async", "webhook"] },
  { folder: "grpc", may: ["core", "async", "net"] },
  { folder: "web", may: ["core/base", "core/traffic", "async", "net"] },
  // In a browser: of core it takes types alone, which are not there when it runs.
  { folder: "web/page", may: ["core/traffic"], packages: ["@dagrejs/dagre", "lit-html", "lit-html/**", "uplot"] },
  {
    folder: "serve",
    may: ["core", "async", "net", "observe", "files", "kube", "certificates", "webhook", "grpc"],
  },
  {
    folder: "cli",
    may: [
      "async",
      "core",
      "certificates",
      "files",
      "grpc",
      "kube",
      "net",
      "netfilter",
      "observe",
      "serve",
      "web",
      "webhook",
    ],
  },
  { folder: "", may: ["core", "cli", "files", "observe"] },
];

export const source = fileURLToPath(new URL("../src/", import.meta.url));
export const rulesFile = fileURLToPath(new URL("../.oxlintrc.walls.json", import.meta.url));

/** The row of a folder, or of the nearest folder above it that has one. */
export function rowOf(folder: string): Row | undefined {
  const own = walls.find((row) => row.folder === folder);
  return own ?? (folder.includes("/") ? rowOf(dirname(folder)) : undefined);
}

/** Every folder of `src` that has files of TypeScript. */
export function folders(): readonly string[] {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  return [...new Set(files.map((name) => (name.includes("/") ? dirname(name) : "")))].toSorted();
}

/** The text of `.oxlintrc.walls.json`: of each folder, what a file in it may not import. */
export const rulesText = (): Promise<string> =>
  format(JSON.stringify({ plugins: [], overrides: folders().flatMap(overrideOf) }), {
    parser: "json",
    printWidth: 120,
  });

const typesAlone = {
  name: "@kubernetes/client-node",
  allowTypeImports: true,
  message: "core takes only types from it",
};

function overrideOf(folder: string): readonly object[] {
  const row = rowOf(folder);
  if (row === undefined) return [];
  const to = (other: string): string => {
    const path = relative(join(source, folder), join(source, other));
    return path === "" ? "./**" : `${path.startsWith(".") ? path : `./${path}`}/**`;
  };
  const rooms = walls.filter((each) => each.folder !== row.folder && isWithin(each.folder, row.folder));
  const group = [
    // The last pattern that fits decides, as in a .gitignore.
    ...(row.packages === undefined
      ? []
      : ["*", "*/**", "!.*/**", `!${typesAlone.name}`, ...row.packages.map((each) => `!${each}`)]),
    to(join(row.folder, "..")),
    ...rooms.map((each) => to(each.folder)),
    ...row.may.map((each) => `!${to(each)}`),
  ];
  const message = `${row.folder || "src"} may import ${[...row.may, ...(row.packages ?? [])].join(", ") || "nothing"}`;
  const rule = [
    "error",
    { patterns: [{ group, message }], ...(row.packages === undefined ? {} : { paths: [typesAlone] }) },
  ];
  return [{ files: [`src/${folder === "" ? "" : `${folder}/`}*.ts`], rules: { "no-restricted-imports": rule } }];
}

export const isWithin = (folder: string, other: string): boolean =>
  folder === other || other === "" || folder.startsWith(`${other}/`);

if (import.meta.main) writeFileSync(rulesFile, await rulesText());

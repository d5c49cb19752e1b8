/** The tables of docs/install.md are made from the rows; its commands and names are those that are there. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { controllerClusterRules, controllerOwnRules } from "../../src/core/install/controller-rights.ts";
import { certificatesClusterRules, certificatesOwnRules } from "../../src/core/install/certificates-rights.ts";
import { configurationNames } from "../../src/core/install/names.ts";
import { clusterRules, ownRules } from "../../src/core/install/webhook-rights.ts";
import type { AccessRule } from "../../src/core/install/webhook-rights.ts";
import { reasonsByPath } from "../../src/core/install/unheeded.ts";
import { valueRows } from "../../src/core/install/weft-values.ts";
import { run } from "../../src/cli/program.ts";
import { recordingIo } from "../support/recording-io.ts";

const file = new URL("../../docs/install.md", import.meta.url);
const page = (): string => readFileSync(file, "utf8");

const cell = (text: string): string => text.replaceAll("|", String.raw`\|`);
const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;

const values = [
  row("value below `weft`", "default", "expected", "what it is"),
  row("---", "---", "---", "---"),
  ...Object.entries(valueRows).map(([path, { defaultValue, help, expects }]) =>
    row(`\`${path}\``, defaultValue === undefined ? "" : `\`${JSON.stringify(defaultValue)}\``, expects, help),
  ),
];

const right = (where: string, { apiGroup, resource, named, verbs, why }: AccessRule): string => {
  const name = `\`${resource}${apiGroup === "" ? "" : `.${apiGroup}`}\`${named === undefined ? "" : ` named ${named.map((each) => `\`${each}\``).join(", ")}`}`;
  return row(name, where, verbs.join(", "), why);
};

const rightsTable = (inCluster: readonly AccessRule[], own: readonly AccessRule[]): readonly string[] => [
  row("resource", "where", "verbs", "why"),
  row("---", "---", "---", "---"),
  ...inCluster.map((rule) => right("cluster", rule)),
  ...own.map((rule) => right("own namespace", rule)),
];

const unheededTable = [
  row("value, or all below it", "instead, or why not"),
  row("---", "---"),
  ...Object.entries(reasonsByPath).map(([path, why]) => row(`\`${path}\``, why)),
  row("the others", "weft's Deployments are made by values below `weft`"),
];

const section = (name: string): RegExp => new RegExp(`(?<=<!-- ${name} -->\n\n).*?(?=\n*<!-- /${name} -->)`, "s");

/** prettier lays tables out. */
const bare = (table: string): readonly string[] =>
  table
    .trim()
    .split("\n")
    .map((line) => line.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---").trim());

describe("docs/install.md", () => {
  for (const [name, lines] of [
    ["values", values],
    ["unheeded", unheededTable],
    ["rights", rightsTable(clusterRules, ownRules(true))],
    [
      "certificates rights",
      rightsTable(certificatesClusterRules(configurationNames(false), { countsMissed: true }), certificatesOwnRules),
    ],
    ["controller rights", rightsTable(controllerClusterRules, controllerOwnRules)],
  ] as const) {
    it(`has the table of ${name} as the rows make it (make golden rewrites it)`, () => {
      const text = `${lines.join("\n")}\n`;
      const isOld = bare(section(name).exec(page())?.[0] ?? "").join() !== bare(text).join();
      if (process.env["UPDATE_GOLDEN"] === "1" && isOld) writeFileSync(file, page().replace(section(name), text));
      expect(bare(section(name).exec(page())?.[0] ?? "")).to.deep.equal(bare(text));
    });
  }

  const blocks = [...page().matchAll(/```sh\n(.*?)```/gs)].map(([, text = ""]) => text);
  const commands = blocks.flatMap((text) => [...text.matchAll(/^weft ([a-z]+)(?= --?[a-z])[^|#\n]*/gm)]);
  it("shows commands", () => expect(commands.length).to.be.greaterThan(6));
  for (const [line, command = ""] of commands) {
    it(`shows flags that there are: ${line.trim()}`, async () => {
      const io = recordingIo();
      expect(await run([command, "--help"], io)).to.equal(0);
      for (const [flag] of line.matchAll(/(?<= )--?[a-z][a-z-]*/g)) expect(io.written.stdout).to.include(` ${flag}`);
    });
  }
});

/** The tables of values and of rights are made from the rows; flags in pages about installing are those that are there. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { controllerClusterRules, controllerOwnRules } from "../../src/core/install/controller-rights.ts";
import { certificatesClusterRules, certificatesOwnRules } from "../../src/core/install/certificates-rights.ts";
import { configurationNames } from "../../src/core/install/names.ts";
import { peopleRoles } from "../../src/core/install/people-rights.ts";
import { clusterRules, ownRules } from "../../src/core/install/webhook-rights.ts";
import type { AccessRule } from "../../src/core/install/webhook-rights.ts";
import { reasonsByPath } from "../../src/core/install/unheeded.ts";
import { valueRows } from "../../src/core/install/weft-values.ts";

const placeOf = (name: string): URL => new URL(`../../docs/${name}`, import.meta.url);
const page = (name: string): string => readFileSync(placeOf(name), "utf8");

const cell = (text: string): string => text.replaceAll("|", String.raw`\|`);
const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;

const values = [
  row("value below `weft`", "default", "expected", "what it is"),
  row("---", "---", "---", "---"),
  ...Object.entries(valueRows).map(([path, { defaultValue, help, expects }]) =>
    row(`\`${path}\``, defaultValue === undefined ? "" : `\`${JSON.stringify(defaultValue)}\``, expects, help),
  ),
];

const right = (where: string, rule: AccessRule): string =>
  row(resourceText(rule), where, rule.verbs.join(", "), rule.why);

const resourceText = ({ apiGroup, resource, named }: AccessRule): string =>
  `\`${resource}${apiGroup === "" ? "" : `.${apiGroup}`}\`${named === undefined ? "" : ` named ${named.map((each) => `\`${each}\``).join(", ")}`}`;

const rightsTable = (inCluster: readonly AccessRule[], own: readonly AccessRule[]): readonly string[] => [
  row("resource", "where", "verbs", "why"),
  row("---", "---", "---", "---"),
  ...inCluster.map((rule) => right("cluster", rule)),
  ...own.map((rule) => right("own namespace", rule)),
];

const peopleTable = [
  row("role", "resource", "verbs", "why"),
  row("---", "---", "---", "---"),
  ...peopleRoles("own").flatMap(({ name, kind, rules }) =>
    rules.map((rule) => row(`${kind} \`${name}\``, resourceText(rule), rule.verbs.join(", "), rule.why)),
  ),
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

const written: readonly (readonly [page: string, name: string, lines: readonly string[]])[] = [
  ["values.md", "values", values],
  ["values.md", "unheeded", unheededTable],
  ["rights.md", "rights", rightsTable(clusterRules, ownRules(true))],
  [
    "rights.md",
    "certificates rights",
    rightsTable(certificatesClusterRules(configurationNames(false), { countsMissed: true }), certificatesOwnRules),
  ],
  ["rights.md", "controller rights", rightsTable(controllerClusterRules, controllerOwnRules)],
  ["rights.md", "people rights", peopleTable],
];

describe("docs: values and rights", () => {
  for (const [name, table, lines] of written) {
    it(`${name} has the table of ${table} as the rows make it (make golden rewrites it)`, () => {
      const text = `${lines.join("\n")}\n`;
      const isOld = bare(section(table).exec(page(name))?.[0] ?? "").join() !== bare(text).join();
      if (process.env["UPDATE_GOLDEN"] === "1" && isOld)
        writeFileSync(placeOf(name), page(name).replace(section(table), text));
      expect(bare(section(table).exec(page(name))?.[0] ?? "")).to.deep.equal(bare(text));
    });
  }

  it("docs/install.md can be read in one go", () => {
    expect(page("install.md").split("\n").length).to.be.at.most(200);
  });
});

/** Findings as people and programs of CI read them. */
import type { Finding } from "../lint/lint.ts";
import { ruleIds, rules } from "../lint/rules.ts";
import type { RuleId } from "../lint/rules.ts";
import { oneLine } from "../base/text/quote.ts";
import type { Colours } from "../base/text/terminal.ts";
import { paint } from "../base/text/paint.ts";

export const lintFormats = ["text", "json", "github", "sarif"] as const;
export type LintFormat = (typeof lintFormats)[number];

/** With a newline at the end; empty where there is nothing to say in that format. */
export function lintText(
  findings: readonly Finding[],
  format: LintFormat,
  { colours, version }: { readonly colours: Colours; readonly version: string },
): string {
  switch (format) {
    case "text":
      return findings.map((finding) => `${textLine(finding, colours)}\n`).join("");
    case "json":
      return `${JSON.stringify(findings.map(withLevel), undefined, 2)}\n`;
    case "github":
      return findings.map((finding) => `${githubLine(finding)}\n`).join("");
    case "sarif":
      return `${JSON.stringify(sarif(findings, version), undefined, 2)}\n`;
  }
}

const withLevel = ({ rule, ...finding }: Finding) => ({ level: rules[rule].level, rule, ...finding });

function textLine(finding: Finding, colours: Colours): string {
  const { red, yellow } = paint(colours);
  const { level } = rules[finding.rule];
  const word = level === "error" ? red(level) : level === "warning" ? yellow(level) : level;
  return `${oneLine(finding.file)}:${finding.line}: ${word}: ${oneLine(said(finding))}`;
}

const said = ({ object, message }: Finding): string => (object === "" ? message : `${object}: ${message}`);

const githubCommands = { error: "error", warning: "warning", note: "notice" } as const;

/** A workflow command of GitHub Actions; what it escapes is what its runner unescapes. */
function githubLine(finding: Finding): string {
  const { file, line, rule } = finding;
  const title = `weft ${rule}`;
  const command = githubCommands[rules[rule].level];
  return `::${command} file=${property(file)},line=${line},title=${property(title)}::${data(said(finding))}`;
}

/** Its log is a terminal, where a manifest's own escapes would take effect. */
const data = (text: string): string => {
  const lines = text.split(/(\r?\n|\r)/).map((part) => (/^[\r\n]/.test(part) ? part : oneLine(part)));
  return lines.join("").replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
};
const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");

/** A log of SARIF 2.1.0 with one run. */
function sarif(findings: readonly Finding[], version: string) {
  const used = ruleIds.filter((id) => findings.some(({ rule }) => rule === id));
  return {
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "weft", version, rules: used.map(sarifRule) } },
        results: findings.map(sarifResult),
      },
    ],
  };
}

const sarifRule = (id: RuleId) => ({
  id,
  shortDescription: { text: rules[id].says },
  defaultConfiguration: { level: rules[id].level },
});

const sarifResult = (finding: Finding) => ({
  ruleId: finding.rule,
  level: rules[finding.rule].level,
  message: { text: said(finding) },
  locations: [
    {
      physicalLocation: {
        artifactLocation: { uri: uriOf(finding.file) },
        region: { startLine: finding.line },
      },
    },
  ],
});

/** Of an address itself; of a file a reference in which nothing is taken for a scheme, a query or a fragment (RFC 3986). */
const uriOf = (file: string): string =>
  /^https:\/\//i.test(file)
    ? file
    : encodeURI(file.replaceAll("\\", "/").toWellFormed()).replaceAll(/[#?:]/g, (character) =>
        encodeURIComponent(character),
      );

import { expect } from "chai";
import { plainValue, type ScalarValue } from "../../../src/core/documents/scalar.ts";
import { scalarText } from "../../../src/core/documents/scalar-text.ts";
import { readDocument } from "../../../src/core/documents/document.ts";

// Each row was read by sigs.k8s.io/yaml 1.6.0 with the same result.
const rows: readonly [value: ScalarValue, ...sources: string[]][] = [
  [true, "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"],
  [false, "n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"],
  [null, "", "~", "null", "Null", "NULL"],
  [420n, "0644", "0o644", "0O644", "+0644", "0x1a4", "0X1A4", "0b110100100", "420", "4_20", "420_"],
  [-420n, "-0644", "-420", "-0x1a4", "-0b110100100"],
  [0n, "0", "-0", "+0", "00"],
  [899, "0899", "899.", "899.0", "8.99e2", "8.99E+2", "+899.0"],
  [0.5, ".5", "+.5", "0.5", "5e-1", "00.5", "0.5_0"],
  [1000n, "1000", "1_000", "1__000"],
  [9223372036854775807n, "9223372036854775807"],
  [18446744073709551615n, "18446744073709551615", "0xffffffffffffffff"],
  [Infinity, ".inf", "+.Inf", ".INF"],
];
const texts = [
  "yEs",
  "tRUE",
  "nULL",
  "1:30",
  "190:20:30",
  "2001-01-01",
  "2001-01-01T00:00:00Z",
  "_1",
  "0x",
  "0b",
  "0o8",
];
const others = [
  "0b12",
  "1e400",
  "1.2.3",
  "1,000",
  "nan",
  "inf",
  "+",
  "-",
  "--",
  ".",
  "..",
  ".e1",
  "=",
  "<<",
  "0x1p3",
  "1-65535",
];

describe("plainValue", () => {
  for (const [value, ...sources] of rows) {
    it(`reads ${sources.join(", ")} as ${value}`, () => {
      expect(sources.map(plainValue)).to.deep.equal(sources.map(() => value));
    });
  }

  it(`reads ${[...texts, ...others].join(", ")} as text`, () => {
    expect([...texts, ...others].map(plainValue)).to.deep.equal([...texts, ...others]);
  });
});

const plain = [
  "a",
  "plain text",
  "cr.l5d.io/linkerd/proxy:edge",
  "--log-level=warn",
  "$(NODE_IP)",
  "100m",
  "1Gi",
  "30s",
  "/var/run",
];
const ambiguous = [
  ...rows.flatMap(([, ...sources]) => sources),
  "1:30",
  "2001-01-01",
  "1-65535",
  "10.0.0.1",
  "1.2.3",
  "_1",
];
const syntax = [
  "- a",
  "a: b",
  "a:",
  "a #b",
  "#a",
  "{",
  "[a]",
  "a,b",
  "*a",
  "&a",
  "!a",
  "%a",
  "@a",
  "`a",
  "|",
  ">",
  "'",
  '"',
  "=",
  "<<",
];
const invisible = [
  "",
  " ",
  " a",
  "a ",
  "\t",
  "\u0000",
  "\u001b",
  "\u007f",
  "\u0085",
  "\u2028",
  "\u2029",
  "\ufeff",
  "\ufffe",
];

describe("scalarText", () => {
  it("leaves plain text without quotes", () => {
    expect(plain.map(scalarText)).to.deep.equal(plain);
  });

  it("quotes what a reader could take for something else", () => {
    for (const text of [...ambiguous.filter((text) => text !== "_1"), ...syntax, ...invisible]) {
      expect(scalarText(text), text).to.match(/^"[\x20-\x7e]*"$/);
    }
  });

  it("is read back as the same text, as a value and as a key", () => {
    for (const text of [...plain, ...ambiguous, ...syntax, ...invisible, "é", "😀", "a\nb", "\r\n"]) {
      expect(readDocument(`${scalarText(text)}: [${scalarText(text)}]`).value).to.deep.equal({ [text]: [text] });
    }
  });
});

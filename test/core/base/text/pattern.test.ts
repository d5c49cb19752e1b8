import { expect } from "chai";
import { longestPattern, patternFault } from "../../../../src/core/base/text/pattern.ts";

/** Each was tried with version 1.13 of the crate. */
describe("core/base/text/pattern", () => {
  const taken: readonly string[] = [
    "",
    "/api/v[0-9]+/.*",
    "a]",
    "a}",
    "a||b",
    "(|)",
    "()",
    "a**",
    "a*?*",
    "^*",
    "a{2}{3}",
    "a{0}",
    "a{2,}?",
    String.raw`\bword\b`,
    String.raw`\/\-\_\ \#\"\t\x41\x{41}\u0041\U0001F600`,
    "[]a]",
    "[^]a]",
    "[a-]",
    "[-a]",
    "[.-/]",
    "[a-b-c]",
    String.raw`[\w.-]+@[^\s\d]`,
    "(?P<n>a)(?<m>b)",
    "(?i)GET|(?im-s:post)",
    String.raw`\pL\p{Lu}\P{Nd}`,
    String.raw`\w{32}`,
    "é{2}😀[😀-😂]",
  ];
  for (const text of taken) it(`takes ${text}`, () => expect(patternFault(text)).to.equal(undefined));

  const refused: readonly [text: string, fault: string][] = [
    ["*a", "there is nothing to repeat at 1"],
    ["(?i)*", "there is nothing to repeat at 5"],
    ["a|+", "there is nothing to repeat at 3"],
    ["{", "there is nothing to repeat at 1"],
    ["a{2", "a repetition must be {n}, {n,} or {n,m} at 2"],
    ["a{,3}", "a repetition must be {n}, {n,} or {n,m} at 2"],
    ["a{2,1}", "a repetition must not be from more to less at 2"],
    ["(a", "a group is not closed at 1"],
    ["a)", "a group is closed that was not opened at 2"],
    ["(?=a)", "a group of that kind is unknown at 1"],
    ["(?<1>a)", "a group of that kind is unknown at 1"],
    ["(?P<n>a)(?P<n>b)", "two groups have the same name at 9"],
    ["(?ii)a", "flags must be some, each once at 6"],
    ["(?x)a", "a group of that kind is unknown at 1"],
    [String.raw`(a)\1`, "a backslash must not stand there at 4"],
    [String.raw`\é`, "a backslash must not stand there at 1"],
    [String.raw`\Z`, "a backslash must not stand there at 1"],
    [String.raw`\pX`, "a backslash must not stand there at 1"],
    [String.raw`\p{Cs}`, "a backslash must not stand there at 1"],
    [String.raw`\u{D800}`, "there is no such character at 1"],
    [String.raw`\x{110000}`, "there is no such character at 1"],
    ["\ud800", "there is no such character at 1"],
    ["[a", "a class is not closed at 1"],
    ["[]", "a class is not closed at 1"],
    ["[z-a]", "a range must not be from a later to an earlier character at 2"],
    [String.raw`[\w-a]`, "a range must be from one character to another at 2"],
    [String.raw`[a-\d]`, "a backslash must not stand there at 4"],
    [String.raw`[\b]`, "a backslash must not stand there at 2"],
    // Of the crate's syntax, and not of what is read here.
    ["[[a]]", String.raw`[ must stand behind \ at 2`],
    ["[a&&b]", "& must not stand twice in a class at 3"],
    [String.raw`\<a`, "a backslash must not stand there at 1"],
    [`${"(".repeat(51)}${")".repeat(51)}`, "groups are nested too deep at 51"],
    ["a".repeat(longestPattern + 1), "it has more than 4096 characters"],
    [String.raw`\w{300}`, "it is too large when it is compiled"],
    [String.raw`(?:\pL{10}){10}`, "it is too large when it is compiled"],
    ["(){999999999}", "it is too large when it is compiled"],
    ["(((a{99}){99}){99}){99}", "it is too large when it is compiled"],
  ];
  for (const [text, fault] of refused)
    it(`refuses ${text.slice(0, 60)}`, () => expect(patternFault(text)).to.equal(fault));
});

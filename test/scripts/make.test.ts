/** `make` lists what can be done, each in a line of a terminal. */
import { expect } from "chai";
import { readFileSync } from "node:fs";

const makefile = readFileSync("Makefile", "utf8");

describe("the Makefile", () => {
  const listed = [...makefile.matchAll(/^([a-z0-9-]+):.*## (.*)$/gm)].map(([, name = "", text = ""]) => ({
    name,
    text,
  }));

  it("lists every target, in 80 columns", () => {
    const targets = [...makefile.matchAll(/^([a-z0-9-]+):/gm)].map(([, name]) => name);
    expect(listed.map(({ name }) => name)).to.deep.equal(targets);
    // As `help` prints it: two blanks, and the words from column 18 on.
    expect(listed.filter(({ text }) => 18 + text.length > 80)).to.deep.equal([]);
  });

  it("has a target for every script of package.json", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
    const called = new Set([...makefile.matchAll(/npm (?:run -s )?([a-z0-9:-]+)/g)].map(([, name = ""]) => name));
    // `weft` takes arguments.
    expect(Object.keys(scripts).filter((name) => name !== "weft" && !called.has(name))).to.deep.equal([]);
  });
});

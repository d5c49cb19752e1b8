import { expect } from "chai";
import fc from "fast-check";
import { terminalOf } from "../../src/cli/terminal-screen.ts";
import type { Key } from "../../src/cli/terminal-screen.ts";
import { fakeTerminal } from "../support/fake-terminal.ts";
import { runs } from "../support/properties.ts";

const entered = "\u001B[?1049h\u001B[?25l\u001B[?7l";
const left = "\u001B[?7h\u001B[?25h\u001B[?1049l";
const nothing = { key: () => undefined, resize: () => undefined };

describe("cli/terminal-screen", () => {
  for (const [stdin, stdout] of [
    [false, false],
    [true, false],
    [false, true],
  ])
    it(`is none where input is ${stdin ? "" : "not "}one and output ${stdout ? "is" : "is not"}`, () => {
      const parts = { input: { isTTY: stdin }, output: { isTTY: stdout } } as Parameters<typeof terminalOf>[0];
      expect(terminalOf(parts)).to.equal(undefined);
    });

  it("passes keys on until it is set back, as it was", () => {
    const terminal = fakeTerminal();
    const setBack = terminal.raw();
    expect(terminal.isRaw()).to.equal(true);
    terminal.raw()();
    expect(terminal.isRaw(), "it was").to.equal(true);
    setBack();
    expect(terminal.isRaw()).to.equal(false);
  });

  it("tells of another size until nobody wants to know", () => {
    let times = 0;
    const terminal = fakeTerminal();
    const deaf = terminal.onResize(() => (times += 1));
    terminal.resize(10, 2);
    deaf();
    terminal.resize(20, 4);
    expect(times).to.equal(1);
  });

  it("is taken, drawn from the top, and given back as it was, once", () => {
    const terminal = fakeTerminal(20, 3);
    const screen = terminal.takeScreen(nothing);
    expect(terminal.isRaw()).to.equal(true);
    screen.draw(["a", "b", "c", "d"]);
    expect(terminal.picture()).to.deep.equal(["a", "b", "c"]);
    screen.end();
    screen.end();
    screen.draw(["e"]);
    expect(terminal.isRaw()).to.equal(false);
    expect(terminal.written()).to.equal(`${entered}\u001B[Ha\u001B[K\r\nb\u001B[K\r\nc\u001B[K\u001B[J${left}`);
  });

  it("is given back when the process ends without a word", () => {
    const terminal = fakeTerminal();
    terminal.takeScreen(nothing);
    terminal.exit();
    expect(terminal.written()).to.equal(`${entered}${left}`);
    expect(terminal.isRaw()).to.equal(false);
  });

  const keys: readonly [typed: string, keys: readonly Key[]][] = [
    ["q", ["quit"]],
    ["\u0003", ["quit"]],
    ["\u0004", ["quit"]],
    ["\u001B[A", ["up"]],
    ["\u001BOB", ["down"]],
    ["\u001B[5~\u001B[6~", ["page up", "page down"]],
    ["\u001B[H\u001B[4~", ["home", "end"]],
    ["jk", ["down", "up"]],
    ["xyz\u001B[C", []],
    ["\u001B[A\u001B[Aq", ["up", "up", "quit"]],
  ];
  for (const [typed, expected] of keys)
    it(`${JSON.stringify(typed)} is ${expected.join(", ") || "nothing"}`, () => {
      const pressed: Key[] = [];
      const terminal = fakeTerminal();
      const screen = terminal.takeScreen({ ...nothing, key: (key) => pressed.push(key) });
      terminal.press(typed);
      screen.end();
      expect(pressed).to.deep.equal(expected);
    });

  it("tells of another size", () => {
    let times = 0;
    const terminal = fakeTerminal();
    const screen = terminal.takeScreen({ ...nothing, resize: () => (times += 1) });
    terminal.resize(10, 2);
    expect(terminal.size()).to.deep.equal({ columns: 10, rows: 2 });
    screen.end();
    terminal.resize(20, 4);
    expect(times).to.equal(1);
  });

  it("nothing in a line controls it", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" }), { maxLength: 5 }), (lines) => {
        const terminal = fakeTerminal(80, 24);
        const screen = terminal.takeScreen(nothing);
        screen.draw(lines);
        screen.end();
        const own = ["\u001B[H", "\u001B[K", "\u001B[J", "\r\n", entered, left];
        const rest = own.reduce((text, sequence) => text.replaceAll(sequence, ""), terminal.written());
        expect(rest).to.not.match(/[^\P{Cc}\t]/u);
      }),
      runs(300),
    );
  });
});

import { basename } from "node:path";
import { expect } from "chai";
import { reloaded } from "../../src/files/reloaded.ts";
import type { Origin, Parsed, Reloaded } from "../../src/files/reloaded.ts";
import type { FileFound } from "../../src/files/read.ts";
import { manualClock } from "../support/manual-clock.ts";
import { until } from "../support/until.ts";
import { newFolder } from "../support/folder.ts";
import type { Folder } from "../support/folder.ts";

/** A number in each file; their sum. "boom" is a bug of ours. */
const sum = (texts: readonly string[]): Parsed<number> => {
  if (texts.includes("boom")) throw new Error("boom");
  const issues = texts.filter((text) => Number.isNaN(Number(text))).map((text) => ({ at: "sum", message: text }));
  return issues.length > 0 ? { issues } : { value: texts.reduce((total, text) => total + Number(text), 0) };
};

describe("a value that follows its files", () => {
  let folder: Folder;
  let controller: AbortController;
  let outcomes: Parsed<number>[];
  let time: number;
  beforeEach(async () => {
    folder = await newFolder();
    controller = new AbortController();
    outcomes = [];
    time = 0;
    await folder.write("a", "1");
    await folder.write("b", "2");
  });
  afterEach(async () => {
    controller.abort();
    await folder.destroy();
  });
  const start = (names = ["a", "b"]): Promise<Parsed<Reloaded<number>>> =>
    reloaded(
      { paths: names.map((name) => folder.at(name)), parse: sum },
      {
        now: () => new Date((time += 1)),
        signal: controller.signal,
        settle: 5,
        poll: 20,
        onReload: (outcome) => outcomes.push(outcome),
      },
    );
  const good = async (): Promise<Reloaded<number>> => {
    const read = await start();
    if ("issues" in read) throw new Error("not read");
    return read.value;
  };

  it("is read at first, without being told", async () => {
    const value = await good();
    expect([value.current(), value.state(), outcomes]).to.deep.equal([3, { loadedAt: new Date(1) }, []]);
  });
  it("is not there when the first reading fails, with every issue", async () => {
    await folder.write("b", "x");
    expect(await start()).to.deep.equal({ issues: [{ at: "sum", message: "x" }] });
    expect(await start(["none", "b", "nor this"])).to.deep.equal({
      issues: ["none", "nor this"].map((name) => ({ at: folder.at(name), message: "there is no such file" })),
    });
  });
  it("follows", async () => {
    const value = await good();
    await folder.write("b", "5");
    await until(() => outcomes.length > 0);
    expect([value.current(), value.state(), outcomes]).to.deep.equal([6, { loadedAt: new Date(2) }, [{ value: 6 }]]);
  });

  describe("and what they are mounted from", () => {
    let found: Record<string, FileFound>;
    let tell: () => void;
    let ask: PromiseWithResolvers<void>;
    beforeEach(() => {
      [found, tell, ask] = [{}, () => undefined, Promise.withResolvers()];
    });
    const begin = (): Promise<Parsed<Reloaded<number>>> => {
      const origin: Origin = {
        found: (path) => found[basename(path)],
        asked: ask.promise,
        onChange: (told) => (tell = told),
      };
      const onReload = (outcome: Parsed<number>): void => void outcomes.push(outcome);
      return reloaded(
        { paths: ["a", "b"].map((name) => folder.at(name)), parse: sum, origin },
        { now: () => new Date((time += 1)), signal: controller.signal, settle: 5, poll: 20, onReload },
      );
    };
    const begun = async (): Promise<Reloaded<number>> => {
      ask.resolve();
      const read = await begin();
      if ("issues" in read) throw new Error("not read");
      return read.value;
    };

    it("waits until that was asked, and takes it before the files", async () => {
      const beginning = begin();
      await folder.write("a", "10");
      found = { a: { text: "100" } };
      ask.resolve();
      const read = await beginning;
      expect("value" in read && read.value.current()).to.equal(102);
    });
    it("takes the files where it tells nothing, and not when it does: they may be older", async () => {
      const value = await begun();
      expect(value.current()).to.equal(3);
      found = { a: { text: "100" } };
      tell();
      await until(() => value.current() === 102);
      await folder.write("a", "10");
      await folder.write("b", "3");
      await until(() => value.current() === 103);
      expect(outcomes).to.deep.equal([{ value: 102 }, { value: 103 }]);
    });
    it("takes the files again when it tells nothing any more", async () => {
      found = { a: { text: "100" }, b: { text: "100" } };
      const value = await begun();
      found = {};
      tell();
      await until(() => value.current() === 3);
    });
    it("tells once of what comes both ways", async () => {
      const value = await begun();
      found = { a: { text: "5" } };
      tell();
      tell();
      await until(() => value.current() === 7);
      await folder.write("a", "5");
      tell();
      await folder.write("b", "3");
      await until(() => value.current() === 8);
      expect(outcomes).to.deep.equal([{ value: 7 }, { value: 8 }]);
    });
    it("keeps what is good, and files are good at the beginning", async () => {
      found = { a: { text: "x" } };
      const value = await begun();
      expect(value.current()).to.equal(3);
      expect(value.state().broken?.issues).to.deep.equal([{ at: "sum", message: "x" }]);
      found = { a: { issue: { at: "ConfigMap a", message: "is not there" } } };
      tell();
      await until(() => outcomes.length > 0);
      expect([value.current(), value.state().broken?.issues]).to.deep.equal([
        3,
        [{ at: "ConfigMap a", message: "is not there" }],
      ]);
      found = { a: { text: "100" } };
      tell();
      await until(() => value.current() === 102);
      expect(value.state().broken).to.equal(undefined);
    });
    it("is good also when files are not", async () => {
      await folder.write("a", "x");
      found = { a: { text: "100" } };
      expect((await begun()).current()).to.equal(102);
    });
    it("is not there when neither is good, with the issues of what is newer", async () => {
      await folder.write("a", "x");
      found = { a: { text: "y" } };
      ask.resolve();
      expect(await begin()).to.deep.equal({ issues: [{ at: "sum", message: "y" }] });
    });
  });

  const broken: readonly [
    claim: string,
    how: (folder: Folder) => Promise<unknown>,
    issue: (folder: Folder) => unknown,
  ][] = [
    ["is broken", () => folder.replace("b", "x"), () => ({ at: "sum", message: "x" })],
    ["is gone", () => folder.remove("b"), () => ({ at: folder.at("b"), message: "there is no such file" })],
    [
      "makes us stumble",
      () => folder.replace("b", "boom"),
      () => ({ at: `${folder.at("a")}, ${folder.at("b")}`, message: "internal error: Error: boom" }),
    ],
  ];
  // By rename: a plain write may be read half done, as an empty file.
  for (const [claim, breakIt, issue] of broken) {
    it(`stays when a file ${claim}, says so, and follows again afterwards`, async () => {
      const value = await good();
      await breakIt(folder);
      await until(() => outcomes.length === 1);
      const issues = [issue(folder)];
      expect([value.current(), value.state()]).to.deep.equal([
        3,
        { loadedAt: new Date(1), broken: { since: new Date(2), issues } },
      ]);
      await folder.replace("b", "2");
      await until(() => outcomes.length === 2);
      expect([value.current(), value.state()]).to.deep.equal([3, { loadedAt: new Date(3) }]);
      expect(outcomes).to.deep.equal([{ issues }, { value: 3 }]);
    });
  }
  it("says since when it is broken, not since when it is broken otherwise", async () => {
    const value = await good();
    for (const [index, text] of ["x", "y"].entries()) {
      await folder.write("b", text);
      await until(() => outcomes.length === index + 1);
    }
    expect(value.state().broken).to.deep.equal({ since: new Date(2), issues: [{ at: "sum", message: "y" }] });
  });
  it("is looked at again when the time of what was broken for now has come, unless it changed meanwhile", async () => {
    const clock = manualClock();
    const hour = 3_600_000;
    const later = (hours: number) => ({ issues: [{ at: "a", message: "too early" }], goodFrom: hours * hour });
    const parse = ([text = ""]: readonly string[]): Parsed<number> =>
      clock.now() < Number(text) * hour ? later(Number(text)) : { value: Number(text) };
    await folder.write("a", "0");
    const followed = await reloaded(
      { paths: [folder.at("a")], parse },
      {
        now: () => new Date(clock.now()),
        wait: clock.wait,
        signal: controller.signal,
        settle: 5,
        poll: 20,
        onReload: (outcome) => outcomes.push(outcome),
      },
    );
    if ("issues" in followed) throw new Error("not read");
    for (const [index, text] of ["800", "900"].entries()) {
      await folder.write("a", text);
      await until(() => outcomes.length === index + 1);
    }
    expect(followed.value.state().broken).to.deep.equal({ ...later(900), since: new Date(0) });
    await clock.advance(900 * hour - 1);
    expect([followed.value.current(), outcomes]).to.deep.equal([0, [later(800), later(900)]]);
    await clock.advance(1);
    expect([followed.value.current(), outcomes.at(-1)]).to.deep.equal([900, { value: 900 }]);
    expect(clock.waits()).to.deep.equal([]);
  });
  it("may come from no file at all", async () => {
    const read = await start([]);
    expect("value" in read && read.value.current()).to.equal(0);
  });
});

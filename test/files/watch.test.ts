import { expect } from "chai";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { readFiles } from "../../src/files/read.ts";
import { watchFiles } from "../../src/files/watch.ts";
import type { WatchOptions } from "../../src/files/watch.ts";
import { newFolder } from "../support/folder.ts";
import { until } from "../support/until.ts";
import type { Folder } from "../support/folder.ts";

type Step = (folder: Folder) => Promise<unknown>;

const settle = 5;
/** What the system's notices alone bring, and what looking alone brings. */
const ways: readonly [way: string, options: Omit<WatchOptions, "signal">][] = [
  ["noticed", { settle, poll: 60_000 }],
  ["looked for", { settle, poll: 10 }],
];

const changes: readonly [claim: string, first: Step, change: Step, told: readonly string[]][] = [
  ["an overwrite", (folder) => folder.write("a", "1"), (folder) => folder.write("a", "2"), ["2"]],
  ["a replacement by rename", (folder) => folder.write("a", "1"), (folder) => folder.replace("a", "2"), ["2"]],
  ["the swap of ..data", (folder) => folder.mount({ a: "1" }), (folder) => folder.mount({ a: "2" }), ["2"]],
  [
    "a removal and a return",
    (folder) => folder.write("a", "1"),
    async (folder) => (await folder.remove("a"), await pause(100), folder.write("a", "2")),
    ["there is no such file", "2"],
  ],
  ["an arrival", async () => undefined, (folder) => folder.write("a", "1"), ["1"]],
  [
    "nothing when the same is written again",
    (folder) => folder.write("a", "1"),
    (folder) => folder.replace("a", "1"),
    [],
  ],
  ["nothing when another file changes", (folder) => folder.write("a", "1"), (folder) => folder.write("b", "2"), []],
];

describe("watching files", () => {
  let folder: Folder;
  let controller: AbortController;
  beforeEach(async () => {
    folder = await newFolder();
    controller = new AbortController();
  });
  afterEach(async () => {
    controller.abort();
    await folder.destroy();
  });

  const watch = async (options: Omit<WatchOptions, "signal">, name = "a"): Promise<readonly string[]> => {
    const told: string[] = [];
    const paths = [folder.at(name)];
    const known = await readFiles(paths);
    const { signal } = controller;
    watchFiles(
      paths,
      known,
      (found) => told.push(...found.map((file) => ("text" in file ? file.text : file.issue.message))),
      { ...options, signal },
    );
    await pause(30);
    return told;
  };

  for (const [way, options] of ways) {
    for (const [claim, first, change, expected] of changes) {
      it(`tells ${claim} once (${way})`, async () => {
        await first(folder);
        const told = await watch(options);
        await change(folder);
        await until(() => told.length >= expected.length);
        await pause(50);
        expect(told).to.deep.equal(expected);
      });
    }
  }

  it("tells again after the folder itself was replaced", async () => {
    await mkdir(folder.at("dir"));
    await writeFile(folder.at("dir/a"), "1");
    const told = await watch({ settle, poll: 20 }, "dir/a");
    await rename(folder.at("dir"), folder.at("old"));
    await rm(folder.at("old"), { recursive: true });
    await mkdir(folder.at("dir"));
    await writeFile(folder.at("dir/a"), "2");
    await until(() => told.includes("2"));
    await writeFile(folder.at("dir/a"), "3");
    await until(() => told.at(-1) === "3");
  });

  it("waits until a file stays as it is", async () => {
    await folder.write("a", "0");
    const told = await watch({ settle: 60, poll: 60_000 });
    for (const text of ["1", "12", "123", "1234"]) {
      await folder.write("a", text);
      await pause(20);
    }
    await until(() => told.length > 0);
    expect(told).to.deep.equal(["1234"]);
  });

  it("knows what changed since the caller read", async () => {
    await folder.write("a", "1");
    const known = await readFiles([folder.at("a")]);
    await folder.write("a", "2");
    const told: unknown[] = [];
    watchFiles([folder.at("a")], known, (found) => told.push(...found), { settle, signal: controller.signal });
    await until(() => told.length > 0);
    expect(told).to.deep.equal([{ text: "2" }]);
  });

  it("tells nothing after the end", async () => {
    await folder.write("a", "1");
    const told = await watch({ settle, poll: 10 });
    await folder.write("a", "2");
    controller.abort();
    await pause(50);
    expect(told).to.deep.equal([]);
  });
});

describe("reading files", () => {
  let folder: Folder;
  before(async () => (folder = await newFolder()));
  after(() => folder.destroy());

  it("gives texts and issues in order", async () => {
    await folder.write("text", "\ufeffgrüß dich\n");
    await folder.write("binary", "");
    await writeFile(folder.at("binary"), Buffer.from([0xff, 0xfe, 0x00]));
    const names = ["text", "binary", "none", "."];
    expect(await readFiles(names.map((name) => folder.at(name)))).to.deep.equal([
      { text: "grüß dich\n" },
      { issue: { at: folder.at("binary"), message: "is not UTF-8 text" } },
      { issue: { at: folder.at("none"), message: "there is no such file" } },
      { issue: { at: folder.at("."), message: "is a folder" } },
    ]);
  });
});

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { run } from "../../../src/cli/program.ts";
import { newFolder } from "../../support/folder.ts";
import type { Folder } from "../../support/folder.ts";
import { recorded, shopObjects } from "../../support/recorded-traffic.ts";
import { recordingIo } from "../../support/recording-io.ts";

describe("weft stat", () => {
  let files: Folder | undefined;
  const folder = (): string => files?.path ?? "";
  beforeEach(async () => {
    files = await newFolder();
  });
  afterEach(() => files?.destroy());
  const stat = (...words: readonly string[]) => statOf(["idle", "busy"], words);
  const statOf = async (names: readonly string[], words: readonly string[] = []) => {
    const io = recordingIo();
    const flags = names.flatMap((name) => {
      const pages = join(folder(), name);
      mkdirSync(pages, { recursive: true });
      writeFileSync(join(pages, "shop.backend.txt"), recorded(`metrics-backend${name === "idle" ? "-idle" : ""}.txt`));
      return ["--pages", pages];
    });
    writeFileSync(join(folder(), "objects"), JSON.stringify({ kind: "PodList", items: shopObjects }));
    const code = await run(["stat", ...words, ...flags, "--objects", join(folder(), "objects")], io);
    return { code, ...io.written };
  };

  const head = "NAME       MESHED   SUCCESS       RPS   LATENCY_P50   LATENCY_P95   LATENCY_P99   TCP_CONN   SECURED\n";
  const backend =
    "backend       1/1    96.77%   17.0rps           0ms           7ms          84ms          8       77%\n";
  const frontend =
    "frontend      1/1         -         -             -             -             -          0         -\n";
  const outside =
    "outside       0/1         -         -             -             -             -          -         -\n";

  it("is a table; who could not be read is named", async () => {
    const { code, stdout, stderr } = await stat();
    expect({ code, stdout }).to.deep.equal({ code: 0, stdout: head + backend + frontend });
    expect(stderr).to.match(
      /^weft: 1 of 2 pods could not be read \(shop\/frontend\): there is no .*idle\/NAMESPACE\.POD\.txt\n$/,
    );
  });

  const pairs: [claim: string, names: string[], why: string][] = [
    ["the same page twice", ["idle", "idle"], "its two pages are of the same moment"],
    ["the later page first", ["busy", "idle"], "its second page is older than its first"],
  ];
  for (const [claim, names, why] of pairs)
    it(`says of ${claim} what is wrong`, async () => {
      expect((await statOf(names)).stderr).to.contain(`weft: shop/backend is left out: ${why}\n`);
    });

  it("has workloads without a proxy when asked", async () => {
    expect((await stat("deploy", "--unmeshed")).stdout).to.equal(head + backend + frontend + outside);
  });

  it("is of the workloads that are named", async () => {
    const only = (text: string): string => text.replaceAll(/^(\w+) {2}/gm, "$1 ");
    for (const words of [["deploy/backend"], ["deploy", "backend"]])
      expect((await stat(...words)).stdout.split("\n").length, words.join(" ")).to.equal(
        only(head + backend).split("\n").length,
      );
    expect((await stat("sts")).stderr).to.contain("No traffic found.\n");
  });

  it("is JSON", async () => {
    const rows = JSON.parse((await stat("deploy/backend", "-o", "json")).stdout) as readonly object[];
    expect(rows.map((row) => Object.keys(row))).to.deep.equal([
      [
        "namespace",
        "kind",
        "name",
        "meshed",
        "success",
        "rps",
        "latency_ms_p50",
        "latency_ms_p95",
        "latency_ms_p99",
        "tcp_open_connections",
        "tcp_read_bytes_rate",
        "tcp_write_bytes_rate",
        "secured",
      ],
    ]);
    expect(rows[0]).to.include({ namespace: "shop", kind: "deployment", name: "backend", meshed: "1/1" });
  });

  it("of pods has their state, with -A their namespace", async () => {
    expect((await stat("po", "-A", "-o", "wide")).stdout).to.match(
      /^NAMESPACE {3}NAME {7}STATUS .*WRITE_BYTES\/SEC\nshop {8}backend {4}Running /,
    );
  });

  const wrong: [words: string[], message: string][] = [
    [["-t", "1s"], '--time-window: "1s" is no duration from 5s to 10m'],
    [["--to", "deploy/a", "--from", "deploy/b"], "--to and --from: one of them"],
  ];
  for (const [words, message] of wrong)
    it(`refuses ${words.join(" ")}`, async () => {
      expect(await stat(...words)).to.deep.equal({ code: 2, stdout: "", stderr: `weft: ${message}\n` });
    });
});

import { expect } from "chai";
import { bytesOf } from "../../src/kube/bytes-of.ts";

describe("kube/bytes-of", () => {
  const rows: readonly [claim: string, value: unknown, bytes: number][] = [
    ["no text", "", 0],
    ["a text", "abcd", 16 + 4],
    ["of Latin-1", "äöüß", 16 + 4],
    ["of which one character is none of Latin-1", "abc€", 16 + 8],
    ["true and nothing", [true, null, undefined], 48 + 3 * 8],
    ["a small number, and a large one", [1, 1_700_000_000_000], 48 + 2 * 8 + 16],
    ["fields that all objects have", { name: "", namespace: "" }, 24 + 2 * 8],
    ["fields that somebody made up", { "app.example.org/a": "b" }, 24 + 8 + (24 + 16 + 17) + (16 + 1)],
    ["a field in Chinese", { 名字: 1 }, 24 + 8 + (24 + 16 + 4)],
    ["what is in it", { labels: [{ name: "ab" }] }, 24 + 8 + 48 + 8 + 24 + 8 + 18],
    ["a Map", new Map([["a", "b"]]), 48 + 2 * (8 + 17)],
  ];
  for (const [claim, value, bytes] of rows)
    it(claim, () => {
      expect(bytesOf(value)).to.equal(bytes);
    });
});

import { expect } from "chai";
import { patchText } from "../../../src/core/admission/patch-text.ts";
import { begunWith } from "../../../src/core/base/json/beginning.ts";
import type { Patch } from "../../../src/core/inject/outcome/injection.ts";

const beginning = { name: "proxy", env: [{ name: "é\ud800", value: '"\n' }], absent: undefined };
const proxy = begunWith(beginning, { volumeMounts: [{ name: "token" }] });
const alike = begunWith(beginning, { volumeMounts: [] });
const bare = begunWith(beginning, { volumeMounts: undefined });

const written = (patch: Patch): string =>
  patchText(patch)
    .map((piece) => (typeof piece === "string" ? piece : piece.text()))
    .join("");

describe("a patch as text, in pieces", () => {
  const rows: readonly [claim: string, patch: Patch, same: number][] = [
    ["nothing", [], 0],
    ["values without a beginning", [{ op: "add", path: "/a~1b", value: { é: [1, null, "\n"] } }], 0],
    [
      "an operation without a value",
      [
        { op: "remove", path: '/"' },
        { op: "replace", path: "/b", value: 1 },
      ],
      0,
    ],
    ["a value with a beginning", [{ op: "add", path: "/spec/containers/0", value: proxy }], 1],
    ["a list of such", [{ op: "add", path: "/spec/initContainers", value: [{ name: "x" }, proxy, alike] }], 2],
    [
      "a list without any, an empty one",
      [
        { op: "add", path: "/l", value: [{}, 1] },
        { op: "add", path: "/m", value: [] },
      ],
      0,
    ],
    ["nothing behind the beginning", [{ op: "add", path: "/-", value: bare }], 1],
  ];
  for (const [claim, patch, same] of rows) {
    it(`comes to what JSON.stringify gives: ${claim}`, () => {
      expect(written(patch)).to.equal(JSON.stringify(patch));
      expect(patchText(patch).filter((piece) => typeof piece !== "string")).to.have.length(same);
    });
  }

  it("has one piece for what is the same", () => {
    const pieces = patchText([{ op: "add", path: "/c", value: [proxy, alike] }]);
    const of = pieces.flatMap((piece) => (typeof piece === "string" ? [] : [piece.of]));
    expect(of).to.deep.equal([beginning, beginning]);
    expect(of[0]).to.equal(of[1]);
  });
});

import { expect } from "chai";
import { isValuesFile } from "../../../src/core/lint/values.ts";

describe("values files among manifests", () => {
  for (const [claim, document, expected] of [
    ["weft's", { weft: { replicas: 2 } }, true],
    ["Linkerd's", { proxyInit: {} }, true],
    ["another chart's", { proxy: {}, image: "x" }, false],
    ["a text under weft", { weft: "x" }, false],
    ["nothing", {}, false],
  ] as const) {
    it(`are ${expected ? "" : "not "}known by the keys of ${claim}`, () => {
      expect(isValuesFile(document)).to.equal(expected);
    });
  }
});

/** Which mesh an object is for; that an API server refuses another's is tried in `test/api/anchor-guard.api.ts`. */
import { expect } from "chai";
import { anchorsMark } from "../../../src/core/install/installation-guard.ts";

const certificate = (end: string, lineEnd = "\n"): string =>
  [
    "-----BEGIN CERTIFICATE-----",
    "MIIBeginning0000",
    end.slice(0, 16),
    end.slice(16),
    "-----END CERTIFICATE-----",
    "",
  ].join(lineEnd);
const [one, other] = ["1", "2"].map((letter) => letter.repeat(30).concat("A="));

describe("the mark of what an installation writes", () => {
  const rows: readonly (readonly [claim: string, bundle: string, mark: string | undefined])[] = [
    ["the end of an anchor", certificate(String(one)), one],
    ["of each", certificate(String(one)) + certificate(String(other)), `${one} ${other}`],
    ["however its lines end", `# mine\r\n${certificate(String(one), "\r\n")}`, one],
    ["of so many that they fit", certificate(String(one)).repeat(500), Array.from({ length: 20 }, () => one).join(" ")],
    ["nothing of what is no certificate", "-----BEGIN CERTIFICATE-----\n", undefined],
  ];
  for (const [claim, bundle, mark] of rows) {
    it(claim, () => {
      expect(anchorsMark(bundle).annotations?.["weft.linkerd.io/for-trust-anchors"]).to.equal(mark);
    });
  }
});

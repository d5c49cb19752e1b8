import { expect } from "chai";
import fc from "fast-check";
import { displayWidth } from "../../../../src/core/base/text/display-width.ts";
import { topLines } from "../../../../src/core/traffic/tap/top-text.ts";
import type { TopRow } from "../../../../src/core/traffic/tap/top.ts";
import { runs } from "../../../support/properties.ts";

const row: TopRow = {
  source: "frontend-1",
  destination: "backend-1",
  method: "GET",
  path: "/hello",
  tls: "true",
  count: 3,
  best: 267,
  worst: 12_999,
  last: 3_000_000,
  succeeded: 2,
  judged: 3,
};
const plain: TopRow = {
  ...row,
  source: "10.0.0.4",
  tls: "no_tls_from_remote",
  count: 1,
  judged: 0,
  best: 999,
  worst: 1000,
};
const look = { width: 200, hideSources: false, colours: undefined };

describe("core/traffic/tap/top-text", () => {
  it("a table", () =>
    expect(topLines([row, plain], look)).to.deep.equal([
      "Source      Destination  Method  Path    TLS                 Count   Best  Worst  Last  Success Rate",
      "frontend-1  backend-1    GET     /hello  √                       3  267µs   12ms    3s        66.67%",
      "10.0.0.4    backend-1    GET     /hello  no_tls_from_remote      1  999µs    1ms    3s             -",
    ]));

  it("without sources", () =>
    expect(topLines([row], { ...look, hideSources: true })).to.deep.equal([
      "Destination  Method  Path    TLS  Count   Best  Worst  Last  Success Rate",
      "backend-1    GET     /hello  √        3  267µs   12ms    3s        66.67%",
    ]));

  it("in a narrow terminal the widest column gives way", () =>
    expect(topLines([{ ...row, path: `/${"a".repeat(80)}` }], { ...look, width: 90 })).to.deep.equal([
      "Source      Destination  Method  Path         TLS  Count   Best  Worst  Last  Success Rate",
      "frontend-1  backend-1    GET     /aaaaaaaaa…  √        3  267µs   12ms    3s        66.67%",
    ]));

  it("whatever callers write, a line is one line, no wider than the terminal, and controls nothing", () => {
    const anything = fc.string({ unit: "binary", maxLength: 60 });
    fc.assert(
      fc.property(anything, anything, anything, fc.integer({ min: 90, max: 300 }), (path, method, source, width) => {
        for (const line of topLines([{ ...row, path, method, source }], { ...look, width })) {
          expect(line).to.not.match(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
          expect(displayWidth(line)).to.be.at.most(width);
        }
      }),
      runs(300),
    );
  });
});

import { expect } from "chai";
import fc from "fast-check";
import { excess, excessOfValue, mostPorts } from "../../../src/core/mesh/lists.ts";
import { hasPort, parsePortList } from "../../../src/core/mesh/port-list.ts";
import { disjoint, meets, parsePortRange, splitList } from "../../../src/core/base/scalars/ports.ts";
import { runs } from "../../support/properties.ts";

const times = (count: number, entry: string): string => Array.from({ length: count }, () => entry).join(",");

describe("how long a list may be", () => {
  const rows: readonly [claim: string, list: string, expected: string | undefined][] = [
    ["nothing", "", undefined],
    ["as many entries as there may be", times(3, "80"), undefined],
    ["a comma behind them is not an entry", `${times(3, "80")},`, undefined],
    ["one entry more", times(4, "80"), "has more than 3 entries"],
    ["empty entries are entries", ",,,,,", "has more than 3 entries"],
    ["a few entries of many characters", " ".repeat(193), "has more than 192 characters"],
  ];
  for (const [claim, list, expected] of rows)
    it(claim, () => {
      expect(excess(list, 3)).to.equal(expected);
    });
  it("a value that is not a list has a length, too", () => {
    expect([4096, 4097].map((length) => excessOfValue("x".repeat(length)))).to.deep.equal([
      undefined,
      "has more than 4096 characters",
    ]);
  });
});

describe("a list of ports", () => {
  it("over the bound says nothing", () => {
    expect(parsePortList(times(mostPorts, "80"))).to.not.equal(undefined);
    expect(parsePortList(times(mostPorts + 1, "80"))).to.equal(undefined);
  });

  const port = fc.integer({ min: 0, max: 40 });
  const entry = fc.oneof(
    port.map(String),
    fc.tuple(port, port).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc.constantFrom("http", "", "9-1"),
  );
  it("has the ports of its entries, found by halves", () => {
    fc.assert(
      fc.property(fc.array(entry), port, port, (entries, low, length) => {
        const text = entries.join(",");
        const ranges = splitList(text).flatMap((piece) => parsePortRange(piece) ?? []);
        const isListed = (number: number): boolean => ranges.some((each) => each.low <= number && number <= each.high);
        const list = parsePortList(text);
        expect(list !== undefined && hasPort(list, low)).to.equal(isListed(low));
        const within = Array.from({ length: length + 1 }, (_, index) => low + index);
        expect(meets(disjoint(ranges), { low, high: low + length })).to.equal(within.some(isListed));
      }),
      runs(500),
    );
  });
  it("keeps its entries in order, and knows its names", () => {
    const { entries, ranges, names } = parsePortList("443,http,80-90,85-100,101,http") ?? {};
    expect(entries).to.deep.equal([
      { low: 443, high: 443 },
      "http",
      { low: 80, high: 90 },
      { low: 85, high: 100 },
      { low: 101, high: 101 },
      "http",
    ]);
    expect([ranges, [...(names ?? [])]]).to.deep.equal([
      [
        { low: 80, high: 101 },
        { low: 443, high: 443 },
      ],
      ["http"],
    ]);
  });
});

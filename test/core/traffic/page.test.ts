import { expect } from "chai";
import { array, assert, constantFrom, dictionary, double, property, record, string } from "fast-check";
import { edgeFamilies, isOfProxy, rateFamilies, readPage, samplesOf, valueOf } from "../../../src/core/traffic/page.ts";
import { recorded } from "../../support/recorded-traffic.ts";

describe("a page of metrics", () => {
  it("has the samples of the families that were asked for, and no others", () => {
    const page = readPage(recorded("metrics-frontend.txt"), edgeFamilies);
    expect([...page.keys()]).to.deep.equal([...edgeFamilies]);
    expect(samplesOf(page, "tcp_open_total").filter(({ labels }) => labels["peer"] === "dst")).to.have.length(8);
    expect(samplesOf(page, "response_total")).to.deep.equal([]);
    expect(valueOf(page, "process_start_time_seconds")).to.be.greaterThan(1.7e9);
  });

  const rows: [claim: string, text: string, expected: unknown][] = [
    ["a comment", "# request_total{} 1\n", []],
    ["a name that begins alike", 'request_total_x{a="b"} 1\n', []],
    ["no value", 'request_total{a="b"}\n', []],
    ["no number", 'request_total{a="b"} many\n', []],
    ["labels without an end", 'request_total{a="b 1\nrequest_total 2\n', [[{}, 2]]],
    ["a time behind the value", 'request_total{a="b"} 1 1796023823\n', [[{ a: "b" }, 1]]],
    ["no line break at the end", "request_total 3", [[{}, 3]]],
    ["a brace within a value", 'request_total{a="}",b="{"} 1\n', [[{ a: "}", b: "{" }, 1]]],
    [
      "an escaped quotation mark",
      String.raw`request_total{a="x\"y\\",b="z"} 1`,
      [[{ a: String.raw`x"y\ `.trim(), b: "z" }, 1]],
    ],
    ["what is no count", "request_total +Inf\nrequest_total -1\nrequest_total 1e999\nrequest_total 2\n", [[{}, 2]]],
  ];
  for (const [claim, text, expected] of rows)
    it(`reads ${claim}`, () => {
      const samples = samplesOf(readPage(text), "request_total");
      expect(samples.map(({ labels, value }) => [{ ...labels }, value])).to.deep.equal(expected);
    });

  it("is read in less than 1.5 ms of processor time, with what edges take", () => {
    const pages = ["metrics-frontend.txt", "metrics-backend.txt"].map(recorded);
    const before = process.cpuUsage();
    for (let index = 0; index < 1000; index += 1) readPage(pages[index % 2] ?? "", edgeFamilies);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).to.be.lessThan(1500);
  });

  // What it took grew with the square of the page: a second for 100,000 of these, hours for a page as large as one may be.
  for (const labels of ["{x} 1", "{x=y} 1", '{a="', String.raw`{a="\"`])
    it(`takes as long for each line, whatever is missing in it: ${labels}`, () => {
      const line = `tcp_open_total${labels}\n`;
      const took = (lines: number): number => {
        const text = line.repeat(lines);
        const before = process.cpuUsage();
        readPage(text, edgeFamilies);
        const { user, system } = process.cpuUsage(before);
        return user + system;
      };
      took(20_000);
      const ratios = [1, 2, 3].map(() => took(80_000) / Math.max(1000, took(20_000)));
      expect(Math.min(...ratios)).to.be.lessThan(12);
    });

  it("of something else is known to be none", () => {
    expect(isOfProxy(readPage("<html>"))).to.equal(false);
    expect(isOfProxy(readPage(recorded("metrics-backend.txt")))).to.equal(true);
  });

  it("gives back whatever labels and values were written", () => {
    const name = string({ unit: constantFrom("a", "b", "_"), minLength: 1 });
    const sample = record({
      family: constantFrom(...rateFamilies),
      labels: dictionary(name, string({ unit: "binary" })),
      value: double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
    });
    const written = (text: string): string =>
      text
        .replaceAll("\\", String.raw`\\`)
        .replaceAll('"', String.raw`\"`)
        .replaceAll("\n", String.raw`\n`);
    assert(
      property(array(sample), (samples) => {
        const lines = samples.map(({ family, labels, value }) => {
          const pairs = Object.entries(labels).map(([label, text]) => `${label}="${written(text)}"`);
          return `${family}{${pairs.join(",")}} ${Object.is(value, -0) ? 0 : value}\n`;
        });
        const page = readPage(`# TYPE\n${lines.join('unknown_total{a="b"} 1\n')}`);
        for (const family of rateFamilies)
          expect(samplesOf(page, family).map(({ labels, value }) => [{ ...labels }, value])).to.deep.equal(
            samples
              .filter((each) => each.family === family)
              .map(({ labels, value }) => [{ ...labels }, Object.is(value, -0) ? 0 : value]),
          );
      }),
    );
  });
});

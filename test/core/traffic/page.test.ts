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
    ["infinity", 'request_total{le="+Inf"} +Inf', [[{ le: "+Inf" }, Infinity]]],
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

  it("of something else is known to be none", () => {
    expect(isOfProxy(readPage("<html>"))).to.equal(false);
    expect(isOfProxy(readPage(recorded("metrics-backend.txt")))).to.equal(true);
  });

  it("gives back whatever labels and values were written", () => {
    const name = string({ unit: constantFrom("a", "b", "_"), minLength: 1 });
    const sample = record({
      family: constantFrom(...rateFamilies),
      labels: dictionary(name, string({ unit: "binary" })),
      value: double({ noNaN: true, noDefaultInfinity: true }),
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

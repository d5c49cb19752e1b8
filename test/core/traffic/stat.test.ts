import { expect } from "chai";
import { assert, array, integer, property } from "fast-check";
import { readPage } from "../../../src/core/traffic/page.ts";
import { quantile } from "../../../src/core/traffic/rates.ts";
import { statOf } from "../../../src/core/traffic/stat.ts";
import { statJson, statTable } from "../../../src/core/traffic/stat-text.ts";
import { reading, recorded, shopPods } from "../../support/recorded-traffic.ts";

const pagesOf = (name: string, before: string, after: string) => reading(name, `${after}.txt`, `${before}.txt`);

const busy = {
  pods: shopPods,
  readings: [
    pagesOf("backend", "metrics-backend-idle", "metrics-backend"),
    pagesOf("frontend", "metrics-frontend", "metrics-frontend-after"),
  ],
};

describe("stat", () => {
  const expected = JSON.parse(recorded("expected-stat.json")) as Readonly<
    Record<string, Readonly<Record<string, number | null>>>
  >;
  for (const [pages, figures] of Object.entries(expected))
    it(`of ${pages}`, () => {
      const [before = "", after = ""] = pages.split(" -> ").map((name) => name.replace(".txt", ""));
      const [row] = statOf({ pods: shopPods, readings: [pagesOf("backend", before, after)] }, { kind: "inbound" }).rows;
      const { responses, rps, ...others } = figures;
      expect(row?.sums.responses).to.equal(responses);
      expect(row?.sums.rps).to.be.closeTo(rps ?? 0, 1e-9);
      const [json = {}] = statJson(row === undefined ? [] : [row]);
      for (const [key, value] of Object.entries(others)) {
        if (key === "seconds") continue;
        if (value === null) expect(json[key], key).to.equal(null);
        else expect(json[key], key).to.be.closeTo(value, 1e-9);
      }
    });

  it("is a table", () => {
    const { rows } = statOf(busy, { kind: "inbound" });
    expect(statTable(rows, { namespaces: false, wide: false, pods: false })).to.equal(
      [
        "NAME       MESHED   SUCCESS       RPS   LATENCY_P50   LATENCY_P95   LATENCY_P99   TCP_CONN   SECURED\n",
        "backend       1/1    96.77%   17.0rps           0ms           7ms          84ms          8       77%\n",
        "frontend      1/1         -         -             -             -             -          0         -\n",
        "outside       0/1         -         -             -             -             -          -         -\n",
      ].join(""),
    );
    const wide = statTable(rows, { namespaces: true, wide: true, pods: true });
    expect(wide.split("\n")[0]).to.match(
      /^NAMESPACE {3}NAME {7}STATUS {4}MESHED .* SECURED {3}READ_BYTES\/SEC {3}WRITE_BYTES\/SEC$/,
    );
    expect(wide.split("\n")[1]).to.match(/ 729\.2B\/s +3150\.3B\/s$/);
  });

  it("of what frontend sends to backend is of the outbound side", () => {
    const readings = [pagesOf("frontend", "metrics-backend-idle", "metrics-frontend")].map((each) => ({
      ...each,
      before: readPage("process_start_time_seconds 1\nprocess_uptime_seconds_total 1\n"),
      page: readPage(
        `${recorded("metrics-frontend.txt").replaceAll(/^process_.*$/gm, "")}process_start_time_seconds 1\nprocess_uptime_seconds_total 3\n`,
      ),
    }));
    const traffic = { pods: shopPods, readings };
    const to = statOf(traffic, { kind: "to", isTarget: ({ name }) => name === "backend" }).rows;
    const from = statOf(traffic, { kind: "from", isCaller: ({ name }) => name === "frontend" }).rows;
    const named = (rows: typeof to, name: string) => rows.find(({ end }) => end.name === name)?.sums;
    expect(named(to, "frontend")?.responses).to.equal(46).and.to.equal(named(from, "backend")?.responses);
    expect(named(to, "frontend")?.rps).to.equal(23);
    expect(named(from, "outside")?.responses).to.equal(14);
    expect(named(to, "backend")?.responses).to.equal(0);
    expect(
      statOf(traffic, { kind: "from", isCaller: () => false }).rows.every(({ sums }) => sums.responses === 0),
    ).to.equal(true);
  });

  const page = (lines: string, started = 1, uptime = 10) =>
    readPage(`${lines}process_start_time_seconds ${started}\nprocess_uptime_seconds_total ${uptime}\n`);
  const responses = (port: number, count: number): string =>
    `response_total{direction="inbound",target_port="${port}",classification="success",tls="true"} ${count}\n`;
  const [pod] = shopPods;
  const rows: [claim: string, before: string, after: string, responses: number][] = [
    ["a series that is new counts from 0", "", responses(80, 7), 7],
    ["one that was forgotten and came back counts with its value", responses(80, 9), responses(80, 4), 4],
    ["one that has gone counts nothing", responses(80, 9), "", 0],
    ["the admin port is left out", "", responses(4191, 7), 0],
  ];
  for (const [claim, before, after, count] of rows)
    it(claim, () => {
      const readings = pod === undefined ? [] : [{ pod, before: page(before), page: page(after, 1, 12) }];
      const [row] = statOf({ pods: shopPods.slice(0, 1), readings }, { kind: "inbound" }).rows;
      expect(row?.sums.responses).to.equal(count);
      expect(row?.sums.rps).to.equal(count / 2);
    });

  it("a pod that restarted is left out and named", () => {
    const readings = pod === undefined ? [] : [{ pod, before: page(""), page: page(responses(80, 7), 2, 1) }];
    const { leftOut, rows: all } = statOf({ pods: shopPods, readings }, { kind: "inbound" });
    expect(leftOut.map(({ pod, why }) => [pod.name, why])).to.deep.equal([
      ["frontend", "its proxy restarted meanwhile"],
    ]);
    expect(all.every(({ sums }) => sums.responses === 0)).to.equal(true);
  });

  it("never says 100 % of what is less", () => {
    const text = responses(80, 999) + responses(81, 1).replace('tls="true"', 'tls="no_identity"');
    const readings = pod === undefined ? [] : [{ pod, before: page(""), page: page(text, 1, 12) }];
    expect(
      statTable(statOf({ pods: shopPods, readings }, { kind: "inbound" }).rows, {
        namespaces: false,
        wide: false,
        pods: false,
      }),
    ).to.match(/99%\n/);
  });

  describe("quantile", () => {
    const buckets = (...counts: [number, number][]) => new Map(counts);
    const known: [claim: string, q: number, of: ReadonlyMap<number, number>, expected: number | null][] = [
      ["nothing", 0.5, buckets([1, 0], [Infinity, 0]), null],
      ["within the first bucket", 0.5, buckets([10, 4], [Infinity, 4]), 5],
      ["within a bucket", 0.9, buckets([1, 5], [2, 10], [Infinity, 10]), 1.8],
      ["beyond the last bound", 0.99, buckets([1, 1], [50, 1], [Infinity, 10]), 50],
      ["empty buckets between", 0.75, buckets([1, 2], [2, 2], [4, 4], [Infinity, 4]), 3],
    ];
    for (const [claim, q, of, value] of known) it(claim, () => expect(quantile(q, of)).to.equal(value));

    it("never falls as q grows", () => {
      assert(
        property(array(integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 6 }), (counts) => {
          let sum = 0;
          const of = new Map(
            counts.map((count, index) => [index === counts.length - 1 ? Infinity : index + 1, (sum += count)]),
          );
          const values = [0.1, 0.5, 0.9, 0.99].map((q) => quantile(q, of) ?? 0);
          expect(values).to.deep.equal(values.toSorted((a, b) => a - b));
        }),
      );
    });
  });
});

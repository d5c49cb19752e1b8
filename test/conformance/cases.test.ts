/** All 1,000 recorded requests through the code of the HTTP handler: each equals the recording, or differs as meant. */
import { expect } from "chai";
import { cases } from "./cases.ts";
import type { Case, CaseClass } from "./cases.ts";
import { clusterOf } from "./cluster.ts";
import { differing } from "./compare.ts";
import { expectationOf, rowIds } from "./differences.ts";
import { ownOutcome } from "./own.ts";

/** Differences that show in ordinary pods, and in how many of the 504 cases of class `valid`. */
const inOrdinaryPods: Readonly<Record<string, number>> = {
  // `proxy-outbound-discovery-cache-unused-timeout: 500ms` is not turned into `0s`.
  "S-08": 1,
  // `proxy-additional-env` on a namespace works.
  "S-16": 2,
  // Pods of a CronJob get their owner label.
  "S-26": 12,
  // A default port that a pod exposes twice is listed once.
  "S-27": 10,
  // No event for pods that nobody wanted injected.
  "S-34": 34,
  // The redirection spares the user of `proxy.securityContext`.
  "S-53": 4,
  // Pods that say Windows get no proxy.
  "S-60": 4,
};

describe("the 1,000 recorded requests", () => {
  const cluster = clusterOf(cases);
  const equal: string[] = [];
  const differed = new Map<string, Case[]>();

  for (const each of cases) {
    it(`${each.id} (${each.class})`, async () => {
      const { expected, applied } = await expectationOf(each, (variant) => ownOutcome(variant, clusterOf([variant])));
      const own = await ownOutcome(each, cluster);
      expect(differing(expected, own)).to.deep.equal([]);
      for (const text of expected.says) expect([...own.warnings, own.failure].join("\n")).to.include(text);
      if (applied.length === 0) equal.push(each.id);
      for (const id of applied) differed.set(id, [...(differed.get(id) ?? []), each]);
    });
  }

  it("needs every row of the table of differences", () => {
    expect([...differed.keys()].toSorted()).to.deep.equal(rowIds.toSorted());
  });

  it("differs in ordinary pods only where listed", () => {
    const ordinary = [...differed].map(([id, of]) => [id, of.filter((each) => each.class === "valid").length] as const);
    expect(Object.fromEntries(ordinary.filter(([, count]) => count > 0))).to.deep.equal(inOrdinaryPods);
  });

  after(() => {
    const isEqual = new Set(equal);
    const line = (name: CaseClass): string => {
      const of = cases.filter((each) => each.class === name);
      return `${name} ${of.filter(({ id }) => isEqual.has(id)).length}/${of.length}`;
    };
    const rows = [...differed].toSorted(([a], [b]) => a.localeCompare(b)).map(([id, of]) => `${id}: ${of.length}`);
    const classes = (["valid", "edge", "invalid", "hazard"] as const).map(line).join(", ");
    console.log(
      `\n  conformance: ${equal.length}/${cases.length} equal (${classes}); as meant otherwise: ${rows.join(", ")}`,
    );
  });
});

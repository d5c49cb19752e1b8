import { expect } from "chai";
import type { Leaf } from "../../../src/core/renewal/facts.ts";
import { trustSeen, trustedFor } from "../../../src/core/renewal/seen.ts";
import type { ConfigurationTrust } from "../../../src/core/renewal/seen.ts";
import { leafToServe } from "../../../src/core/renewal/serving.ts";

const settle = 60;
const leaf = (fingerprint: string, signedBy: string, notAfter = 1000): Leaf => ({
  fingerprint,
  signedBy,
  names: [],
  notBefore: -1,
  notAfter,
});
const [x1, x2, n1] = [leaf("x1", "x"), leaf("x2", "x"), leaf("n1", "n")];
const expired = leaf("expired", "x", 0);

const rows: readonly [
  claim: string,
  leaves: readonly Leaf[],
  current: Leaf | undefined,
  trusted: Readonly<Record<string, number>>,
  expected: Leaf | undefined,
][] = [
  ["nothing where there is nothing", [], undefined, {}, undefined],
  ["the first it sees, trusted or not", [x1], undefined, {}, x1],
  ["at its start the one that is trusted", [x1, n1], undefined, { x: 0 }, x1],
  ["the newer one of the same CA at once", [x1, x2], x1, { x: 0 }, x2],
  ["the newer one of the same CA also where nothing is known of trust", [x1, x2], x1, {}, x2],
  ["the old one while the new CA is not trusted", [x1, n1], x1, { x: 900 }, x1],
  ["the old one while the new CA has been trusted for a short time", [x1, n1], x1, { x: 900, n: 59 }, x1],
  ["the new one from then on", [x1, n1], x1, { x: 900, n: 60 }, n1],
  ["the old one again where the new CA is trusted no more", [x1, n1], n1, { x: 900 }, x1],
  ["what it serves where nothing is trusted", [x1, n1], n1, {}, n1],
  ["at the end of its leaf another that is trusted", [expired, n1], expired, { n: 0 }, n1],
  ["at the end of its leaf another that is not trusted yet", [expired, n1], expired, { x: 900 }, n1],
  ["a leaf that has expired rather than none", [expired], expired, {}, expired],
  ["no leaf that has expired where there is another", [x1, expired], x1, { x: 900 }, x1],
];

describe("a replica serves", () => {
  for (const [claim, leaves, current, trusted, expected] of rows) {
    it(claim, () => {
      const state = { leaves, trustedFor: new Map(Object.entries(trusted)), ...(current && { current }) };
      expect(leafToServe(state, 0, settle)).to.equal(expected);
    });
  }
});

const reads = (...trusted: readonly string[]): ConfigurationTrust => ({ kind: "read", trusted: new Set(trusted) });
const looks: readonly [
  claim: string,
  configurations: readonly ConfigurationTrust[],
  expected: Readonly<Record<string, number>>,
][] = [
  ["since it was first seen", [reads("x", "n"), reads("x", "n")], { x: 90, n: 0 }],
  ["not where one of them does not trust it", [reads("x", "n"), reads("x")], { x: 90 }],
  ["also where one of them is missing", [reads("x"), { kind: "missing" }], { x: 90 }],
  ["not where one of them cannot be read", [reads("x"), { kind: "unknown" }], {}],
  ["where there are none at all", [], { x: 90, n: 0 }],
];

describe("a CA counts as trusted everywhere", () => {
  const before = trustSeen(new Map(), ["x", "n"], [reads("x")], 10);
  for (const [claim, configurations, expected] of looks) {
    it(claim, () => {
      const seen = trustSeen(before, ["x", "n"], configurations, 100);
      expect(Object.fromEntries(trustedFor(seen, 100))).to.deep.equal(expected);
    });
  }
  it("anew after a break", () => {
    const broken = trustSeen(before, ["x"], [reads()], 50);
    expect(Object.fromEntries(trustedFor(trustSeen(broken, ["x"], [reads("x")], 100), 130))).to.deep.equal({ x: 30 });
  });
});

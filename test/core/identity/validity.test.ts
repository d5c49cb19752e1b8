import { expect } from "chai";
import { common, leafValidity, lifeOf, renewalAfter, defaultLife } from "../../../src/core/identity/validity.ts";

const hour = 3_600_000;
const now = Date.UTC(2026, 0, 1, 12) + 345;
const forLong = { notBefore: 0, notAfter: now + 1000 * hour };

describe("core/identity/validity", () => {
  const rows: readonly [claim: string, made: object, expected: object][] = [
    [
      "a day, and 20 s at both ends",
      leafValidity(now, defaultLife, forLong),
      { notBefore: now - 345 - 20_000, notAfter: now - 345 + 24 * hour + 20_000 },
    ],
    [
      "it ends with its issuer",
      leafValidity(now, defaultLife, { notBefore: 0, notAfter: now + hour }),
      { notBefore: now - 345 - 20_000, notAfter: now - 345 + hour },
    ],
    [
      "in whole seconds",
      leafValidity(now, { lifetime: 1700, clockSkew: 0 }, forLong),
      { notBefore: now - 345, notAfter: now - 345 + 2000 },
    ],
    [
      "whoever taps has an hour from now, clocks that are behind included",
      leafValidity(now, lifeOf("weft-tap", defaultLife), forLong),
      { notBefore: now - 345 - 20_000, notAfter: now - 345 + hour },
    ],
    [
      "and less where all have less",
      lifeOf("weft-tap", { lifetime: 60_000, clockSkew: 0 }),
      { lifetime: 60_000, clockSkew: 0 },
    ],
    ["others have their day", lifeOf("weft-tapper", defaultLife), defaultLife],
    [
      "in common is what all have",
      common([
        { notBefore: 1, notAfter: 9 },
        { notBefore: 3, notAfter: 7 },
        { notBefore: 2, notAfter: 8 },
      ]),
      { notBefore: 3, notAfter: 7 },
    ],
  ];
  for (const [claim, made, expected] of rows) it(claim, () => expect(made).to.deep.equal(expected));

  const renewals: readonly [claim: string, left: number, after: number][] = [
    ["at 70 % of a day", 24 * hour, 16.8 * hour],
    ["of 60 s", 60_000, 42_000],
    ["not without a pause", 10, 1000],
    ["what has expired", -hour, 1000],
  ];
  for (const [claim, left, after] of renewals)
    it(`renewal ${claim}`, () => expect(renewalAfter(now + left, now)).to.be.closeTo(after, 0.001));
});

import { expect } from "chai";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { bundlePatch } from "../../../src/core/renewal/bundle-patch.ts";
import { noTries, tried, defaultPacing, waitOf } from "../../../src/core/renewal/pace.ts";

const pem = (text: string): string => btoa(`-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`);
const wanted = pem("ours");
const configuration = (...bundles: readonly Json[]): JsonObject => ({
  metadata: { name: "weft-injector", resourceVersion: "7" },
  webhooks: bundles.map((caBundle, index) => ({
    name: `entry-${index}`,
    clientConfig: { service: { name: "weft-injector" }, ...(caBundle === null ? {} : { caBundle }) },
  })),
});

const rows: readonly [
  claim: string,
  bundles: readonly Json[],
  at: readonly number[],
  differences: readonly string[],
][] = [
  ["an absent one", [null], [0], ["entry-0: has no caBundle"]],
  ["an empty one", [""], [0], ["entry-0: has no caBundle"]],
  ["garbage", ["%%%"], [0], ["entry-0: has a caBundle that holds no certificate"]],
  ["words", [btoa("words")], [0], ["entry-0: has a caBundle that holds no certificate"]],
  ["somebody else's", [pem("theirs")], [0], ["entry-0: trusts other CAs"]],
  [
    "all that differ, in one patch",
    [null, wanted, pem("theirs")],
    [0, 2],
    ["entry-0: has no caBundle", "entry-2: trusts other CAs"],
  ],
];

describe("a caBundle", () => {
  for (const [claim, bundles, at, differences] of rows) {
    it(`is put in place of ${claim}`, () => {
      expect(bundlePatch(configuration(...bundles), wanted)).to.deep.equal({
        operations: [
          { op: "test", path: "/metadata/resourceVersion", value: "7" },
          ...at.map((index) => ({
            op: "add",
            path: `/webhooks/${index}/clientConfig/caBundle`,
            value: wanted,
          })),
        ],
        differences,
      });
    });
  }
  it("that is right is left alone", () => {
    expect(bundlePatch(configuration(wanted, wanted), wanted)).to.equal(undefined);
  });
  it("is not looked for where there are no entries, nor patched where nothing tells versions apart", () => {
    expect(bundlePatch({ metadata: { resourceVersion: "7" } }, wanted)).to.equal(undefined);
    expect(bundlePatch({ webhooks: configuration(null)["webhooks"] ?? [] }, wanted)).to.equal(undefined);
  });
});

describe("the pace of repairs", () => {
  const minute = 60_000;
  it("is at once, then a second, doubled up to a minute", () => {
    let pace = noTries;
    const waits: number[] = [];
    let now = 0;
    for (let time = 0; time < 9; time += 1) {
      const wait = waitOf(pace, now, defaultPacing);
      waits.push(wait / 1000);
      now += wait;
      pace = tried(pace, now, defaultPacing);
    }
    expect(waits).to.deep.equal([0, 1, 2, 4, 8, 16, 32, 60, 60]);
  });
  it("counts the wait from the last try", () => {
    expect(waitOf({ tries: 3, last: 1000 }, 2500, defaultPacing)).to.equal(2500);
    expect(waitOf({ tries: 3, last: 1000 }, 9000, defaultPacing)).to.equal(0);
  });
  it("is forgotten after ten quiet minutes, and not before", () => {
    expect(waitOf({ tries: 50, last: 0 }, 10 * minute, defaultPacing)).to.equal(0);
    expect(tried({ tries: 50, last: 0 }, 10 * minute, defaultPacing)).to.deep.equal({ tries: 1, last: 10 * minute });
    expect(tried({ tries: 50, last: 0 }, 10 * minute - 1, defaultPacing).tries).to.equal(51);
  });
});

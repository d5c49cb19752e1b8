import { expect } from "chai";
import fc from "fast-check";
import { jsonSize } from "../../../src/core/admission/json-size.ts";
import type { JsonSize } from "../../../src/core/admission/json-size.ts";
import type { Json } from "../../../src/core/base/json/json.ts";
import { runs } from "../../support/properties.ts";

const sizeOf = (text: string): JsonSize => jsonSize(new TextEncoder().encode(text));

/** Counted in the value. */
const counted = (value: Json): JsonSize => {
  if (typeof value !== "object" || value === null) return { values: 1, depth: 0 };
  const inner = Object.values(value as Readonly<Record<string, Json>>).map(counted);
  return {
    values: 1 + inner.reduce((sum, { values }) => sum + values, 0),
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
  };
};

describe("the size of JSON text", () => {
  const rows: readonly [claim: string, text: string, size: JsonSize][] = [
    ["a number", "1", { values: 1, depth: 0 }],
    ["commas and braces in text", String.raw`"[{,\"}],"`, { values: 1, depth: 0 }],
    ["a backslash at the end of text", String.raw`["\\",1]`, { values: 3, depth: 1 }],
    ["keys twice", '{"a":1,"a":2}', { values: 3, depth: 1 }],
    ["text that never ends", '["', { values: 2, depth: 1 }],
    ["lists in lists", "[".repeat(1_000_000), { values: 1_000_001, depth: 1_000_000 }],
  ];
  for (const [claim, text, size] of rows) {
    it(claim, () => expect(sizeOf(text)).to.deep.equal(size));
  }
  it("is at least that of the value, and no more than one for each list or object above it", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { values, depth } = counted(value);
        const size = sizeOf(JSON.stringify(value));
        expect(size.depth).to.equal(depth);
        expect(size.values)
          .to.be.at.least(values)
          .and.at.most(2 * values);
      }),
      runs(300),
    );
  });
});

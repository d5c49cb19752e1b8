import { expect } from "chai";
import { Share } from "../../src/webhook/share.ts";
import type { Holder } from "../../src/webhook/share.ts";

/** `10.0.0.1/shop`; an address of `*` is certified. */
const holder = (text: string): Holder & { readonly text: string } => {
  const [from = "", namespace = ""] = text.split("/");
  return { text, from, namespace, certified: from === "*" };
};

describe("a bound that many share", () => {
  const rows: readonly [claim: string, bounds: { inAll: number; ofOne?: number }, members: string, over: string][] = [
    ["has room", { inAll: 3 }, "a/x a/x b/x", ""],
    ["is given back by the address with most", { inAll: 3 }, "a/x a/y b/x b/x b/x", "b/x b/x b/x"],
    ["also when another comes last", { inAll: 3 }, "a/x a/x a/x b/x", "a/x a/x a/x"],
    ["and of it by the namespace with most", { inAll: 3 }, "a/x a/y a/y b/x", "a/y a/y"],
    ["by an address with more than one may have", { inAll: 9, ofOne: 2 }, "b/x b/x b/x a/x a/x a/x", "a/x a/x a/x"],
    ["by who is certified only where nobody else is there", { inAll: 3 }, "*/x */x */x a/x", "a/x"],
    ["of those too by the namespace with most", { inAll: 3 }, "*/x */y */y */y", "*/y */y */y"],
  ];
  for (const [claim, bounds, members, over] of rows) {
    it(claim, () => {
      const share = new Share<ReturnType<typeof holder>>(bounds);
      const all = members.split(" ").map(holder);
      for (const one of all) share.set(one, 1);
      const last = all.at(-1) ?? holder("");
      expect([...(share.over(last)?.keys() ?? [])].map(({ text }) => text).join(" ")).to.equal(over);
      for (const one of all) share.remove(one);
      expect(share.over(last)).to.equal(undefined);
    });
  }
  it("counts what a member holds now", () => {
    const share = new Share<Holder>({ inAll: 10 });
    const [one, other] = [holder("a/x"), holder("b/x")];
    share.set(one, 10);
    share.set(one, 4);
    share.set(other, 6);
    expect(share.over(other)).to.equal(undefined);
    share.set(one, 5);
    expect([...(share.over(other) ?? [])]).to.deep.equal([[other, 6]]);
  });
});

import { expect } from "chai";
import { begunAs, begunWith } from "../../../../src/core/base/json/beginning.ts";

describe("objects that begin as others do", () => {
  it("have the members of both, in order, and say what they were begun with", () => {
    const [beginning, rest] = [{ b: 1, a: 2 }, { c: 3 }];
    const whole = begunWith(beginning, rest);
    expect(JSON.stringify(whole)).to.equal('{"b":1,"a":2,"c":3}');
    expect(begunAs(whole)).to.deep.equal({ beginning, rest });
    expect(begunAs(whole)?.beginning).to.equal(beginning);
  });

  it("are none that were made otherwise", () => {
    expect(begunAs({ ...begunWith({ a: 1 }, { b: 2 }) })).to.equal(undefined);
  });
});

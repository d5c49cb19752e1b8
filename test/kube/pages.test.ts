import { expect } from "chai";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { allPages, endless } from "../../src/kube/pages.ts";

const page = (names: readonly string[], next?: string): { readonly page: JsonObject } => ({
  page: { items: names.map((name) => ({ name })), metadata: next === undefined ? {} : { continue: next } },
});

const nameOf = ({ name }: JsonObject): unknown => name;

describe("all pages of a list", () => {
  it("are asked for with the token of the page before", async () => {
    const asked: object[] = [];
    const read = await allPages((query) => {
      asked.push(query);
      return Promise.resolve(asked.length === 1 ? page(["a", "b"], "more") : page(["c"]));
    }, nameOf);
    expect(read).to.deep.equal({ items: ["a", "b", "c"] });
    expect(asked).to.deep.equal([{ limit: "500" }, { limit: "500", continue: "more" }]);
  });

  it("end with what comes in place of one", async () => {
    const answers = [page(["a"], "more"), { other: "gone" }];
    expect(await allPages(() => Promise.resolve(answers.shift() ?? page([])), nameOf)).to.deep.equal({ other: "gone" });
  });

  it("have no end when one is empty and there would be more", async () => {
    expect(await allPages(() => Promise.resolve(page([], "more")), nameOf)).to.deep.equal({ other: endless });
  });
});

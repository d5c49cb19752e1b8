import { expect } from "chai";
import { withRound } from "../../../src/web/page/history.ts";
import type { History } from "../../../src/web/page/history.ts";
import { beginning, message, shop, workload } from "../../support/maps.ts";

const after = (rounds: number): History => {
  let history: History = new Map();
  for (let round = 0; round < rounds; round += 1) history = withRound(history, shop(round));
  return history;
};

describe("history", () => {
  it("of each workload and each edge, oldest first", () => {
    const history = after(3);
    const web = history.get("shop/deployment/web") ?? [];
    expect(web.map(({ at }) => at - beginning)).to.deep.equal([0, 10_000, 20_000]);
    expect(web[0]?.rps).to.equal(null);
    expect(web[2]?.rps).to.equal(shop(2).workloads[1]?.rps);
    expect(history.get("shop/deployment/web → shop/deployment/cart")).to.have.length(3);
  });

  it("ten minutes of it", () => {
    expect(after(100).get("shop/deployment/web")).to.have.length(60);
  });

  it("who is gone keeps its past for so long", () => {
    const gone = (round: number): ReturnType<typeof message> =>
      message([workload("shop/deployment/new", 1)], [], { round });
    let history = withRound(after(3), gone(3));
    expect(history.get("shop/deployment/web")).to.have.length(3);
    history = withRound(history, gone(70));
    expect([...history.keys()]).to.deep.equal(["shop/deployment/new"]);
  });

  it("a round that is told again counts once", () => {
    const history = withRound(after(3), shop(2));
    expect(history.get("shop/deployment/web")).to.have.length(3);
  });
});

import { expect } from "chai";
import {
  edgeId,
  firstOrder,
  isStranger,
  namesOf,
  orderAfter,
  shownOf,
  sorted,
  strangerText,
} from "../../../src/web/page/shown.ts";
import type { Filter, Order } from "../../../src/web/page/shown.ts";
import { callers, edge, message, shop, workload } from "../../support/maps.ts";

const everything: Filter = { text: "", onlyUnsecured: false };
const named = (id: string): string => id.split("/").at(-1) ?? "";
const arrows = (filter: Partial<Filter>): readonly string[] =>
  shownOf(shop(1), { ...everything, ...filter }).edges.map(({ from, to }) => `${named(from)} ${named(to)}`);
const workloads = (filter: Partial<Filter>): readonly string[] =>
  shownOf(shop(1), { ...everything, ...filter }).workloads.map(({ name }) => name);

describe("what is shown", () => {
  it("without a filter, all", () => {
    const map = shop(1);
    expect(shownOf(map, everything)).to.equal(map);
    expect(shownOf(map, { text: "  ", onlyUnsecured: false })).to.equal(map);
  });

  const rows: readonly [claim: string, filter: Partial<Filter>, expected: readonly string[]][] = [
    ["a name, at either end", { text: "MAILER" }, ["orders mailer"]],
    ["a namespace", { text: "payments" }, ["checkout gateway", "gateway ledger"]],
    ["kind and name", { text: "cronjob/nightly" }, ["nightly-report orders"]],
    ["words that are all there, in any order", { text: "redis cart" }, ["cart redis"]],
    ["a reason", { text: "service discovery" }, ["web search", "orders mailer"]],
    ["a port", { text: "2525" }, ["orders mailer"]],
    ["only what is not secured", { onlyUnsecured: true }, ["(not meshed) ingress", "web search", "orders mailer"]],
    ["both", { onlyUnsecured: true, text: "web" }, ["web search"]],
    ["nothing", { text: "nobody" }, []],
  ];
  for (const [claim, filter, expected] of rows) it(claim, () => expect(arrows(filter)).to.deep.equal(expected));

  it("workloads of the edges that are shown, and those that fit by themselves", () => {
    expect(workloads({ text: "mailer" })).to.deep.equal(["orders", "mailer"]);
    expect(workloads({ onlyUnsecured: true })).to.deep.equal([
      "ingress",
      "web",
      "orders",
      "search",
      "mailer",
      "(not meshed)",
    ]);
    const lonely = message([workload("shop/deployment/alone", 1), workload("shop/deployment/other", 1)], []);
    expect(shownOf(lonely, { ...everything, text: "alone" }).workloads.map(({ name }) => name)).to.deep.equal([
      "alone",
    ]);
  });

  const strangers: readonly [id: string, expected: string | undefined][] = [
    [callers, "callers without a proxy"],
    ["(outside)//a.example:443", "outside of what is looked at"],
    ["shop/sa/robot", "service account in shop"],
    ["shop/deployment/web", undefined],
  ];
  for (const [id, expected] of strangers)
    it(`${id} is ${expected ?? "a workload"}`, () => {
      const named = namesOf(message([], [edge(id, id)])).get(id);
      expect(named !== undefined && isStranger(named) ? strangerText(named) : undefined).to.equal(expected);
    });
});

describe("order of the rows", () => {
  const edges = [
    edge("a", "b10", { rps: 1 }),
    edge("a", "b9", { rps: null }),
    edge("b", "a", { rps: 30, secured: 1 }),
    edge("c", "a", { rps: 1, secured: 0 }),
  ];
  const rows: readonly [claim: string, order: Order, expected: readonly string[]][] = [
    ["first what is not secured", firstOrder, ["c → a", "b → a", "a → b9", "a → b10"]],
    ["by name, numbers in it as numbers", { column: "to", descending: false }, ["b → a", "c → a", "a → b9", "a → b10"]],
    ["the other way round", { column: "from", descending: true }, ["c → a", "b → a", "a → b9", "a → b10"]],
    ["what is not known is last", { column: "rps", descending: true }, ["b → a", "a → b10", "c → a", "a → b9"]],
    ["either way", { column: "rps", descending: false }, ["a → b10", "c → a", "b → a", "a → b9"]],
  ];
  for (const [claim, order, expected] of rows)
    it(claim, () => expect(sorted(edges, order).map(edgeId)).to.deep.equal(expected));

  it("a column again turns round; numbers begin with the largest, names with the first", () => {
    const order = orderAfter(firstOrder, "rps");
    expect(order).to.deep.equal({ column: "rps", descending: true });
    expect(orderAfter(order, "rps")).to.deep.equal({ column: "rps", descending: false });
    expect(orderAfter(order, "from")).to.deep.equal({ column: "from", descending: false });
  });
});

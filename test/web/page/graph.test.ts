import { expect } from "chai";
import {
  graphOf,
  mostLabels,
  mostWorkloads,
  namespaceOf,
  shapeOf,
  shortened,
  thicknessOf,
} from "../../../src/web/page/graph.ts";
import type { Graph, GraphOptions } from "../../../src/web/page/graph.ts";
import { because, callers, edge, large, message, nothingMeshed, shop, workload } from "../../support/maps.ts";
import type { MapState } from "../../../src/core/traffic/map.ts";

const measure: GraphOptions["measure"] = (text) => text.length * 7;
const graph = (map: MapState, open?: string): Graph => graphOf(map, { open, measure });
const box = (graph: Graph, id: string): Graph["boxes"][number] | undefined =>
  graph.boxes.find((each) => each.id === id);
const arrow = (graph: Graph, id: string): Graph["arrows"][number] | undefined =>
  graph.arrows.find((each) => each.id === id);

describe("graph", () => {
  it("a box for each workload, and for who is none", () => {
    const made = graph(shop(1));
    expect(made.boxes).to.have.length(13);
    expect(box(made, "shop/deployment/search")).to.deep.include({
      kind: "workload",
      title: "search",
      subtitle: "deployment · shop",
      pods: { meshed: 1, running: 2 },
    });
    expect(box(made, callers)).to.deep.include({
      kind: "stranger",
      subtitle: "callers without a proxy",
      pods: undefined,
    });
  });

  it("the namespace is left out where there is one", () => {
    expect(graph(nothingMeshed(0)).boxes.map(({ subtitle }) => subtitle)).to.deep.equal(Array(3).fill("deployment"));
  });

  it("an arrow says what it is in lines", () => {
    const made = graph(shop(0));
    const label = (from: string, to: string): unknown => arrow(made, `${from} → ${to}`)?.label;
    expect(label("shop/deployment/web", "shop/deployment/cart")).to.deep.equal([]);
    expect(label("shop/deployment/web", "shop/deployment/search")).to.deep.equal(["3/5 secured"]);
    expect(label("shop/statefulset/orders", "platform/deployment/mailer")).to.deep.equal([
      "Not Provided By",
      "Service Discovery",
    ]);
    const some = message(
      [],
      [edge("a", "b", { rps: 4.14, success: 0.985, p95: 59 }), edge("b", "c", { rps: 0, success: null })],
    );
    expect(graph(some).arrows.map(({ label }) => label)).to.deep.equal([["4.1 rps", "98.5% · 59 ms"], []]);
  });

  it("long reasons end in an ellipsis", () => {
    const reasons = because("not_provided_by_service_discovery", "TLS For Another Name (example.org)");
    const [only] = graph(message([], [edge("a", "b", { secured: 0, ...reasons })])).arrows;
    expect(only?.label).to.deep.equal(["Not Provided By", "Service Discovery; …"]);
    const [word] = graph(message([], [edge("a", "b", { secured: 0, ...because("x".repeat(60)) })])).arrows;
    expect(word?.label).to.deep.equal([`${"x".repeat(19)}…`]);
  });

  it("too many workloads: namespaces, and what is between them", () => {
    const map = large(mostWorkloads + 1, 1, 4);
    const made = graph(map);
    expect(made.byNamespace).to.equal(true);
    expect(made.boxes.map(({ id }) => namespaceOf(id))).to.deep.equal(["team-a", "team-b", "team-c", "team-d"]);
    expect(made.boxes.reduce((all, { pods }) => all + (pods?.running ?? 0), 0)).to.equal(map.pods.running);
    expect(made.arrows.every(({ from, to }) => from !== to)).to.equal(true);
    const between = map.edges.filter(({ from, to }) => from.split("/")[0] !== to.split("/")[0]);
    expect(made.arrows.reduce((all, { edges }) => all + edges.length, 0)).to.equal(between.length);
  });

  it("the one that is open shows its workloads", () => {
    const made = graph(large(mostWorkloads + 1, 1, 4), "team-b");
    expect(made.boxes.filter(({ kind }) => kind === "namespace")).to.have.length(3);
    expect(made.boxes.filter(({ kind }) => kind === "workload").every(({ id }) => id.startsWith("team-b/"))).to.equal(
      true,
    );
  });

  it("between namespaces an arrow is secured if all of its edges are", () => {
    const rows = large(mostWorkloads + 1, 1, 4);
    for (const { edges, security } of graph(rows).arrows)
      expect(security === "secured").to.equal(edges.every(({ secured, total }) => secured === total));
  });

  it("many arrows: no labels", () => {
    const map = large(100, 1);
    expect(map.edges.length).to.be.greaterThan(mostLabels);
    expect(graph(map).arrows.filter(({ security, label }) => security !== "partial" && label.length > 0)).to.deep.equal(
      [],
    );
  });

  it("the shape is the same from round to round, and another with another box or reason", () => {
    const shape = (map: MapState): string => shapeOf(graph(map), false);
    expect(shape(shop(1))).to.equal(shape(shop(2)));
    expect(shape(shop(1))).not.to.equal(shapeOf(graph(shop(1)), true));
    const more = shop(1);
    expect(shape(more)).not.to.equal(shape({ ...more, workloads: [...more.workloads, workload("shop/job/x", 1)] }));
  });

  it("a thicker line for more, within limits", () => {
    expect([null, 0, 9, 99, 1e9].map((rate) => Math.round(thicknessOf(rate) * 10) / 10)).to.deep.equal([
      1.5, 1.5, 2.6, 3.7, 5,
    ]);
  });

  const texts: readonly [text: string, room: number, expected: string][] = [
    ["web", 5, "web"],
    ["a-long-name-1", 7, "a-l…e-1"],
    ["𝒂𝒃𝒄𝒅𝒆", 4, "𝒂𝒃…𝒆"],
  ];
  for (const [text, room, expected] of texts)
    it(`${text} in ${room} is ${expected}`, () =>
      expect(shortened(text, room, (each) => Array.from(each).length)).to.equal(expected));
});

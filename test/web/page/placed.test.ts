import { expect } from "chai";
import { graphOf } from "../../../src/web/page/graph.ts";
import {
  betterOf,
  curve,
  firstView,
  fitted,
  layoutAsked,
  loop,
  neighbour,
  readable,
  zoomed,
} from "../../../src/web/page/placed.ts";
import type { Places, Towards } from "../../../src/web/page/placed.ts";
import { shop } from "../../support/maps.ts";

const places = (
  width: number,
  height: number,
  direction: Places["direction"] = "LR",
  boxes: Places["boxes"] = new Map(),
): Places => ({
  direction,
  width,
  height,
  boxes,
  arrows: new Map(),
});
const window = { width: 1000, height: 600 };

describe("places", () => {
  it("the layout is asked for every box, and every arrow between two", () => {
    const graph = graphOf(shop(1), { measure: (text) => text.length });
    const asked = layoutAsked(graph, window, 7);
    expect(asked.turn).to.equal(7);
    expect(asked.boxes.map(({ id }) => id)).to.deep.equal(graph.boxes.map(({ id }) => id));
    expect(asked.arrows).to.have.length(graph.arrows.length - 1);
    expect(asked.arrows.filter(({ from, to }) => from === to)).to.deep.equal([]);
  });

  it("a curve begins and ends where its arrow does", () => {
    const points = [
      { x: 0, y: 0 },
      { x: 50, y: 80 },
      { x: 100, y: 0 },
    ];
    expect(curve(points)).to.match(/^M0,0C.* 100,0$/);
    expect(curve(points.slice(0, 2))).to.equal("M0,0L50,80");
    expect(curve([])).to.equal("");
  });

  it("what goes to itself goes round over its box", () => {
    expect(loop({ x: 100, y: 50 }, { width: 120, height: 40 })).to.equal("M116,30C112,6 148,6 144,29");
  });

  it("from left to right, unless the other way is clearly larger", () => {
    const [wide, high] = [places(2000, 300), places(700, 700, "TB")];
    expect(betterOf(wide, high, window)).to.equal(high);
    expect(betterOf(places(1000, 500), places(900, 500, "TB"), window).direction).to.equal("LR");
  });

  it("all of a map is in its window, in the middle, and not much larger than it is drawn", () => {
    expect(fitted({ width: 100, height: 100 }, window).scale).to.equal(1.15);
    const view = fitted({ width: 2000, height: 300 }, window);
    expect(view.x).to.be.greaterThan(0);
    expect(view.x + 2000 * view.scale).to.be.lessThan(1000);
  });

  it("a map that would be too small is seen in part, beginning with who is called by nobody", () => {
    const boxes = new Map([
      ["last", { x: 4900, y: 50 }],
      ["first", { x: 100, y: 2000 }],
    ]);
    const view = firstView(places(5000, 4000, "LR", boxes), window);
    expect(view.scale).to.equal(readable);
    expect(view.x).to.be.within(0, 100);
    expect(2000 * view.scale + view.y).to.be.within(200, 400);
  });

  it("zooming leaves what is under the pointer where it is, within limits", () => {
    const view = { x: 10, y: 20, scale: 1 };
    expect(zoomed(view, 2, { x: 110, y: 120 })).to.deep.equal({ x: -90, y: -80, scale: 2 });
    expect(zoomed(view, 1e9, { x: 0, y: 0 }).scale).to.equal(2.5);
    expect(zoomed(view, 0, { x: 0, y: 0 }).scale).to.equal(0.15);
  });

  const boxes = new Map([
    ["a", { x: 0, y: 0 }],
    ["b", { x: 100, y: 0 }],
    ["c", { x: 100, y: 90 }],
    ["d", { x: 300, y: 10 }],
  ]);
  const steps: readonly [from: string, towards: Towards, expected: string | undefined][] = [
    ["a", "right", "b"],
    ["b", "right", "d"],
    ["b", "down", "c"],
    ["c", "up", "b"],
    ["d", "left", "b"],
    ["a", "left", undefined],
    ["nobody", "left", undefined],
  ];
  for (const [from, towards, expected] of steps)
    it(`${towards} of ${from} is ${expected ?? "nothing"}`, () =>
      expect(neighbour(boxes, from, towards)).to.equal(expected));
});

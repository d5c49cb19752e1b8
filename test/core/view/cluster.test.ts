/** Values that are made once for all that read them: `ClusterView.shared`. */
import { expect } from "chai";
import fc from "fast-check";
import type { ClusterView } from "../../../src/core/view/cluster.ts";
import { clusterIndex } from "../../../src/core/view/index.ts";
import { nodeView, policyView } from "../../../src/core/view/from-objects.ts";
import { liveCluster, mostPutOff } from "../../../src/core/view/live.ts";
import type { Live, LiveOptions } from "../../../src/core/view/live.ts";
import { runs } from "../../support/properties.ts";

function byHand(piece?: LiveOptions["piece"]): {
  readonly live: Live;
  readonly settle: () => number;
  readonly step: () => void;
} {
  const due: (() => void)[] = [];
  const live = liveCluster((run) => due.push(run), piece === undefined ? {} : { piece });
  const step = (): void => due.shift()?.();
  const settle = (): number => {
    let pieces = 0;
    for (; due.length > 0; pieces += 1) step();
    return pieces;
  };
  return { live, settle, step };
}

const setZone = ({ index }: Pick<Live, "index">, node: string, zone: string): void =>
  index.apply("Node", node, nodeView({ metadata: { name: node, labels: { "topology.kubernetes.io/zone": zone } } }));

const zone = (view: ClusterView, node: string): string => view.node(node)?.zone ?? "none";

describe("a shared value", () => {
  it("is made once for all who read it, and they stay as long as it does", () => {
    const { live, settle } = byHand();
    const made: string[] = [];
    const first = (view: ClusterView): string =>
      view.shared("letter of n1", (inner) => {
        made.push("shared");
        return zone(inner, "n1").slice(0, 1);
      });
    const reader = (name: string) => (view: ClusterView) => {
      made.push(name);
      return `${name} ${first(view)}`;
    };
    setZone(live, "n1", "east-1");
    const told: string[] = [];
    const ends = ["a", "b"].map((name) => live.follow(name, reader(name), (value) => told.push(value)));
    expect([made.splice(0), told.splice(0)]).to.deep.equal([
      ["a", "shared", "b"],
      ["a e", "b e"],
    ]);
    setZone(live, "n1", "east-2");
    settle();
    expect([made.splice(0), told.splice(0)]).to.deep.equal([["shared"], []]);
    setZone(live, "n1", "west");
    settle();
    expect([made.splice(0), told.splice(0)]).to.deep.equal([
      ["shared", "a", "b"],
      ["a w", "b w"],
    ]);
    for (const end of ends) end();
    setZone(live, "n1", "south");
    settle();
    expect([made, live.targets()]).to.deep.equal([[], 0]);
  });

  it("of what shared values are made of is never behind them, whoever comes when", () => {
    // A value of two nodes by two levels of sharing is what a look at the cluster gives.
    const pair = (view: ClusterView): string =>
      view.shared("pair", (outer) => `${outer.shared("n1", (inner) => zone(inner, "n1"))} ${zone(outer, "n2")}`);
    const value = (view: ClusterView): string => `${zone(view, "n2")}: ${pair(view)}`;
    const step = fc.oneof(
      fc.tuple(fc.constant("set" as const), fc.constantFrom("n1", "n2"), fc.constantFrom("a", "b", "c")),
      fc.tuple(fc.constant("settle" as const)),
      fc.tuple(fc.constantFrom("come" as const, "go" as const), fc.nat(2)),
      fc.tuple(fc.constant("piece" as const)),
    );
    // In one go, or in pieces that are over at any moment.
    const piece = fc.oneof(fc.constant(undefined), fc.array(fc.boolean(), { minLength: 1 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), piece, (steps, enough) => {
        let asked = 0;
        const {
          live,
          settle,
          step: oneMore,
        } = byHand(enough && (() => () => enough[(asked += 1) % enough.length] ?? false));
        const plain = clusterIndex();
        const last = new Map<number, string>();
        const ends = new Map<number, () => void>();
        for (const [what, ...rest] of steps) {
          if (what === "set") {
            const [node = "", text = ""] = rest as string[];
            setZone(live, node, text);
            setZone({ index: { ...live.index, apply: plain.apply } }, node, text);
          } else if (what === "settle") settle();
          else if (what === "piece") oneMore();
          else {
            const who = Number(rest[0]);
            ends.get(who)?.();
            ends.delete(who);
            last.delete(who);
            if (what === "come")
              ends.set(
                who,
                live.follow(`value ${who % 2}`, value, (each) => {
                  // Also to who comes between a change and what is made of it.
                  expect(each).to.equal(value(plain.view()));
                  last.set(who, each);
                }),
              );
          }
        }
        settle();
        // Who came is told in the end, and it is what is true now.
        expect(new Set(last.keys())).to.deep.equal(new Set(ends.keys()));
        for (const each of last.values()) expect(each).to.equal(value(plain.view()));
        for (const end of ends.values()) end();
        expect(live.targets()).to.equal(0);
      }),
      runs(500),
    );
  });
});

describe("making values again in pieces", () => {
  it("ends each piece when there was enough, and what may come later comes last", () => {
    // Three values are enough for a piece.
    const { live, settle } = byHand(() => {
      let made = 0;
      return () => (made += 1) >= 3;
    });
    const made: string[] = [];
    const follow = (name: string, later: boolean): void =>
      void live.follow(
        name,
        (view) => {
          made.push(name);
          return zone(view, "n1");
        },
        () => undefined,
        { later },
      );
    for (const index of [0, 1, 2, 3, 4, 5, 6])
      follow(`${index % 2 === 0 ? "later" : "soon"} ${index}`, index % 2 === 0);
    settle();
    made.splice(0);
    setZone(live, "n1", "a");
    expect(settle()).to.equal(3);
    expect(made).to.deep.equal(["soon 1", "soon 3", "soon 5", "later 0", "later 2", "later 4", "later 6"]);
  });
});

describe("a value that is more work than a piece", () => {
  const ten = Array.from({ length: 10 }, (_, index) => `n${index}`);
  /** A piece is over when three parts were made. */
  function cluster(all: readonly string[] = ten) {
    const made: string[] = [];
    const inPiece = (): readonly string[] => made.slice(made.lastIndexOf("piece"));
    const { live, step, settle } = byHand(() => {
      made.push("piece");
      return (times = 1) => inPiece().length > 3 * times;
    });
    const part = (view: ClusterView, node: string): string =>
      view.shared(node, (inner) => {
        made.push(node);
        return zone(inner, node);
      });
    const told: string[] = [];
    const come = (who = ""): (() => void) =>
      live.follow(
        "sum",
        (view) => all.map((node) => part(view, node)).join(" "),
        (value) => told.push(who + value),
      );
    for (const node of all) setZone(live, node, "a");
    return { live, made, told, come, step, settle };
  }

  it("is told when it is made, and each part of it is made once", () => {
    const { made, told, come, settle } = cluster();
    come();
    expect([made, told]).to.deep.equal([["piece", "n0", "n1", "n2"], []]);
    settle();
    expect(made.filter((each) => each !== "piece")).to.deep.equal(ten);
    expect(told).to.deep.equal([ten.map(() => "a").join(" ")]);
  });
  it("is told to all who came meanwhile, once, and they do nothing for it", () => {
    const { made, told, come, settle } = cluster();
    for (const who of ["x", "y", "z"]) come(who);
    expect(made).to.deep.equal(["piece", "n0", "n1", "n2"]);
    settle();
    expect(told.map((text) => text[0])).to.deep.equal(["x", "y", "z"]);
  });
  it("is begun again from the cluster as it is then, and keeps the parts that stayed", () => {
    const { live, made, told, come, step, settle } = cluster();
    come();
    step();
    step();
    setZone(live, "n1", "b");
    settle();
    const times = ten.map((node) => made.filter((each) => each === node).length);
    expect([times, told]).to.deep.equal([[1, 2, 1, 1, 1, 1, 1, 1, 1, 1], ["a b a a a a a a a a"]]);
  });
  it("is forgotten with the last who waits for it, and so are its parts", () => {
    const { live, made, told, come, settle } = cluster();
    come()();
    made.splice(0);
    for (const node of ten) setZone(live, node, "b");
    settle();
    expect([made.filter((each) => each !== "piece"), told, live.targets()]).to.deep.equal([[], [], 0]);
  });
  it("whose parts change faster than it is made is made in longer pieces at last", () => {
    const { live, told, come, step } = cluster();
    come();
    for (let change = 0; told.length === 0 && change <= 2 * mostPutOff; change += 1) {
      for (const node of ten) setZone(live, node, String(change));
      step();
    }
    expect(told.length).to.equal(1);
  });
  it("is never made in one go, however much work it is, and each part of it is made once", () => {
    const many = Array.from({ length: 2_000 }, (_, index) => `n${index}`);
    const { made, told, come, settle } = cluster(many);
    come();
    settle();
    const pieces = made
      .join(" ")
      .split("piece")
      .map((parts) => parts.trim().split(" ").length);
    expect([Math.max(...pieces), told.length]).to.deep.equal([12, 1]);
    expect(made.filter((each) => each !== "piece")).to.deep.equal(many);
  });
});

describe("the status of a policy", () => {
  it("makes nothing again but what reads it", () => {
    const { live, settle } = byHand();
    const policy = (status: string, port: number) =>
      policyView("NetworkPolicy")({
        metadata: { namespace: "shop", name: "p" },
        spec: { port },
        status: { is: status },
      });
    const made: string[] = [];
    const follow = (name: string, make: (view: ClusterView) => unknown): void =>
      void live.follow(
        name,
        (view) => {
          made.push(name);
          return make(view);
        },
        () => undefined,
      );
    live.index.apply("NetworkPolicy", "shop/p", policy("old", 1));
    follow("specs", (view) => view.policies("NetworkPolicy", "shop"));
    follow("one", (view) => view.policy("NetworkPolicy", "shop", "p"));
    follow("status", (view) => view.policyState("NetworkPolicy", "shop", "p"));
    made.splice(0);
    live.index.apply("NetworkPolicy", "shop/p", policy("new", 1));
    settle();
    expect(made.splice(0)).to.deep.equal(["status"]);
    expect(live.index.view().policyState("NetworkPolicy", "shop", "p")?.status).to.deep.equal({ is: "new" });
    live.index.apply("NetworkPolicy", "shop/p", policy("new", 2));
    settle();
    expect(made.splice(0)).to.deep.equal(["one", "specs"]);
    live.index.apply("NetworkPolicy", "shop/p", undefined);
    settle();
    expect(live.index.view().policyState("NetworkPolicy", "shop", "p")).to.equal(undefined);
  });
});

import { expect } from "chai";
import { lingering, sharedRounds } from "../../src/web/rounds.ts";
import type { Round, SharedRounds } from "../../src/web/rounds.ts";
import { manualClock, settled } from "../support/manual-clock.ts";
import type { ManualClock } from "../support/manual-clock.ts";
import { shop } from "../support/maps.ts";

const map = (round: number): Round => ({ event: "map", data: shop(round) });
const trouble = (text: string): Round => ({ event: "trouble", data: { text } });

interface Gathering {
  readonly shared: SharedRounds;
  readonly clock: ManualClock;
  /** How often it began, and how often it was ended. */
  readonly counts: { begun: number; ended: number };
  readonly tell: (round: Round) => Promise<void>;
  readonly breakDown: (error: Error) => Promise<void>;
  readonly failures: unknown[];
}

function gathering(): Gathering {
  const clock = manualClock();
  const counts = { begun: 0, ended: 0 };
  const failures: unknown[] = [];
  let next = Promise.withResolvers<Round>();
  const shared = sharedRounds(
    async function* (signal) {
      counts.begun += 1;
      signal.addEventListener("abort", () => {
        counts.ended += 1;
        next.reject(new Error("aborted"));
      });
      for (;;) yield await next.promise;
    },
    { clock, failed: (error) => failures.push(error) },
  );
  const turn = async (act: (waiting: PromiseWithResolvers<Round>) => void): Promise<void> => {
    const now = next;
    next = Promise.withResolvers<Round>();
    next.promise.catch(() => undefined);
    act(now);
    await settled();
  };
  return {
    shared,
    clock,
    counts,
    failures,
    tell: (round) => turn((waiting) => waiting.resolve(round)),
    breakDown: (error) => turn((waiting) => waiting.reject(error)),
  };
}

const nothing = (): void => undefined;

describe("rounds", () => {
  it("are gathered once for all who follow, and from the last one on", async () => {
    const { shared, tell, counts } = gathering();
    const [first, second]: [Round[], Round[]] = [[], []];
    shared.follow((round) => first.push(round));
    await tell(map(0));
    await tell(map(1));
    shared.follow((round) => second.push(round));
    await tell(map(2));
    expect(first).to.deep.equal([map(0), map(1), map(2)]);
    expect(second).to.deep.equal([map(1), map(2)]);
    expect(counts).to.deep.equal({ begun: 1, ended: 0 });
  });

  it("whoever comes while something is wrong is told so, behind the last map", async () => {
    const { shared, tell } = gathering();
    shared.follow(nothing);
    await tell(map(0));
    await tell(trouble("the API server is away"));
    const late: Round[] = [];
    shared.follow((round) => late.push(round));
    expect(late).to.deep.equal([map(0), trouble("the API server is away")]);
    await tell(map(1));
    const later: Round[] = [];
    shared.follow((round) => later.push(round));
    expect(later).to.deep.equal([map(1)]);
  });

  it("nobody there: gathering ends, but not at once", async () => {
    const { shared, clock, counts } = gathering();
    const leave = shared.follow(nothing);
    await settled();
    leave();
    await clock.advance(lingering - 1);
    expect(counts).to.deep.equal({ begun: 1, ended: 0 });
    await clock.advance(1);
    expect(counts).to.deep.equal({ begun: 1, ended: 1 });
    shared.follow(nothing);
    await settled();
    expect(counts).to.deep.equal({ begun: 2, ended: 1 });
  });

  it("a page that is loaded again finds it going on", async () => {
    const { shared, clock, counts } = gathering();
    shared.follow(nothing)();
    await clock.advance(lingering / 2);
    const leave = shared.follow(nothing);
    await clock.advance(2 * lingering);
    expect(counts).to.deep.equal({ begun: 1, ended: 0 });
    leave();
    leave();
    await clock.advance(lingering);
    expect(counts).to.deep.equal({ begun: 1, ended: 1 });
  });

  it("closing ends it at once, and a page that leaves later changes nothing", async () => {
    const { shared, clock, counts, failures } = gathering();
    const leave = shared.follow(nothing);
    await settled();
    shared.close();
    expect(counts).to.deep.equal({ begun: 1, ended: 1 });
    leave();
    await clock.advance(lingering);
    expect([counts.begun, failures]).to.deep.equal([1, []]);
  });

  it("what is thrown is told; what is thrown since it was ended is not", async () => {
    const one = gathering();
    one.shared.follow(nothing);
    await settled();
    await one.breakDown(new Error("a bug"));
    expect(one.failures.map(String)).to.deep.equal(["Error: a bug"]);
    const other = gathering();
    other.shared.follow(nothing)();
    await other.clock.advance(lingering);
    expect(other.counts.ended).to.equal(1);
    expect(other.failures).to.deep.equal([]);
  });
});

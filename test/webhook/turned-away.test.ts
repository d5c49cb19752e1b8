import { expect } from "chai";
import type { ConnectionGuard } from "../../src/net/connection-guard.ts";
import { connectionsCheck, turnedAwayReviews } from "../../src/webhook/turned-away.ts";

const guard = (
  counts: { open: number; waiting: number },
  cut: { connections: number; ago: number },
): ConnectionGuard => ({
  mark: () => undefined,
  prove: () => undefined,
  exempt: () => undefined,
  knows: () => false,
  destroyAll: () => undefined,
  counts: () => ({ ...counts, known: 0 }),
  cut: () => cut,
});

describe("what /readyz?verbose says of bounds", () => {
  const quiet = guard({ open: 3, waiting: 0 }, { connections: 0, ago: Infinity });
  const before = guard({ open: 3, waiting: 0 }, { connections: 7, ago: 61_000 });
  const full = guard({ open: 9, waiting: 2 }, { connections: 7, ago: 2000 });
  const rows: readonly [claim: string, listeners: Readonly<Record<string, ConnectionGuard>>, says: string][] = [
    ["nobody was turned away", { reviews: quiet }, "reviews: 3 open"],
    ["somebody was, some time ago", { reviews: before }, "reviews: 3 open, 7 turned away, the last 61 s ago"],
    [
      "callers are being turned away",
      { reviews: full, admin: quiet },
      "reviews: 9 open, 2 waiting, turning callers away (7 so far, the last 2 s ago); admin: 3 open",
    ],
  ];
  for (const [claim, listeners, says] of rows) {
    it(`${claim}, and never that weft is not ready`, () =>
      expect(connectionsCheck(() => listeners).look()).to.deep.equal({ fails: false, says }));
  }
  it("reviews that were turned away, and why", () => {
    let now = 0;
    const { add, check } = turnedAwayReviews(() => now);
    const says = (): string => (expect(check.look().fails).to.equal(false), check.look().says);
    expect(says()).to.equal("none turned away");
    add("too many reviews are under way");
    now = 1000;
    expect(says()).to.equal("turning callers away (1 so far, the last 1 s ago): too many reviews are under way");
    now = 60_000;
    expect(says()).to.equal("1 turned away, the last 60 s ago");
  });
});

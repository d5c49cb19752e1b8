import { expect } from "chai";
import { turnedAwayCounts } from "../../src/net/turned-away.ts";
import { connectionsCheck } from "../../src/webhook/connections-check.ts";

describe("what /readyz?verbose says of connections", () => {
  const listener = (open: number, waiting: number, ...reasons: readonly string[]) => {
    const turnedAway = turnedAwayCounts(() => 0);
    for (const reason of reasons) turnedAway.count(reason);
    return { counts: () => ({ open, waiting, known: 0 }), turnedAway };
  };
  const rows: readonly (readonly [claim: string, listeners: Parameters<typeof connectionsCheck>[0], says: string])[] = [
    ["nobody was turned away", () => ({ reviews: listener(3, 0) }), "reviews: 3 open, turned nobody away"],
    [
      "callers are being turned away",
      () => ({ reviews: listener(9, 2, "TOO_MANY_CONNECTIONS"), admin: listener(3, 0) }),
      "reviews: 9 open, 2 waiting, turning callers away, the last 0 s ago; since the start 1 for TOO_MANY_CONNECTIONS; admin: 3 open, turned nobody away",
    ],
  ];
  for (const [claim, listeners, says] of rows)
    it(`${claim}, and never that weft is not ready`, () =>
      expect(connectionsCheck(listeners).look()).to.deep.equal({ fails: false, says }));
});

/** Who is turned away for a bound: what `/readyz?verbose` says of it. Being full is no reason to be unready. */
import type { ConnectionGuard } from "../net/connection-guard.ts";
import type { Check } from "../net/admin-server.ts";

/** So long after the last one the check speaks of it as going on; milliseconds. */
const lately = 60_000;

/** Of listeners by name, as they are when somebody asks. */
export const connectionsCheck = (listeners: () => Readonly<Record<string, ConnectionGuard>>): Check => ({
  name: "connections",
  look: () => ({
    fails: false,
    says: Object.entries(listeners())
      .map(([name, guard]) => `${name}: ${connectionsText(guard)}`)
      .join("; "),
  }),
});

function connectionsText({ counts, cut }: Pick<ConnectionGuard, "counts" | "cut">): string {
  const { open, waiting } = counts();
  const waits = waiting === 0 ? "" : `, ${waiting} waiting`;
  return `${open} open${waits}${turnedAwayText(cut().connections, cut().ago)}`;
}

/** Counts what was turned away, with the last reason for it. */
export interface TurnedAway {
  readonly add: (reason: string) => void;
  readonly check: Check;
}

/** Reviews that were turned away; `now` in milliseconds. */
export function turnedAwayReviews(now: () => number = () => performance.now()): TurnedAway {
  let count = 0;
  let last = { at: -Infinity, reason: "" };
  return {
    add: (reason) => {
      count += 1;
      last = { at: now(), reason };
    },
    check: {
      name: "reviews",
      look: () => {
        const ago = now() - last.at;
        const why = ago < lately ? `: ${last.reason}` : "";
        return {
          fails: false,
          says: count === 0 ? "none turned away" : `${turnedAwayText(count, ago).slice(2)}${why}`,
        };
      },
    },
  };
}

function turnedAwayText(count: number, ago: number): string {
  if (count === 0) return "";
  const seconds = Math.round(ago / 1000);
  return ago < lately
    ? `, turning callers away (${count} so far, the last ${seconds} s ago)`
    : `, ${count} turned away, the last ${seconds} s ago`;
}

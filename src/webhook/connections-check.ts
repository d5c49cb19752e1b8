/** What `/readyz?verbose` says of connections. Being full is no reason to be unready. */
import type { ConnectionGuard } from "../net/connection-guard.ts";
import type { Check } from "../net/admin-server.ts";

/** Of listeners by name, as they are when somebody asks. */
export const connectionsCheck = (
  listeners: () => Readonly<Record<string, Pick<ConnectionGuard, "counts" | "turnedAway">>>,
): Check => ({
  name: "connections",
  look: () => ({
    fails: false,
    says: Object.entries(listeners())
      .map(([name, { counts, turnedAway }]) => `${name}: ${countsText(counts())}, ${turnedAway.says()}`)
      .join("; "),
  }),
});

const countsText = ({ open, waiting }: ReturnType<ConnectionGuard["counts"]>): string =>
  `${open} open${waiting === 0 ? "" : `, ${waiting} waiting`}`;

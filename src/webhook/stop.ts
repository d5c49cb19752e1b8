/** The end of a server that must not be noticed by its clients. */
import type { Server } from "node:https";
import type { Socket } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { aborted } from "../async/until.ts";
import { isUnused } from "./connections.ts";
import type { ReviewLimits } from "./limits.ts";

/**
 * serving → grace: as before, until every API server has heard that this endpoint is gone
 * → last call: answers say `Connection: close`, so that busy connections move away
 * → draining: no new connections, what is under way is finished → stopped.
 *
 * While draining Node closes connections that are idle after an answer, and not those that had no request yet. Of these
 * the old ones were opened ahead of need, and are closed here. On a new one a request may be on its way: a busy API
 * server takes its time between handshake and request. Go repeats a request that was lost with a connection only if the
 * connection had served one before ("http: server closed idle connection" else), so it is waited for, and turned away
 * with words that make the API server come again.
 */
export type Phase = "serving" | "grace" | "last call" | "draining" | "stopped";

type StopLimits = Pick<ReviewLimits, "grace" | "drainStart" | "drain" | "firstRequest" | "tick">;

export interface Stopping {
  readonly server: Server;
  /** All that are open, and since when. */
  readonly open: ReadonlyMap<Socket, number>;
  /** Closes these, and those too that nobody has taken on yet. */
  readonly destroyAll: () => void;
  readonly limits: StopLimits;
  readonly enter: (phase: Phase) => void;
}

/** Waits for `signal` and goes through the phases; resolves when every connection is closed. Times in milliseconds. */
export const stopGently = async (
  { server, open, destroyAll, limits, enter }: Stopping,
  signal: AbortSignal,
): Promise<void> => {
  await aborted(signal);
  enter("grace");
  await after(limits.grace);
  enter("last call");
  await after(limits.drainStart);
  enter("draining");
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const closeUnused = (): void => {
    const old = performance.now() - limits.firstRequest;
    for (const [socket, since] of open) if (isUnused(socket) && since <= old) socket.destroy();
  };
  closeUnused();
  const looking = setInterval(closeUnused, limits.tick);
  const giveUp = setTimeout(destroyAll, limits.drain);
  await closed;
  clearInterval(looking);
  clearTimeout(giveUp);
  enter("stopped");
};

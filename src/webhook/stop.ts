/** The end of a server that must not be noticed by its clients. */
import type { Server } from "node:https";
import { setTimeout as after } from "node:timers/promises";
import { isUnused, openConnections } from "./connections.ts";
import type { ReviewLimits } from "./limits.ts";

/**
 * serving → grace: as before, until every API server has heard that this endpoint is gone
 * → last call: answers say `Connection: close`, so that busy connections move away
 * → draining: no new connections, what is under way is finished → stopped.
 */
export type Phase = "serving" | "grace" | "last call" | "draining" | "stopped";

export type StopLimits = Pick<ReviewLimits, "grace" | "lastCall" | "drain">;

/**
 * Waits for `signal` and goes through the phases; resolves when every connection is closed. Times in milliseconds.
 * To be called before the first connection comes.
 */
export const stopGently = async (
  server: Server,
  limits: StopLimits,
  signal: AbortSignal,
  enter: (phase: Phase) => void,
): Promise<void> => {
  const connections = openConnections(server);
  await aborted(signal);
  enter("grace");
  await after(limits.grace);
  enter("last call");
  await after(limits.lastCall);
  enter("draining");
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Node closes those that are idle after an answer, and not those that had no request yet.
  for (const socket of connections) if (isUnused(socket)) socket.destroy();
  const giveUp = setTimeout(() => connections.forEach((socket) => socket.destroy()), limits.drain);
  await closed;
  clearTimeout(giveUp);
  enter("stopped");
};

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

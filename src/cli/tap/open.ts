/** The cluster to be tapped, and the end of it: a flag, Ctrl-C, or a reader that has left. */
import type { Command } from "commander";
import { clockOfCommand } from "../../async/clock.ts";
import { openCluster } from "../cluster.ts";
import { CommandFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { reachOf } from "../check/reach.ts";
import { TapRefused } from "./world.ts";
import type { TapWorld } from "./world.ts";

export interface Opened {
  readonly world: TapWorld;
  /** Of the kubeconfig. */
  readonly namespace: string;
}

export async function openTap(command: Command, io: Pick<Io, "env">): Promise<Opened> {
  const api = await openCluster(command, io);
  return {
    world: {
      reach: reachOf({ api, clock: () => new Date() }),
      forward: api.reach,
      clock: clockOfCommand,
      date: Date.now,
    },
    namespace: api.namespace ?? "default",
  };
}

/** What is refused is the command's failure, in the same lines. */
export async function told<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof TapRefused ? new CommandFailure(error.lines) : error;
  }
}

/** Aborts with the first of them, or after so many milliseconds. */
export function endingAfter(
  milliseconds: number | undefined,
  clock: TapWorld["clock"],
  signal: AbortSignal,
): AbortController {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  if (signal.aborted) end();
  signal.addEventListener("abort", end, { once: true });
  if (milliseconds !== undefined) void clock.wait(milliseconds, ending.signal).then(end);
  return ending;
}

/**
 * Rounds of gathering, made once for all pages that are open: who comes gets the last map at once. Nobody there, nothing
 * is gathered; but not before a while has passed, since a page that is loaded again is gone for a moment.
 */
import type { Clock } from "../async/clock.ts";
import type { MapState } from "../core/traffic/map.ts";

export type Round =
  | { readonly event: "map"; readonly data: MapState }
  /** What could not be read, in words; the map stays as it was. */
  | { readonly event: "trouble"; readonly data: { readonly text: string } };

/** Gathers until the signal aborts. */
export type Rounds = (signal: AbortSignal) => AsyncIterable<Round>;

export interface SharedRounds {
  /** Tells of each round from the last one on; gives what to call to hear no more. */
  readonly follow: (told: (round: Round) => void) => () => void;
  /** Ends gathering at once, whoever follows. */
  readonly close: () => void;
}

/** Milliseconds for which gathering goes on without anybody there. */
export const lingering = 20_000;

/** `failed` is told of what is thrown, which is a bug of the rounds. */
export function sharedRounds(
  rounds: Rounds,
  { clock, failed }: { readonly clock: Clock; readonly failed: (error: unknown) => void },
): SharedRounds {
  const followers = new Set<(round: Round) => void>();
  let gathering: AbortController | undefined;
  let leaving: AbortController | undefined;
  /** What is so now: the last map, and what has gone wrong since. */
  let last: readonly Round[] = [];

  const gather = async (signal: AbortSignal): Promise<void> => {
    for await (const round of rounds(signal)) {
      if (signal.aborted) return;
      last = round.event === "map" ? [round] : [...last.filter(({ event }) => event === "map"), round];
      for (const told of followers) told(round);
    }
  };
  const start = (): void => {
    const controller = new AbortController();
    gathering = controller;
    gather(controller.signal).catch((error: unknown) => {
      // What ends by being aborted may say so.
      if (!controller.signal.aborted) failed(error);
    });
  };
  const stop = async (): Promise<void> => {
    leaving = new AbortController();
    const { signal } = leaving;
    await clock.wait(lingering, signal);
    if (!signal.aborted && followers.size === 0) end();
  };
  const end = (): void => {
    leaving?.abort();
    gathering?.abort();
    gathering = undefined;
    last = [];
  };
  return {
    close: end,
    follow: (told) => {
      // Two pages with the same function would be one.
      const follower = (round: Round): void => told(round);
      followers.add(follower);
      leaving?.abort();
      last.forEach(told);
      if (gathering === undefined) start();
      return () => {
        if (followers.delete(follower) && followers.size === 0) void stop();
      };
    },
  };
}

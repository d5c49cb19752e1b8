/** How fast something is put right again and again: at once, then ever more slowly, so that nobody fights in a hot loop. */

export interface Pacing {
  /** Tries that need not wait. */
  readonly free: number;
  /** The first wait, which doubles from try to try, and the longest, in milliseconds. */
  readonly first: number;
  readonly longest: number;
  /** After this time without a try all is forgotten. */
  readonly quiet: number;
}

export const defaultPacing: Pacing = { free: 1, first: 1000, longest: 60_000, quiet: 600_000 };

/** What was tried so far, on a clock that only goes forward. */
export interface Pace {
  readonly tries: number;
  readonly last: number;
}

export const noTries: Pace = { tries: 0, last: 0 };

/** How long the next try has to wait. */
export const waitOf = (pace: Pace, elapsed: number, pacing: Pacing): number => {
  const { tries, last } = calmed(pace, elapsed, pacing);
  if (tries < pacing.free) return 0;
  const wait = Math.min(pacing.longest, pacing.first * 2 ** (tries - pacing.free));
  return Math.max(0, last + wait - elapsed);
};

export const tried = (pace: Pace, elapsed: number, pacing: Pacing): Pace => ({
  tries: calmed(pace, elapsed, pacing).tries + 1,
  last: elapsed,
});

const calmed = (pace: Pace, elapsed: number, { quiet }: Pacing): Pace =>
  elapsed - pace.last >= quiet ? noTries : pace;

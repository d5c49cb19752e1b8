/** Looking again while something fails. */
import type { Report } from "../../core/checks/run.ts";

export interface Patience {
  /** Milliseconds: when to give up, counted from the first look, and how long to wait between two. */
  readonly wait: number;
  readonly between: number;
  readonly clock: () => number;
  readonly pause: (milliseconds: number) => Promise<unknown>;
  /** What fails, when it is not what failed before. */
  readonly onFailing: (descriptions: readonly string[]) => void;
}

/** What a look comes to: whether another one would help, and what fails. */
export interface Seen {
  readonly isOver: boolean;
  readonly failing: readonly string[];
  /** The same for the same failures, where their words are not. */
  readonly which: string;
}

/** The first report in which nothing fails, or the last one for which there was time. */
export const lastReport = (look: () => Promise<Report>, patience: Patience): Promise<Report> =>
  lastLook(look, seenIn, patience);

/** What was found last: looking again is of no use, or there is no time left. */
export async function lastLook<Found>(
  look: () => Promise<Found>,
  seen: (found: Found) => Seen,
  { wait, between, clock, pause, onFailing }: Patience,
): Promise<Found> {
  const end = clock() + wait;
  let told = "";
  for (;;) {
    const found = await look();
    const { isOver, failing, which } = seen(found);
    if (isOver || clock() + between > end) return found;
    if (which !== told) onFailing(failing);
    told = which;
    await pause(between);
  }
}

function seenIn(report: Report): Seen {
  const failing = failingIn(report);
  return { isOver: report.success, failing, which: failing.join() };
}

const failingIn = ({ categories }: Report): readonly string[] =>
  categories
    .flatMap(({ results }) => results)
    .filter(({ result }) => result === "error")
    .map(({ description }) => description);

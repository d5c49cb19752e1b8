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

/** The first report in which nothing fails, or the last one for which there was time. */
export async function lastReport(
  look: () => Promise<Report>,
  { wait, between, clock, pause, onFailing }: Patience,
): Promise<Report> {
  const end = clock() + wait;
  let told = "";
  for (;;) {
    const report = await look();
    if (report.success || clock() + between > end) return report;
    const failing = failingIn(report);
    if (failing.join() !== told) onFailing(failing);
    told = failing.join();
    await pause(between);
  }
}

const failingIn = ({ categories }: Report): readonly string[] =>
  categories
    .flatMap(({ results }) => results)
    .filter(({ result }) => result === "error")
    .map(({ description }) => description);

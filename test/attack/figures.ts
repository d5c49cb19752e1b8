/** What was seen → figures, and what of it must not be. */
import type { Call, CallerName } from "./callers.ts";
import type { Turns } from "./process.ts";

export interface Good {
  readonly sent: number;
  readonly refused: number;
  /** Milliseconds, of those that were answered and those that were not. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Why, and how often. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** Bytes. */
export interface Memory {
  readonly limit: number;
  readonly before: number;
  readonly peak: number;
  readonly after: number;
}

/** What every attack is judged by. */
export interface Facts {
  readonly during: Readonly<Partial<Record<CallerName, Good>>>;
  /** Good callers that were refused once the attack had been over for a while. */
  readonly refusedLater: number;
  readonly memory: Memory;
  /** How the process ended while it was attacked; undefined: it did not. */
  readonly died: string | undefined;
  readonly stopped: { readonly code: number | undefined; readonly milliseconds: number };
  readonly happened: boolean;
  /** By what other work of the machine made weft slower: 1 where it had none. */
  readonly slowed: number;
}

/**
 * Milliseconds within which 99 of 100 good callers must be answered, by a machine that has nothing else to do: on one that
 * has, weft waits for a processor, and so much longer does everybody.
 */
export const mostForAnAnswer = 1000;

/** How many times as long something takes whose time is spent so. */
export const slowedBy = (before: Turns, after: Turns): number => {
  const ran = after.ran - before.ran;
  return ran > 0 ? (ran + after.waited - before.waited) / ran : 1;
};

/**
 * The share of the limit by which a process may be larger afterwards than before. V8 and malloc keep pages that they had
 * to get, since they may need them again; a leak of an attack goes on growing with the next one, and a quarter is what
 * three attacks in a row may take without coming near the limit.
 */
export const keptShare = 1 / 4;

export function goodOf(calls: readonly Call[]): Readonly<Partial<Record<CallerName, Good>>> {
  const byName = Object.groupBy(calls, ({ name }) => name);
  return Object.fromEntries(Object.entries(byName).map(([name, all]) => [name, groupOf(all)]));
}

function groupOf(calls: readonly Call[]): Good {
  const times = calls.map(({ took }) => took).toSorted((a, b) => a - b);
  const quantile = (share: number): number => times[Math.ceil(share * times.length) - 1] ?? 0;
  const wrong = calls.flatMap((call) => call.wrong ?? []);
  const reasons = Object.groupBy(wrong, (words) => words);
  return {
    sent: calls.length,
    refused: wrong.length,
    p50: quantile(0.5),
    p99: quantile(0.99),
    max: quantile(1),
    reasons: Object.fromEntries(Object.entries(reasons).map(([words, all]) => [words, all?.length ?? 0])),
  };
}

/** In words; none: the attack failed. `seconds`: within which good callers must be answered. */
export function violations(
  { during, refusedLater, memory, died, stopped, happened, slowed }: Facts,
  seconds = 1,
): readonly string[] {
  const most = memory.before + memory.limit * keptShare;
  const rows: readonly (readonly [holds: boolean, words: string])[] = [
    // What has ended at once was attacked.
    [happened || died !== undefined, "the attack did not come about"],
    [died === undefined, `weft's process ${died}`],
    ...Object.entries(during).flatMap(([name, good]): (readonly [boolean, string])[] => [
      [good.sent > 0, `no ${name} were sent`],
      [good.refused === 0, `${name}: ${good.refused} of ${good.sent} refused (${reasonsOf(good)})`],
      [
        good.p99 <= mostForAnAnswer * seconds * slowed,
        `${name}: p99 is ${Math.round(good.p99)} ms${slowedWords(slowed)}`,
      ],
    ]),
    // What follows says nothing new about a process that has ended.
    ...(died === undefined
      ? ([
          [refusedLater === 0, `${refusedLater} good callers were refused when it was over`],
          [memory.after <= most, `memory did not come back: ${mib(memory.before)} MiB, then ${mib(memory.after)} MiB`],
          [stopped.code === 0, stoppedWords(stopped)],
        ] as const)
      : []),
  ];
  return rows.flatMap(([holds, words]) => (holds ? [] : [words]));
}

const slowedWords = (slowed: number): string =>
  slowed < 1.5 ? "" : `, on a machine that made weft ${slowed.toFixed(1)} times slower`;

const stoppedWords = ({ code, milliseconds }: Facts["stopped"]): string =>
  code === undefined
    ? `SIGTERM did not end it in ${Math.round(milliseconds / 1000)} s`
    : `SIGTERM ended it with exit code ${code}`;

const reasonsOf = ({ reasons }: Good): string =>
  Object.entries(reasons)
    .map(([words, count]) => `${count} × ${words}`)
    .join(", ");

export const mib = (bytes: number): number => Math.round(bytes / 2 ** 20);

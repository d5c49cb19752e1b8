/** Creations -> figures, and what in them must not be. */
import type { Creation } from "./load.ts";

export interface Figures {
  readonly sent: number;
  /** Answers a second while creations were sent. */
  readonly rate: number;
  /** Pods that asked, by themselves or by their namespace. */
  readonly asked: Group;
  readonly neverAsked: Group;
  /** What the API server said, and how often. */
  readonly refusals: Readonly<Record<string, number>>;
}

export interface Group {
  readonly sent: number;
  /** Created as they should be: meshed, or left alone. */
  readonly right: number;
  /** Created otherwise: unmeshed, or meshed uninvited. */
  readonly wrong: number;
  readonly refused: number;
  /** Until the API server's answer, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What was done, for the report, and what it may cost. */
export interface Did {
  readonly says: string;
  /** The fault did come about. */
  readonly happened: boolean;
  /** Refusals of pods that asked which no webhook can save: requests that were lost with their connection. */
  readonly unavoidable: number;
  /** Further things that went wrong, each in words. */
  readonly wrong?: readonly string[];
}

export function figuresOf(creations: readonly Creation[]): Figures {
  const last = Math.max(...creations.map(({ at }) => at), 1);
  const inTime = creations.filter(({ at, took }) => at + took <= last);
  const refused = creations.filter(({ outcome }) => outcome === "refused");
  const messages = Object.groupBy(refused, ({ message }) => reasonOf(message));
  return {
    sent: creations.length,
    rate: inTime.length / (last / 1000),
    asked: groupOf(creations.filter(({ kind }) => kind.asked)),
    neverAsked: groupOf(creations.filter(({ kind }) => !kind.asked)),
    refusals: Object.fromEntries(Object.entries(messages).map(([message, all]) => [message, all?.length ?? 0])),
  };
}

function groupOf(creations: readonly Creation[]): Group {
  const count = (...outcomes: readonly Creation["outcome"][]): number =>
    creations.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const times = creations.map(({ took }) => took).toSorted((a, b) => a - b);
  const quantile = (share: number): number => times[Math.ceil(share * times.length) - 1] ?? 0;
  return {
    sent: creations.length,
    right: count("meshed", "plain"),
    wrong: count("unmeshed", "uninvited"),
    refused: count("refused"),
    p50: quantile(0.5),
    p99: quantile(0.99),
    max: quantile(1),
  };
}

/** The entry and the reason; the URL between them and the ports of connections would make each message one of its own. */
function reasonOf(message: string): string {
  const [, entry, reason] = /webhook "([^"]+)": .*?timeout=\w+": (.*)$/.exec(message) ?? [];
  const short = entry === undefined || reason === undefined ? message : `${entry}: ${reason}`;
  return short.replaceAll(/(\d+\.\d+\.\d+\.\d+):\d+/g, "$1");
}

/** Seconds, of the entries for pods that asked and for the rest. */
export interface Timeouts {
  readonly inject: number;
  readonly rest: number;
}

/** Everything that must not be, in words. */
export function violations(figures: Figures, did: Did, timeouts: Timeouts): readonly string[] {
  const { asked, neverAsked } = figures;
  const rows: readonly [holds: boolean, words: string][] = [
    [did.happened, "the fault did not come about"],
    [asked.wrong === 0, `${asked.wrong} pods that asked were admitted unmeshed`],
    [
      asked.refused <= did.unavoidable,
      `${asked.refused} pods that asked were refused, ${did.unavoidable} of them unavoidably`,
    ],
    [neverAsked.refused === 0, `${neverAsked.refused} pods that never asked were refused`],
    [neverAsked.wrong === 0, `${neverAsked.wrong} pods that never asked were meshed`],
    [within(asked.p99, timeouts.inject), `p99 of pods that asked is beyond ${timeouts.inject} s`],
    [within(neverAsked.p99, timeouts.rest), `p99 of pods that never asked is beyond ${timeouts.rest} s`],
  ];
  return [...rows.flatMap(([holds, words]) => (holds ? [] : [words])), ...(did.wrong ?? [])];
}

/** The timeout is for the call alone; what the API server does besides comes on top, on a machine that has much to do. */
const within = (milliseconds: number, seconds: number): boolean => milliseconds <= seconds * 1000 + 500;

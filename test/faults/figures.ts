/** Creations → the figures of a scenario, and whether they are as they must be. */
import type { Creation, Outcome } from "./load.ts";

export interface Figures {
  readonly scenario: string;
  readonly what: string;
  readonly creations: number;
  /** Creations answered a second. */
  readonly rate: number;
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Refused, by what the API server said; numbers and addresses left out. */
  readonly refusals: Readonly<Record<string, number>>;
  /** How many might have been refused, and why. */
  readonly bound: number;
  readonly boundBy: readonly string[];
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  /** What is not as it must be. */
  readonly breaches: readonly string[];
}

export interface Allowed {
  readonly bound: number;
  readonly boundBy: readonly string[];
  /** The webhook's, in milliseconds. */
  readonly timeout: number;
}

export function figuresOf(
  scenario: { readonly name: string; readonly what: string },
  creations: readonly Creation[],
  { bound, boundBy, timeout }: Allowed,
): Figures {
  const count = (outcome: Outcome): number => creations.filter((each) => each.outcome === outcome).length;
  const outcomes = {
    meshed: count("meshed"),
    plain: count("plain"),
    unmeshed: count("unmeshed"),
    uninvited: count("uninvited"),
    refused: count("refused"),
  };
  const times = Float64Array.from(creations, ({ took }) => took).toSorted();
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  const last = Math.max(...creations.map(({ at, took }) => at + took), 1);
  const figures = {
    scenario: scenario.name,
    what: scenario.what,
    creations: creations.length,
    rate: creations.length / (last / 1000),
    outcomes,
    refusals: refusalsOf(creations),
    bound,
    boundBy,
    p50: at(0.5),
    p99: at(0.99),
    longest: at(1),
  };
  const innocent = creations.filter(({ kind, outcome }) => outcome === "refused" && !kind.asked).length;
  const breaches = [
    outcomes.unmeshed > 0 ? `${outcomes.unmeshed} pods that asked were admitted without the proxy` : "",
    outcomes.uninvited > 0 ? `${outcomes.uninvited} pods that did not ask were given the proxy` : "",
    innocent > 0 ? `${innocent} pods that did not ask were refused` : "",
    outcomes.refused > bound ? `${outcomes.refused} refused, at most ${bound} could not be saved` : "",
    figures.p99 > timeout ? `p99 ${Math.round(figures.p99)} ms is above the webhook's timeout` : "",
  ];
  return { ...figures, breaches: breaches.filter((text) => text !== "") };
}

/** The reason at the end of what the API server says, such as `EOF` or `connection refused`. */
function refusalsOf(creations: readonly Creation[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { message } of creations.filter(({ outcome }) => outcome === "refused")) {
    const reason = message.split(": ").at(-1) ?? message;
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

/** One request for all who ask for the same thing at the same time; each waits for it until its own deadline. */
import { semaphore } from "./semaphore.ts";
import { withDeadline } from "./until.ts";
import type { Deadline } from "./until.ts";
import { withTimeout } from "./limit.ts";

export interface FlightLimits {
  /** Requests at once; more are refused at once. */
  readonly most: number;
  /** Of those, how many are with the server; the others wait, so that connections are left for what is no look-up. */
  readonly atOnce: number;
  /** Milliseconds that one request may take: it has no deadline of its own, as others may join it. */
  readonly timeout: number;
}

/** What is under way, by what it is about. */
export class Flights<Value> {
  readonly #flights = new Map<string, Promise<Value>>();

  get size(): number {
    return this.#flights.size;
  }

  /** What is under way about it; what `begin` gives where nothing is. */
  join(key: string, begin: () => Promise<Value>): Promise<Value> {
    const found = this.#flights.get(key);
    if (found !== undefined) return found;
    const flight = begin().finally(() => this.#flights.delete(key));
    this.#flights.set(key, flight);
    return flight;
  }
}

/**
 * `admit` throws for what is not worth a place among them. Rejects with what that throws, with what `fetch` rejects with,
 * at the deadline, and when too many requests are under way.
 */
export function singleFlight<Value>(
  fetch: (key: string, signal: AbortSignal) => Promise<Value>,
  { most, atOnce, timeout }: FlightLimits,
  admit: (key: string) => void = () => undefined,
): (key: string, deadline: Deadline) => Promise<Value> {
  const flights = new Flights<Value>();
  const requests = semaphore({ most: atOnce, mostWaiting: most });
  const inTurn = async (key: string, signal: AbortSignal): Promise<Value> => {
    const done = await requests.run(
      async () => ({ value: await fetch(key, signal) }),
      () => signal.aborted,
    );
    if (done === undefined) throw new Error("no answer in time");
    return done.value;
  };
  const begin = (key: string): Promise<Value> => {
    if (flights.size >= most) throw new Error(`${most} look-ups are under way already`);
    admit(key);
    return withTimeout(undefined, timeout, (signal) => inTurn(key, signal));
  };
  return async (key, deadline) =>
    withDeadline(
      deadline.signal(),
      flights.join(key, () => begin(key)),
    );
}

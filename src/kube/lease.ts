/**
 * One of several replicas does what only one should do: the one that holds a Lease (coordination.k8s.io/v1), as
 * client-go's leader election has it. Whether another still holds it is judged by when this replica last saw it change,
 * on its own clock; what the times in the Lease say is for people, so clocks need not agree.
 *
 * The Lease is there already, as it was installed: the rights are get and update, on this one name.
 */
import { isObject } from "../core/mesh/api.ts";
import type { JsonObject } from "../core/mesh/api.ts";
import type { ApiAnswer, AskApi } from "./api.ts";
import type { Clock } from "./clock.ts";
import { refusalText } from "./metadata.ts";

export interface LeaseOptions {
  readonly ask: AskApi;
  readonly namespace: string;
  readonly name: string;
  /** Of this replica; no other has the same. */
  readonly identity: string;
  readonly clock: Clock;
  readonly now: () => Date;
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number;
  /** Ends it: the Lease is given back, so that another need not wait. */
  readonly signal: AbortSignal;
  readonly times?: LeaseTimes;
  readonly onEvent?: ((event: LeaseEvent) => void) | undefined;
}

/** Milliseconds. */
export interface LeaseTimes {
  /** Who has not renewed for so long has lost it. */
  readonly duration: number;
  /** Who could not renew for so long stops, before another may begin. */
  readonly renewWithin: number;
  readonly retry: number;
}

export type LeaseEvent =
  | { readonly kind: "acquired" | "lost" | "released" }
  /** Told once for each reason in a row; it is tried again. */
  | { readonly kind: "failed"; readonly reason: string };

// client-go's own.
const usualTimes: LeaseTimes = { duration: 15_000, renewWithin: 10_000, retry: 2000 };

type Outcome = "held" | "taken" | { readonly failed: string };

/**
 * Runs `whileHolding` whenever this replica holds the Lease; its signal aborts when it does not any more. What it
 * rejects with ends everything. Resolves after `signal` aborted.
 */
export async function holdLease(
  options: LeaseOptions,
  whileHolding: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { clock, random, signal, onEvent, times = usualTimes } = options;
  const lease = new Lease(options, times);
  let told = "";
  const attempt = async (within: number): Promise<Outcome> => {
    const outcome = await lease.attempt(within);
    const reason = typeof outcome === "object" ? outcome.failed : "";
    if (reason !== told && reason !== "") onEvent?.({ kind: "failed", reason });
    told = reason;
    return outcome;
  };
  const pause = (): Promise<void> => clock.wait(times.retry * (1 + random() / 5), signal);
  const renewed = async (): Promise<void> => {
    let last = clock.now();
    while (!signal.aborted) {
      await pause();
      const left = last + times.renewWithin - clock.now();
      const outcome = signal.aborted || left <= 0 ? "taken" : await attempt(left);
      if (outcome === "held") last = clock.now();
      if (outcome === "taken" || clock.now() - last >= times.renewWithin) return;
    }
  };
  while (!signal.aborted) {
    if ((await attempt(times.renewWithin)) === "held") {
      onEvent?.({ kind: "acquired" });
      await during(renewed(), whileHolding);
      if (!signal.aborted) onEvent?.({ kind: "lost" });
      else if (await lease.release()) onEvent?.({ kind: "released" });
    }
    if (!signal.aborted) await pause();
  }
}

/** Runs the work until `held` resolves, and waits for its end. */
async function during(held: Promise<void>, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const holding = new AbortController();
  const working = work(holding.signal);
  // Work that fails is heard of at once.
  await Promise.race([held, working.then(() => held)]).finally(() => holding.abort());
  await working;
}

class Lease {
  private readonly options: LeaseOptions;
  private readonly times: LeaseTimes;
  /** What was last seen of it, and since when it has been so. */
  private seen = { record: "", at: 0 };

  constructor(options: LeaseOptions, times: LeaseTimes) {
    this.options = options;
    this.times = times;
  }

  /** Takes or renews it, if nobody else holds it; gives up after so many milliseconds. */
  async attempt(within: number): Promise<Outcome> {
    try {
      return await this.take(AbortSignal.timeout(Math.max(1, Math.floor(within))));
    } catch (error) {
      return { failed: error instanceof Error ? error.message : String(error) };
    }
  }

  private async take(signal: AbortSignal): Promise<Outcome> {
    const { ask, identity, clock, now } = this.options;
    const read = await ask({ method: "GET", path: this.path, signal });
    if (read.status !== 200 || !isObject(read.body)) return { failed: refusal("GET", this.path, read) };
    const spec = specOf(read.body);
    const record = JSON.stringify([spec["holderIdentity"], spec["renewTime"], spec["leaseTransitions"]]);
    if (record !== this.seen.record) this.seen = { record, at: clock.now() };
    const holder = typeof spec["holderIdentity"] === "string" ? spec["holderIdentity"] : "";
    if (holder !== "" && holder !== identity && clock.now() < this.seen.at + durationOf(spec)) return "taken";
    const time = microTime(now());
    const next: JsonObject = {
      ...spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.ceil(this.times.duration / 1000)),
      renewTime: time,
      acquireTime: holder === identity ? (spec["acquireTime"] ?? time) : time,
      leaseTransitions: Number(spec["leaseTransitions"] ?? 0) + (holder === identity ? 0 : 1),
    };
    return this.write(read.body, next, signal);
  }

  /** On condition that nobody wrote since it was read: the resourceVersion goes back as it came. */
  private async write(lease: JsonObject, spec: JsonObject, signal: AbortSignal): Promise<Outcome> {
    const { ask } = this.options;
    const written = await ask({ method: "PUT", path: this.path, body: { ...lease, spec }, signal });
    if (written.status === 200) return "held";
    return written.status === 409 ? "taken" : { failed: refusal("PUT", this.path, written) };
  }

  /** Whether it was given back: nothing else is lost when it was not, but time. */
  async release(): Promise<boolean> {
    const { ask, identity } = this.options;
    const signal = AbortSignal.timeout(2000);
    try {
      const read = await ask({ method: "GET", path: this.path, signal });
      if (read.status !== 200 || !isObject(read.body)) return false;
      const spec = specOf(read.body);
      if (spec["holderIdentity"] !== identity) return false;
      return (await this.write(read.body, { ...spec, holderIdentity: "", leaseDurationSeconds: 1 }, signal)) === "held";
    } catch {
      return false;
    }
  }

  private get path(): string {
    const { namespace, name } = this.options;
    return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`;
  }
}

const specOf = ({ spec }: JsonObject): JsonObject => (isObject(spec) ? spec : {});

/** How long its holder may be silent, in milliseconds; the holder says it. */
const durationOf = ({ leaseDurationSeconds: seconds }: JsonObject): number =>
  (typeof seconds === "number" ? seconds : usualTimes.duration / 1000) * 1000;

/** meta/v1 MicroTime. */
const microTime = (date: Date): string => date.toISOString().replace("Z", "000Z");

const refusal = (method: string, path: string, answer: ApiAnswer): string =>
  `${method} ${path} was answered ${refusalText(answer)}`;

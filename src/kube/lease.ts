/**
 * One of several replicas does what only one should do: the one that holds a Lease (coordination.k8s.io/v1), as
 * client-go's leader election has it. Whether another still holds it is judged by when this replica last saw it change,
 * on its own clock; what the times in the Lease say is for people, so clocks need not agree, and one in the future has no
 * effect. How long the other may be silent the Lease says, up to a bound (`termOf`). Our own, as client-node has none.
 *
 * The Lease is there already, as it was installed: the rights are get and update, on this one name.
 */
import { namedPath, resources } from "../core/kubernetes/kinds.ts";
import { wordsOf } from "../core/base/text/words.ts";
import { isObject } from "../core/base/json/json.ts";
import type { JsonObject } from "../core/base/json/json.ts";
import { termOf, defaultTerm } from "../core/kubernetes/lease-terms.ts";
import type { ApiAnswer, AskApi } from "./api.ts";
import { backOff } from "../async/back-off.ts";
import type { Clock } from "../async/clock.ts";
import { withTimeout } from "../async/limit.ts";
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
interface LeaseTimes {
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
const defaultTimes: LeaseTimes = { duration: defaultTerm * 1000, renewWithin: 10_000, retry: 2000 };

const mostConflicts = 3;
const releaseWithin = 2000;

type Outcome = "held" | "taken" | { readonly failed: string };

/**
 * Runs `whileHolding` whenever this replica holds the Lease; its signal aborts when it does not any more, before another
 * could. What it rejects with ends everything. Resolves after `signal` aborted.
 */
export async function holdLease(
  options: LeaseOptions,
  whileHolding: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { clock, random, signal, onEvent, times = defaultTimes } = options;
  const lease = new Lease(options, times);
  let failures = 0;
  let told = "";
  const attempt = async (within: number, signal: AbortSignal): Promise<Outcome> => {
    const outcome = await lease.attempt(within, signal);
    const reason = typeof outcome === "object" && !signal.aborted ? outcome.failed : "";
    if (reason !== told && reason !== "") onEvent?.({ kind: "failed", reason });
    told = reason;
    failures = reason === "" ? 0 : failures + 1;
    return outcome;
  };
  // Not all at once after an outage, and seldom where nobody has installed the Lease.
  const untilNext = (): number =>
    Math.max(jittered(), backOff(failures, random, { first: times.retry, most: times.duration }));
  const jittered = (): number => times.retry * (1 + random() / 5);
  const renewed = async (began: number, signal: AbortSignal): Promise<void> => {
    let last = began;
    const left = (): number => last + times.renewWithin - clock.now();
    while (!signal.aborted && left() > 0) {
      await clock.wait(Math.min(jittered(), left()), signal);
      const began = clock.now();
      const outcome = signal.aborted || left() <= 0 ? "taken" : await attempt(left(), signal);
      if (outcome === "taken") return;
      // From before it was asked for: others count from when they see it written.
      if (outcome === "held") last = began;
    }
  };
  try {
    while (!signal.aborted) {
      const began = clock.now();
      if ((await attempt(times.renewWithin, signal)) === "held") {
        onEvent?.({ kind: "acquired" });
        await during((ending) => renewed(began, ending), whileHolding, signal);
        if (!signal.aborted) onEvent?.({ kind: "lost" });
      }
      await clock.wait(untilNext(), signal);
    }
  } finally {
    if (await lease.release()) onEvent?.({ kind: "released" });
  }
}

/** Runs the work until `hold` resolves, and waits for its end; ends holding with the work that fails. */
async function during(
  hold: (ending: AbortSignal) => Promise<void>,
  work: (holding: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const holding = new AbortController();
  const ending = new AbortController();
  const end = (): void => ending.abort();
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const held = hold(ending.signal);
  const working = work(holding.signal);
  try {
    // Work that fails is heard of at once.
    await Promise.race([held, working.then(() => held)]);
  } finally {
    signal.removeEventListener("abort", end);
    holding.abort();
    end();
    await held;
  }
  await working;
}

class Lease {
  private readonly options: LeaseOptions;
  private readonly times: LeaseTimes;
  /** What was last seen of it, and since when it has been so. */
  private seen = { record: "", at: 0 };
  /** Whether it may say that this replica holds it. */
  private ours = false;

  constructor(options: LeaseOptions, times: LeaseTimes) {
    this.options = options;
    this.times = times;
  }

  /** Takes or renews it, if nobody else holds it; gives up after so many milliseconds. */
  async attempt(within: number, signal: AbortSignal): Promise<Outcome> {
    try {
      return await withTimeout(signal, Math.ceil(within), (signal) => this.take(signal, mostConflicts));
    } catch (error) {
      return { failed: wordsOf(error) };
    }
  }

  private async take(signal: AbortSignal, conflicts: number): Promise<Outcome> {
    const { ask, identity, clock, now } = this.options;
    const read = await ask({ method: "GET", path: this.path, signal });
    if (read.status !== 200 || !isObject(read.body)) return { failed: refusal("GET", this.path, read) };
    const spec = specOf(read.body);
    const record = JSON.stringify([spec["holderIdentity"], spec["renewTime"], spec["leaseTransitions"]]);
    if (record !== this.seen.record) this.seen = { record, at: clock.now() };
    const holder = typeof spec["holderIdentity"] === "string" ? spec["holderIdentity"] : "";
    this.ours = holder === identity;
    if (holder !== "" && !this.ours && clock.now() < this.seen.at + durationOf(spec, this.times)) return "taken";
    const time = microTime(now());
    const next: JsonObject = {
      ...spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.ceil(this.times.duration / 1000)),
      renewTime: time,
      acquireTime: this.ours ? (spec["acquireTime"] ?? time) : time,
      leaseTransitions: transitionsOf(spec) + (this.ours ? 0 : 1),
    };
    // Also when no answer comes: it may be written all the same.
    this.ours = true;
    const written = await this.write(read.body, next, signal);
    if (written.status === 200) return "held";
    // Somebody wrote meanwhile: a rival, who has it now, or one who put a label on it.
    if (written.status === 409 && conflicts > 0) return this.take(signal, conflicts - 1);
    return { failed: refusal("PUT", this.path, written) };
  }

  /** On condition that nobody wrote since it was read: the resourceVersion goes back as it came. */
  private write(lease: JsonObject, spec: JsonObject, signal: AbortSignal): Promise<ApiAnswer> {
    return this.options.ask({ method: "PUT", path: this.path, body: { ...lease, spec }, signal });
  }

  /** Whether it was given back: nothing is lost when it was not, but time. */
  async release(): Promise<boolean> {
    if (!this.ours) return false;
    const { ask, identity } = this.options;
    try {
      return await withTimeout(undefined, releaseWithin, async (signal) => {
        const read = await ask({ method: "GET", path: this.path, signal });
        if (read.status !== 200 || !isObject(read.body)) return false;
        const spec = specOf(read.body);
        if (spec["holderIdentity"] !== identity) return false;
        const free = { ...spec, holderIdentity: "", leaseDurationSeconds: 1 };
        return (await this.write(read.body, free, signal)).status === 200;
      });
    } catch {
      return false;
    }
  }

  private get path(): string {
    const { namespace, name } = this.options;
    return namedPath(resources.leases, name, namespace);
  }
}

const specOf = ({ spec }: JsonObject): JsonObject => (isObject(spec) ? spec : {});

/** How long its holder may be silent, in milliseconds. */
const durationOf = ({ leaseDurationSeconds: seconds }: JsonObject, { duration }: LeaseTimes): number =>
  termOf(seconds, duration / 1000) * 1000;

/** An API server takes 32 bits of them: beyond that they are counted anew, or nobody could write the Lease. */
const transitionsOf = ({ leaseTransitions: count }: JsonObject): number =>
  typeof count === "number" && Number.isInteger(count) && count >= 0 && count < 2 ** 31 - 1 ? count : 0;

/** meta/v1 MicroTime. */
const microTime = (date: Date): string => date.toISOString().replace("Z", "000Z");

const refusal = (method: string, path: string, answer: ApiAnswer): string =>
  `${method} ${path} was answered ${refusalText(answer)}`;

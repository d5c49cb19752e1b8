/**
 * Large reviews take turns: one at a time, in turn by address and by namespace, and after each of them the others have
 * as long as it took. So many large ones, whoever sends them, hold up a small one for as long as one large one takes.
 */
import { certified, keyOf } from "./share.ts";
import type { Holder } from "./share.ts";

export interface LargeReviewsOptions<Job> {
  /** Takes the processor for as long as it must. */
  readonly run: (job: Job) => void;
  /** Milliseconds. */
  readonly now: () => number;
  readonly later: (call: () => void, milliseconds: number) => void;
}

export class LargeReviews<Job extends Holder> {
  readonly #options: LargeReviewsOptions<Job>;
  /** By address, by namespace; each with jobs, the next one first. */
  readonly #addresses = new Map<string, Map<string, Set<Job>>>();
  #busy = false;

  constructor(options: LargeReviewsOptions<Job>) {
    this.#options = options;
  }

  add(job: Job): void {
    const key = keyOf(job);
    const namespaces = this.#addresses.get(key) ?? new Map<string, Set<Job>>();
    const jobs = namespaces.get(job.namespace) ?? new Set<Job>();
    this.#addresses.set(key, namespaces.set(job.namespace, jobs.add(job)));
    if (this.#busy) return;
    this.#busy = true;
    this.#options.later(() => this.#turn(), 0);
  }

  /** It needs no turn any more. */
  remove(job: Job): void {
    const key = keyOf(job);
    const namespaces = this.#addresses.get(key);
    const jobs = namespaces?.get(job.namespace);
    if (namespaces === undefined || jobs === undefined || !jobs.delete(job)) return;
    if (jobs.size === 0) namespaces.delete(job.namespace);
    if (namespaces.size === 0) this.#addresses.delete(key);
  }

  #turn(): void {
    const job = this.#next();
    this.#busy = job !== undefined;
    if (job === undefined) return;
    const { run, now, later } = this.#options;
    const begun = now();
    try {
      run(job);
    } finally {
      later(() => this.#turn(), now() - begun);
    }
  }

  #next(): Job | undefined {
    // Who showed a certificate comes before all who did not.
    const namespaces = this.#addresses.get(certified) ?? first(this.#addresses.values());
    const jobs = first(namespaces?.values() ?? []);
    const job = first(jobs ?? []);
    if (namespaces === undefined || jobs === undefined || job === undefined) return undefined;
    const key = keyOf(job);
    // To the end of both queues.
    namespaces.delete(job.namespace);
    namespaces.set(job.namespace, jobs);
    this.#addresses.delete(key);
    this.#addresses.set(key, namespaces);
    this.remove(job);
    return job;
  }
}

const first = <Value>(values: Iterable<Value>): Value | undefined => values[Symbol.iterator]().next().value;

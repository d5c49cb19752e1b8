/** Requests, bytes and connections in a stretch of time: sums over series, pods and workloads. */

/** Of requests: a second, the part of them that succeeded (0 to 1), milliseconds at three percentiles; null: not known. */
export interface Rates {
  readonly rps: number | null;
  readonly success: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** Adds up; what it makes of it is null where nothing was. */
export class RateSums {
  responses = 0;
  secured = 0;
  /** Connections that are open, and the secured of them. */
  open = 0;
  openSecured = 0;
  /** A second. */
  rps = 0;
  read = 0;
  write = 0;
  private successes = 0;
  /** Cumulative, by their upper bounds in milliseconds. */
  private readonly buckets = new Map<number, number>();

  addResponses(count: number, seconds: number, how: { readonly success: boolean; readonly secured: boolean }): void {
    this.responses += count;
    this.rps += count / seconds;
    if (how.success) this.successes += count;
    if (how.secured) this.secured += count;
  }

  addBucket(le: string, count: number): void {
    const bound = le === "+Inf" ? Infinity : Number(le);
    if (!Number.isNaN(bound)) this.buckets.set(bound, (this.buckets.get(bound) ?? 0) + count);
  }

  addOpen(count: number, isSecured: boolean): void {
    this.open += count;
    if (isSecured) this.openSecured += count;
  }

  get success(): number | null {
    return this.responses === 0 ? null : this.successes / this.responses;
  }

  /** Of requests; without any, of connections. */
  get securedShare(): number | null {
    if (this.responses > 0) return this.secured / this.responses;
    return this.open === 0 ? null : this.openSecured / this.open;
  }

  /** Milliseconds. */
  quantile(q: number): number | null {
    return quantile(q, this.buckets);
  }

  rates(): Rates {
    return {
      rps: this.rps,
      success: this.success,
      p50: this.quantile(0.5),
      p95: this.quantile(0.95),
      p99: this.quantile(0.99),
    };
  }
}

/** As PromQL's `histogram_quantile`: linear within the bucket; of the last one its lower bound. */
export function quantile(q: number, cumulative: ReadonlyMap<number, number>): number | null {
  const buckets = [...cumulative].toSorted(([a], [b]) => a - b);
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total === 0) return null;
  const rank = q * total;
  let [lower, below] = [0, 0];
  for (const [bound, count] of buckets) {
    if (count >= rank && count > below)
      return bound === Infinity ? lower : lower + ((bound - lower) * (rank - below)) / (count - below);
    [lower, below] = [bound, count];
  }
  return lower;
}

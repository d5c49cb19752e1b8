/**
 * How long the holder of a Lease may be silent before another takes it (coordination.k8s.io/v1, `leaseDurationSeconds`).
 * The holder says it, up to a bound: whoever may write the Lease could name 68 years, by malice or by mistake, and nobody
 * else would ever hold it.
 */

/** Seconds; client-go's own. */
export const defaultTerm = 15;

/** A holder may name as many of our own terms. */
const mostTerms = 4;

/** What counts of what a Lease names, in the unit of `own`, our own term. What is no length of time counts as that. */
export const termOf = (named: unknown, own: number): number =>
  typeof named === "number" && named > 0 ? Math.min(named, mostTerms * own) : own;

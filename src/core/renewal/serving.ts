/**
 * Which leaf serves. Usually the newest; but never one that a configuration does not trust while there is another one
 * that all of them trust. So a Secret that was broken and a caBundle that was put back do no harm. The writer decides,
 * as replicas of the webhook do not know what is trusted: they serve what is in their Secret.
 */
import { isValidAt } from "./facts.ts";
import type { Leaf } from "./facts.ts";

export interface ServingState {
  /** Leaves whose keys the writer has, in the order in which the Secret had them: the last is what it has now. */
  readonly leaves: readonly Leaf[];
  /** The one that serves. */
  readonly current?: Leaf;
  readonly trustedFor: ReadonlyMap<string, number>;
}

/** The leaf to serve; `undefined`: there is none at all. */
export const leafToServe = (
  { leaves, current, trustedFor }: ServingState,
  now: number,
  settle: number,
): Leaf | undefined => {
  const last = leaves.toReversed();
  const valid = last.filter((leaf) => isValidAt(leaf, now));
  const seen = ({ signedBy = "" }: Leaf): number => trustedFor.get(signedBy) ?? -1;
  // One that has expired is still better than none: whoever calls without checking is answered.
  if (current === undefined || !isValidAt(current, now)) {
    return valid.find((leaf) => seen(leaf) >= 0) ?? valid[0] ?? current ?? last[0];
  }
  const ofSameCa = (leaf: Leaf): boolean => leaf.signedBy === current.signedBy;
  if (seen(current) >= 0) return valid.find((leaf) => ofSameCa(leaf) || seen(leaf) >= settle);
  return valid.find((leaf) => seen(leaf) >= 0) ?? valid.find(ofSameCa);
};

/**
 * Whether the leaf that is to serve is handed to the replicas, which have `served`: not before every configuration trusts
 * it, so that the first they serve is one that is believed; unless what they have has ended anyway.
 */
export const isToHandOut = (
  leaf: Leaf,
  served: Leaf | undefined,
  trustedFor: ReadonlyMap<string, number>,
  now: number,
): boolean => trustedFor.has(leaf.signedBy ?? "") || (served !== undefined && !isValidAt(served, now));

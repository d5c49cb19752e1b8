/** Which pod an address is, where several claim it. */
import type { ClusterView } from "./cluster.ts";
import type { PodView } from "./objects.ts";

/**
 * A pod whose node is gone stays `Running` until somebody confirms its deletion, while its address is given to another.
 * So one that is not being deleted goes before one that is, then the one created last. Undefined: there is none, or
 * several are as likely; whoever named the wrong one would have every connection fail.
 */
export function likeliest(pods: readonly PodView[]): PodView | undefined {
  if (pods.length < 2) return pods[0];
  const [first, second] = pods.toSorted(byLikelihood);
  return first !== undefined && second !== undefined && byLikelihood(first, second) === 0 ? undefined : first;
}

const byLikelihood = (a: PodView, b: PodView): number => Number(a.deleted) - Number(b.deleted) || b.created - a.created;

/** Whether a pod that has ended, or is being deleted, has lost its address to another one, whatever still lists it there. */
export const isTakenOver = (view: Pick<ClusterView, "podsAt">, { alive, deleted }: PodView, ip: string): boolean =>
  (deleted || !alive) && view.podsAt(ip).some((other) => !other.deleted);

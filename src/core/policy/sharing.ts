/** Pods that get in without being matched: by a service account that they share with one that is. */
import type { ClusterView } from "../view/cluster.ts";
import type { PodView } from "../view/objects.ts";
import { matched } from "./network-policy.ts";
import type { Peers } from "./network-rules.ts";

export interface Sharing {
  /** Nobody is matched. */
  readonly isNobody: boolean;
  /** `Deployment/web (service account default)`, each once, in the order of their pods. */
  readonly owners: readonly string[];
}

/** Of who matches one of them. Made once for all policies that say the same. */
export const sharing = (view: ClusterView, namespace: string, peers: readonly Peers[]): Sharing =>
  view.shared(`service accounts in ${namespace} shared with ${peers.map(({ text }) => text).join()}`, (view) => {
    const pods = view.podsIn(namespace);
    const clients = new Set(peers.flatMap((each) => matched(pods, each)));
    const accounts = new Set([...clients].map(({ serviceAccount }) => serviceAccount));
    const others = pods.filter((pod) => pod.alive && !clients.has(pod) && accounts.has(pod.serviceAccount));
    return {
      isNobody: clients.size === 0,
      owners: [...new Set(others.map((pod) => `${ownerOf(pod)} (service account ${pod.serviceAccount})`))],
    };
  });

export const ownerOf = ({ owner, name }: PodView): string =>
  owner === undefined ? `Pod/${name}` : `${owner.kind}/${owner.name}`;

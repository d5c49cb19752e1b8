/**
 * weft's NetworkPolicy (policy.linkerd.io/v1alpha1): the ingress ports that it lists, of the pods behind its Service, are
 * reachable with mutual TLS only, and only for pods that a selector matches. Pods are known by their service accounts.
 */
import { identityOf } from "../mesh/identity.ts";
import { isProxyPort } from "../mesh/proxy-ports.ts";
import { perObject } from "../base/memory/memo.ts";
import type { Authz } from "../proxy-api/inbound.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { PodView, PolicyView } from "../view/objects.ts";
import { authorization, authorizedBy, everywhere, meshed } from "./authorization.ts";
import { coveredServicesOf, listingsOn } from "./covering.ts";
import type { IngressRule, Peers } from "./network-rules.ts";
import { takenBy } from "./selecting.ts";

export interface Restriction {
  readonly policy: PolicyView;
  /** Undefined: nobody matches, nobody gets in by this policy. */
  readonly authz: Authz | undefined;
}

/** One for each policy that lists this port of the pod, by name: who matches one of them gets in. */
export function restrictions(view: ClusterView, mesh: MeshView, pod: PodView, port: number): readonly Restriction[] {
  // The proxy's own ports are for kubelet and for metrics, in every policy.
  if (isProxyPort(mesh.proxyPorts, pod, port)) return [];
  const listed = listingsOn(coveredServicesOf(view, pod), pod, port);
  const byPolicy = [...Map.groupBy(listed, ({ policy }) => policy)].toSorted(([a], [b]) => (a.name < b.name ? -1 : 1));
  return byPolicy.map(([policy, listings]) => {
    const rules = listings.map(({ rule }) => rule);
    const clients = isOfAnybody(rules) ? meshed : identitiesOf(view, mesh, pod.namespace, rules);
    return { policy, authz: authorization(authorizedBy(policy), everywhere, clients) };
  });
}

export const isOfAnybody = (rules: readonly IngressRule[]): boolean => rules.some(({ from }) => from === "meshed");

export const peersOf = (rules: readonly IngressRule[]): readonly Peers[] =>
  rules.flatMap(({ from }) => (from === "meshed" || from.selectors.length === 0 ? [] : [from]));

const identitiesOf = (view: ClusterView, mesh: MeshView, namespace: string, rules: readonly IngressRule[]) => {
  const accounts = new Set(peersOf(rules).flatMap((peers) => accountsOf(view, namespace, peers)));
  return [...accounts].toSorted().map((serviceAccount) => identityOf({ namespace, serviceAccount }, mesh));
};

/** Pods come and go, and mostly their service accounts stay: then nothing is made again that depends on them. */
const accountsOf = (view: ClusterView, namespace: string, peers: Peers): readonly string[] =>
  view.shared(`service accounts in ${namespace} of ${peers.text}`, (view) =>
    [...new Set(matched(view.podsIn(namespace), peers).map(({ serviceAccount }) => serviceAccount))].toSorted(),
  );

/** Living pods that one of the selectors takes, in no order. */
export const matched = (all: readonly PodView[], peers: Peers): readonly PodView[] => matchedIn(all)(peers);

/** A namespace's pods are one list for all who ask between two changes of it, and a rule is read once. */
const matchedIn = perObject((all: readonly PodView[]) =>
  perObject(({ selectors }: Peers) =>
    [...new Set(selectors.flatMap((selector) => takenBy(all, selector)))].filter(({ alive }) => alive),
  ),
);

/**
 * weft's NetworkPolicy (policy.linkerd.io/v1alpha1): the ingress ports that it lists, of the pods behind its Service, are
 * reachable with mutual TLS only, and only for pods that a selector matches. Pods are known by their service accounts.
 */
import { identityOf } from "../mesh/identity.ts";
import type { Authz } from "../proxy-api/inbound.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { PodView, PolicyView } from "../view/objects.ts";
import { authorization, authorizedBy, everywhere, meshed } from "./authorization.ts";
import { coveringPolicies, ingressRulesOn } from "./covering.ts";
import type { IngressRule } from "./network-rules.ts";
import { isProxyPort } from "./port-list.ts";

export interface Restriction {
  readonly policy: PolicyView;
  /** Undefined: nobody matches, nobody gets in by this policy. */
  readonly authz: Authz | undefined;
}

/** One for each policy that lists this port of the pod: who matches one of them gets in. */
export function restrictions(view: ClusterView, mesh: MeshView, pod: PodView, port: number): readonly Restriction[] {
  // The proxy's own ports are for kubelet and for metrics, in every policy.
  if (isProxyPort(mesh, pod, port)) return [];
  return coveringPolicies(view, pod).flatMap((covering) => {
    const rules = ingressRulesOn(covering, pod, port);
    if (rules.length === 0) return [];
    const clients = isOfAnybody(rules) ? meshed : identitiesOf(clientsOf(view, pod.namespace, rules), mesh);
    return [{ policy: covering.policy, authz: authorization(authorizedBy(covering.policy), everywhere, clients) }];
  });
}

export const isOfAnybody = (rules: readonly IngressRule[]): boolean => rules.some(({ from }) => from === "meshed");

/** Living pods of the policy's namespace that a selector of the rules matches. */
export const clientsOf = (view: ClusterView, namespace: string, rules: readonly IngressRule[]): readonly PodView[] => {
  const selectors = rules.flatMap(({ from }) => (from === "meshed" ? [] : from));
  return selectors.length === 0
    ? []
    : view.podsIn(namespace).filter(({ alive, labels }) => alive && selectors.some((selects) => selects(labels)));
};

const identitiesOf = (pods: readonly PodView[], mesh: MeshView): readonly string[] =>
  [...new Set(pods.map((pod) => identityOf(pod, mesh)))].toSorted();

/**
 * weft's NetworkPolicy (policy.linkerd.io/v1alpha1): the ingress ports that it lists, of the pods behind its Service, are
 * reachable with mutual TLS only, and only for pods that a selector matches. Pods are known by their service accounts.
 */
import { identityOf } from "../mesh/identity.ts";
import { perObject } from "../mesh/memo.ts";
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
    const clients = isOfAnybody(rules) ? meshed : identitiesOf(view, mesh, pod.namespace, rules);
    return [{ policy: covering.policy, authz: authorization(authorizedBy(covering.policy), everywhere, clients) }];
  });
}

export const isOfAnybody = (rules: readonly IngressRule[]): boolean => rules.some(({ from }) => from === "meshed");

/** Living pods of the policy's namespace that a selector of the rules matches, each once. */
export const clientsOf = (view: ClusterView, namespace: string, rules: readonly IngressRule[]): readonly PodView[] => [
  ...new Set(matched(view, namespace, rules).flatMap(({ pods }) => pods)),
];

const identitiesOf = (view: ClusterView, mesh: MeshView, namespace: string, rules: readonly IngressRule[]) => {
  const accounts = new Set(matched(view, namespace, rules).flatMap(({ serviceAccounts }) => serviceAccounts));
  return [...accounts].toSorted().map((serviceAccount) => identityOf({ namespace, serviceAccount }, mesh));
};

interface Matched {
  readonly pods: readonly PodView[];
  readonly serviceAccounts: readonly string[];
}

function matched(view: ClusterView, namespace: string, rules: readonly IngressRule[]): readonly Matched[] {
  const selecting = rules.filter(({ from }) => from !== "meshed" && from.length > 0);
  return selecting.length === 0 ? [] : selecting.map(matchedIn(view.podsIn(namespace)));
}

/**
 * A namespace's pods are one list for all who ask between two changes of it, and a rule is read once: so all streams of a
 * policy's pods share the work of matching.
 */
const matchedIn = perObject((all: readonly PodView[]) =>
  perObject(({ from }: IngressRule): Matched => {
    const selectors = from === "meshed" ? [] : from;
    const pods = all.filter(({ alive, labels }) => alive && selectors.some((selects) => selects(labels)));
    return { pods, serviceAccounts: [...new Set(pods.map(({ serviceAccount }) => serviceAccount))] };
  }),
);

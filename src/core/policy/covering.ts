/** Which NetworkPolicies hold for a pod: those whose Service selects it; and for which of its ports. */
import type { ClusterView } from "../view/cluster.ts";
import type { PodView, PolicyView, ServicePort, ServiceView } from "../view/objects.ts";
import { networkRules } from "./network-rules.ts";
import type { IngressRule, NetworkRules } from "./network-rules.ts";
import { selectsPod } from "./selector.ts";

export type WithPorts = Pick<PodView, "ports">;

export interface Covering {
  readonly policy: PolicyView;
  readonly rules: NetworkRules;
  readonly service: ServiceView;
}

/** In the order of their names. */
export const coveringPolicies = (
  view: ClusterView,
  { namespace, labels }: Pick<PodView, "namespace" | "labels">,
): readonly Covering[] =>
  view.policies("NetworkPolicy", namespace).flatMap((policy) => {
    const rules = networkRules(policy);
    const service = rules.service === undefined ? undefined : view.service(namespace, rules.service);
    return service !== undefined && selectsPod(service.selector, labels) ? [{ policy, rules, service }] : [];
  });

export const ingressRulesOn = ({ rules, service }: Covering, pod: PodView, port: number): readonly IngressRule[] =>
  rules.ingress.filter(({ ports }) => ports.some((listed) => podPortsOf(listed, service, pod).includes(port)));

/**
 * A listed port is the pod's own; where the Service has a port of that number it also is the pod's port which that one
 * leads to. Either way of writing a policy so restricts what it means to.
 */
export function podPortsOf(listed: number, service: ServiceView, pod: WithPorts): readonly number[] {
  const target = targetPortOn(pod, servicePortOf(service, listed));
  return target === undefined || target === listed ? [listed] : [listed, target];
}

export const servicePortOf = ({ ports }: ServiceView, port: number): ServicePort | undefined =>
  ports.find((each) => each.port === port && each.protocol === "TCP");

/** The pod's port that a Service's port leads to. */
export function targetPortOn(pod: WithPorts, port: ServicePort | undefined): number | undefined {
  if (port === undefined) return undefined;
  const { targetPort } = port;
  if (typeof targetPort === "number") return targetPort === 0 ? port.port : targetPort;
  return pod.ports.find(({ name, protocol }) => name === targetPort && protocol === "TCP")?.port;
}

export const podsBehind = (view: ClusterView, { namespace, selector }: ServiceView): readonly PodView[] =>
  view.podsIn(namespace).filter(({ alive, labels }) => alive && selectsPod(selector, labels));

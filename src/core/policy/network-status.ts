/** What becomes of a NetworkPolicy, as conditions for its status. Conditions change with the cluster, texts stay short. */
import { labels as labelKeys } from "../mesh/annotations.ts";
import { issueText } from "../mesh/issue.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { PodView, PolicyView, ServiceView } from "../view/objects.ts";
import { podPortsOf, podsBehind } from "./covering.ts";
import { clientsOf, isOfAnybody } from "./network-policy.ts";
import { networkRules } from "./network-rules.ts";
import type { IngressRule, NetworkRules } from "./network-rules.ts";
import { isProxyPort } from "./port-list.ts";
import { serverOn } from "./server.ts";

/** A condition (meta/v1, Condition); who writes it adds `lastTransitionTime`. */
export interface PolicyCondition {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
}

export type ConditionType =
  /** The spec can be read, and its Service is there. */
  | "Accepted"
  /** A container of the pods gives each listed ingress port a name. */
  | "PortsNamed"
  /** No pod that no selector matches gets in, for having the same service account as one that does. */
  | "IdentitiesExclusive"
  /** The pods are in the mesh, and nothing else decides about the ports. */
  | "InEffect"
  /** No HTTP probe of kubelet, which has no identity, asks a listed port. */
  | "ProbesPass";

/** One of each type. */
export function networkPolicyStatus(view: ClusterView, mesh: MeshView, policy: PolicyView): readonly PolicyCondition[] {
  const rules = networkRules(policy);
  const service = rules.service === undefined ? undefined : view.service(policy.namespace, rules.service);
  const pods = service === undefined ? [] : podsBehind(view, service);
  const covered: Covered | undefined = service === undefined || pods.length === 0 ? undefined : { service, pods };
  const verdicts: Readonly<Record<ConditionType, Verdict>> = {
    Accepted: accepted(rules, service),
    PortsNamed: covered === undefined ? noPods : portsNamed(rules, covered),
    IdentitiesExclusive: identitiesExclusive(view, policy.namespace, rules.ingress),
    InEffect: covered === undefined ? noPods : inEffect(view, mesh, rules, covered),
    ProbesPass: covered === undefined ? noPods : probesPass(rules, covered),
  };
  return (Object.keys(verdicts) as ConditionType[]).map((type) => ({
    type,
    ...verdicts[type],
    observedGeneration: policy.generation,
  }));
}

type Verdict = Pick<PolicyCondition, "status" | "reason" | "message">;

interface Covered {
  readonly service: ServiceView;
  readonly pods: readonly PodView[];
}

const holds = (reason: string, message: string): Verdict => ({ status: "True", reason, message });
const fails = (reason: string, message: string): Verdict => ({ status: "False", reason, message });
const unknown = (reason: string, message: string): Verdict => ({ status: "Unknown", reason, message });

const noPods = unknown("NoPods", "no pod is behind the Service");

function accepted({ issues, service: name }: NetworkRules, service: ServiceView | undefined): Verdict {
  if (issues.length > 0) return fails("Invalid", `${some(issues.map(issueText), "; ")}; what can be read holds`);
  if (service === undefined) return fails("ServiceNotFound", `there is no Service ${name} in this namespace`);
  return Object.keys(service.selector).length === 0
    ? fails("NoSelector", `Service ${service.name} has no selector: no pod is known to be behind it`)
    : holds("Accepted", `holds for the pods of Service ${service.name}`);
}

function portsNamed(rules: NetworkRules, { service, pods }: Covered): Verdict {
  const isNamed = (port: number): boolean =>
    pods.some((pod) =>
      podPortsOf(port, service, pod).some((each) =>
        pod.ports.some(({ name, port: own }) => own === each && name !== ""),
      ),
    );
  const unnamed = ingressPorts(rules).filter((port) => !isNamed(port));
  return unnamed.length === 0
    ? holds("Named", "a container names each listed ingress port")
    : fails("UnnamedPorts", `no container names port ${some(unnamed)}: give it a name in ports[].name`);
}

/** Port by port: who matches one rule of a port gets in on that port. */
function identitiesExclusive(view: ClusterView, namespace: string, ingress: readonly IngressRule[]): Verdict {
  const ports = [...new Set(ingress.flatMap((rule) => rule.ports))];
  const perPort = ports.map((port) => ingress.filter((rule) => rule.ports.includes(port)));
  const selecting = perPort.filter((rules) => !isOfAnybody(rules));
  const shared = selecting.flatMap((rules) => sharing(view, namespace, rules));
  if (shared.length > 0) {
    return fails("SharedServiceAccount", `let in, though no selector matches them: ${some([...new Set(shared)])}`);
  }
  const isNobody = selecting.some((rules) => clientsOf(view, namespace, rules).length === 0);
  return isNobody
    ? unknown("NoClients", "no pod matches the selectors of a port: nobody gets in")
    : holds("Exclusive", "service accounts of matched pods are those of no other pod");
}

/** `Deployment/web (service account default)`, for each owner of pods that get in by a service account of others. */
function sharing(view: ClusterView, namespace: string, rules: readonly IngressRule[]): readonly string[] {
  const clients = clientsOf(view, namespace, rules);
  const accounts = new Set(clients.map(({ serviceAccount }) => serviceAccount));
  const matched = new Set(clients);
  return view
    .podsIn(namespace)
    .filter((pod) => pod.alive && !matched.has(pod) && accounts.has(pod.serviceAccount))
    .map((pod) => `${ownerOf(pod)} (service account ${pod.serviceAccount})`);
}

function inEffect(view: ClusterView, mesh: MeshView, rules: NetworkRules, { service, pods }: Covered): Verdict {
  const outside = pods.filter(({ labels }) => labels[labelKeys.controlPlaneNamespace] === undefined).map(ownerOf);
  const listed = ingressPorts(rules);
  const ports = pods.flatMap((pod) =>
    listed.flatMap((port) => podPortsOf(port, service, pod)).map((port) => ({ pod, port })),
  );
  const servers = ports.flatMap(({ pod, port }) => {
    const server = serverOn(view, pod, port);
    return server === undefined ? [] : [`Server ${server.name} decides about port ${port}`];
  });
  const proxys = ports.flatMap(({ pod, port }) =>
    isProxyPort(mesh, pod, port) ? [`port ${port} is the proxy's own`] : [],
  );
  const reasons: readonly (readonly [reason: string, messages: readonly string[]])[] = [
    ["NotMeshed", outside.map((owner) => `${owner} has no proxy`)],
    ["ServerSelectsPort", servers],
    ["ProxyPort", proxys],
  ];
  const because = reasons.filter(([, messages]) => messages.length > 0);
  return because[0] === undefined
    ? holds("InEffect", "the proxies of the pods keep to it")
    : fails(because[0][0], some([...new Set(because.flatMap(([, messages]) => messages))], "; "));
}

function probesPass(rules: NetworkRules, { service, pods }: Covered): Verdict {
  const listed = ingressPorts(rules);
  const refused = pods.flatMap((pod) => {
    const ports = new Set(listed.flatMap((port) => podPortsOf(port, service, pod)));
    return pod.probes.filter(({ port }) => ports.has(port)).map(({ port, path }) => `${port}${path}`);
  });
  return refused.length === 0
    ? holds("NoProbes", "no HTTP probe asks a listed port")
    : fails("ProbesRefused", `kubelet has no identity, and is refused at ${some([...new Set(refused)])}`);
}

const ingressPorts = ({ ingress }: NetworkRules): readonly number[] => [
  ...new Set(ingress.flatMap(({ ports }) => ports)),
];

const ownerOf = ({ owner, name }: PodView): string =>
  owner === undefined ? `Pod/${name}` : `${owner.kind}/${owner.name}`;

/** The first few: a status is to be read by people, and kept by the API server. */
function some(items: readonly (string | number)[], separator = ", "): string {
  const shown = items.slice(0, 5).join(separator);
  return items.length > 5 ? `${shown} and ${items.length - 5} more` : shown;
}

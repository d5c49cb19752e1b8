/**
 * What becomes of a NetworkPolicy, as conditions for its status. Conditions change with the cluster, texts stay short.
 * What they say of the pods is found once for all policies of a Service (`behind.ts`); what is left to be done for each
 * is to look at the ports that it lists.
 */
import { issueText } from "../base/text/issue.ts";
import { hasPort } from "../mesh/port-list.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { PolicyView, ServiceView } from "../view/objects.ts";
import type { Condition } from "./condition.ts";
import { factsAt, podsSummary } from "./behind.ts";
import type { PodsSummary } from "./behind.ts";
import { isUnknown } from "./inbound.ts";
import { isOfAnybody, peersOf } from "./network-policy.ts";
import { networkRules, rulesFor } from "./network-rules.ts";
import type { IngressRule, NetworkRules } from "./network-rules.ts";
import { sharing } from "./sharing.ts";
import { some } from "./some.ts";

export type PolicyCondition = Condition<ConditionType>;

export type ConditionType =
  /** The spec can be read, and its Service is there. */
  | "Accepted"
  /** A container of the pods gives each listed ingress port a name. */
  | "PortsNamed"
  /** No pod that no selector matches gets in, for having the same service account as one that does. */
  | "IdentitiesExclusive"
  /** The pods are in the mesh, and nothing else decides about the ports; whether they run is their own status. */
  | "InEffect"
  /** No probe or hook of kubelet, which has no identity, asks a listed port by HTTP or gRPC. */
  | "ProbesPass";

/** One of each type. */
export function networkPolicyStatus(view: ClusterView, mesh: MeshView, policy: PolicyView): readonly PolicyCondition[] {
  const rules = networkRules(policy);
  view.rest();
  const service = rules.service === undefined ? undefined : view.service(policy.namespace, rules.service);
  const pods = service === undefined ? undefined : podsSummary(view, mesh, service);
  const covered: Covered | undefined =
    service === undefined || pods === undefined
      ? undefined
      : { service, pods, listed: ingressPorts(rulesFor(service, rules)) };
  const isLifted = rules.service !== undefined && Object.keys(service?.selector ?? {}).length === 0;
  const verdicts: Readonly<Record<ConditionType, Verdict>> = {
    Accepted: accepted(rules, service),
    PortsNamed: covered === undefined ? noPods : portsNamed(covered),
    IdentitiesExclusive: identitiesExclusive(view, policy.namespace, rules.ingress),
    InEffect: isLifted ? lifted : covered === undefined ? noPods : inEffect(covered, isUnknown(view, policy.namespace)),
    ProbesPass: covered === undefined ? noPods : probesPass(covered),
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
  readonly pods: PodsSummary;
  /** Ingress ports of the policy. */
  readonly listed: ReadonlySet<number>;
}

const holds = (reason: string, message: string): Verdict => ({ status: "True", reason, message });
const fails = (reason: string, message: string): Verdict => ({ status: "False", reason, message });
const unknown = (reason: string, message: string): Verdict => ({ status: "Unknown", reason, message });

const noPods = unknown("NoPods", "no pod is behind the Service");

/** Which pods these were, nobody can tell any more. */
export const noService = "NoService";
const lifted = fails(noService, "no Service says which pods are meant: their ports have the default policy");

const leftOut = "this namespace has more policies or Services than there is room for: its pods let nobody in";

function accepted({ issues, isUnread, service: name }: NetworkRules, service: ServiceView | undefined): Verdict {
  if (issues.length > 0) {
    const rest = isUnread ? "every port of the Service is closed" : "what can be read holds";
    return fails("Invalid", `${some(issues, issueText, "; ")}; ${rest}`);
  }
  if (service === undefined) return fails("ServiceNotFound", `there is no Service ${name} in this namespace`);
  return Object.keys(service.selector).length === 0
    ? fails("NoSelector", `Service ${service.name} has no selector: no pod is known to be behind it`)
    : holds("Accepted", `holds for the pods of Service ${service.name}`);
}

function portsNamed({ service, pods, listed }: Covered): Verdict {
  const unnamed = [...listed].filter((port) => factsAt(pods.named, service, port).length === 0);
  return unnamed.length === 0
    ? holds("Named", "a container names each listed ingress port")
    : fails("UnnamedPorts", `no container names port ${some(unnamed, String)}: give it a name in ports[].name`);
}

/** Combinations of rules that are looked at, each by all pods of the namespace. */
const mostCombinations = 100;

/** Port by port: who matches one rule of a port gets in on that port. */
function identitiesExclusive(view: ClusterView, namespace: string, ingress: readonly IngressRule[]): Verdict {
  const selecting = combinationsOf(ingress).filter((rules) => !isOfAnybody(rules));
  const found = selecting.slice(0, mostCombinations).map((rules) => sharing(view, namespace, peersOf(rules)));
  const shared = new Set(found.flatMap(({ owners }) => owners));
  if (shared.size > 0) {
    return fails("SharedServiceAccount", `let in, though no selector matches them: ${some([...shared], String)}`);
  }
  if (selecting.length > mostCombinations) {
    return unknown("NotLookedAt", `ports with more than ${mostCombinations} combinations of rules: not looked at`);
  }
  return found.some(({ isNobody }) => isNobody)
    ? unknown("NoClients", "no pod matches the selectors of a port: nobody gets in")
    : holds("Exclusive", "service accounts of matched pods are those of no other pod");
}

/** The rules of each port; ports of the same rules are one question. */
function combinationsOf(ingress: readonly IngressRule[]): readonly (readonly IngressRule[])[] {
  const listing = ingress.filter(({ ports }) => ports.length > 0);
  if (listing.length === 1) return [listing];
  const listings = listing.flatMap((rule, index) => rule.ports.map((port) => ({ port, rule, index })));
  const byPort = [...Map.groupBy(listings, ({ port }) => port).values()];
  const combinations = new Map(byPort.map((each) => [each.map(({ index }) => index).join(), each]));
  return [...combinations.values()].map((each) => each.map(({ rule }) => rule));
}

/** `isUnknown`: other policies may decide, too. */
function inEffect({ service, pods, listed }: Covered, isUnknown: boolean): Verdict {
  const at = (facts: PodsSummary["servers"]) => [...listed].flatMap((port) => factsAt(facts, service, port));
  const reasons: readonly (readonly [reason: string, messages: readonly string[]])[] = [
    ["NotMeshed", pods.outside],
    ["PoliciesLeftOut", isUnknown ? [leftOut] : []],
    ["SkipsProxy", [...at(pods.skipped), ...skippedElsewhere(pods, listed)]],
    ["ServerSelectsPort", at(pods.servers)],
    ["ProxyPort", at(pods.proxys)],
  ];
  const because = reasons.filter(([, messages]) => messages.length > 0);
  const messages = [...new Set(because.flatMap(([, each]) => each))];
  return because[0] === undefined
    ? holds("InEffect", "the proxies of the pods keep to it, once they run")
    : fails(because[0][0], some(messages, String, "; "));
}

/** Listed ports that some pod skips, though nothing is known to listen there. */
function skippedElsewhere({ skipping, skipped }: PodsSummary, listed: ReadonlySet<number>): readonly string[] {
  const lists = [...skipping.values()];
  return [...listed]
    .filter((port) => !skipped.has(port) && lists.some((list) => hasPort(list, port)))
    .map((port) => `port ${port} passes the proxy of some pods by`);
}

function probesPass({ service, pods, listed }: Covered): Verdict {
  const refused = new Set([...listed].flatMap((port) => factsAt(pods.probes, service, port)));
  return refused.size === 0
    ? holds("NoProbes", "no HTTP or gRPC probe asks a listed port")
    : fails("ProbesRefused", `kubelet has no identity, and is refused at ${some([...refused], String)}`);
}

const ingressPorts = (rules: readonly IngressRule[]): ReadonlySet<number> =>
  new Set(rules.flatMap(({ ports }) => ports));

/** What weft's NetworkPolicy (policy.linkerd.io/v1alpha1) says: its spec, read (docs/policy.md). */
import { isList, isObject } from "../mesh/api.ts";
import type { Json } from "../mesh/api.ts";
import type { Issue } from "../mesh/issue.ts";
import { policyBounds } from "../mesh/lists.ts";
import { perObject } from "../mesh/memo.ts";
import { isPort } from "../mesh/ports.ts";
import type { PolicyView } from "../view/objects.ts";
import { excessIssue, isName, readListWithin, readList, readable, unknownKeys, unreadable } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { labelSelector, nothing } from "./selector.ts";
import type { Selector } from "./selector.ts";

export interface NetworkRules {
  /** Name of the Service; undefined: the policy names none that can be read, and holds for no pod. */
  readonly service: string | undefined;
  readonly ingress: readonly IngressRule[];
  /** Opaque when they leave the pods. */
  readonly egressPorts: ReadonlySet<number>;
  readonly issues: readonly Issue[];
}

export interface IngressRule {
  /** Each once. */
  readonly ports: readonly number[];
  /** `meshed`: every client with an identity (no `from`, as in Kubernetes). */
  readonly from: "meshed" | Peers;
}

/** Who matches one of the selectors. */
export interface Peers {
  readonly selectors: readonly Selector[];
  /** Equal for who matches the same pods. */
  readonly text: string;
}

export const networkRules = perObject(({ spec }: PolicyView): NetworkRules => {
  const service = targetOf(spec["targetRef"]);
  const ingress = readIngress(spec["ingress"]);
  const egress = readListWithin(spec["egress"], "spec.egress", egressRule, policyBounds.rules);
  return {
    service: service.value,
    ingress: ingress.value,
    egressPorts: new Set(egress.value.flat()),
    issues: [...service.issues, ...ingress.issues, ...egress.issues],
  };
});

/** What is over a bound lets nobody in: the ports that it lists stay closed, all of them. */
function readIngress(list: Json | undefined): Reading<readonly IngressRule[]> {
  const at = "spec.ingress";
  const read = readList(list, at, ingressRule);
  const requirements = read.value.reduce((sum, { from }) => sum + weightOf(from), 0);
  const over =
    excessIssue(read.value.length, policyBounds.rules, at, "rules") ??
    excessIssue(requirements, policyBounds.requirements, at, "labels and expressions in its selectors");
  if (over === undefined) return read;
  return { value: [{ ports: distinct(read.value.flatMap(({ ports }) => ports)), from: nobody }], issues: [over] };
}

const weightOf = (from: IngressRule["from"]): number =>
  from === "meshed" ? 0 : from.selectors.reduce((sum, { requirements }) => sum + Math.max(1, requirements.length), 0);

function targetOf(value: Json | undefined): Reading<string | undefined> {
  const at = "spec.targetRef";
  const { group = "", kind, name } = isObject(value) ? value : {};
  const isService = kind === "Service" && (group === "" || group === "core");
  return isService && isName(name)
    ? readable(name)
    : unreadable(undefined, at, "must be {kind: Service, name: <a Service of this namespace>}");
}

/** The ports of a rule whose `from` cannot be read are restricted all the same: to nobody. */
function ingressRule(rule: Json, at: string): Reading<IngressRule> {
  if (!isObject(rule)) return unreadable({ ports: [], from: nobody }, at, "must be an object");
  const ports = portsOf(rule["ports"], `${at}.ports`);
  const from = fromOf(rule["from"], `${at}.from`);
  const none = ports.issues.length === 0 && ports.value.length === 0;
  const unlisted = none ? [{ at: `${at}.ports`, message: "lists no port: the rule does nothing" }] : [];
  const unknown = unknownKeys(rule, ["from", "ports"], at);
  const isClosed = unknown.length > 0 || ports.isOver;
  return {
    value: { ports: ports.value, from: isClosed ? nobody : from.value },
    issues: [...ports.issues, ...unlisted, ...from.issues, ...unknown],
  };
}

function fromOf(from: Json | undefined, at: string): Reading<IngressRule["from"]> {
  if (from === undefined || from === null || (isList(from) && from.length === 0)) return readable("meshed");
  const read = readListWithin(from, at, peerSelector, policyBounds.peers);
  return { ...read, value: peersOf(read.value) };
}

function peerSelector(peer: Json, at: string): Reading<Selector> {
  const selects = boundSelector(isObject(peer) ? peer["selector"] : undefined, `${at}.selector`);
  const unknown = isObject(peer) ? unknownKeys(peer, ["selector"], at) : [];
  return unknown.length > 0 ? { value: nothing, issues: unknown } : selects;
}

const peersOf = (selectors: readonly Selector[]): Peers => ({
  selectors,
  text: JSON.stringify(selectors.map(({ requirements }) => requirements)),
});

const nobody: Peers = peersOf([]);

function boundSelector(value: Json | undefined, at: string): Reading<Selector> {
  const { matchLabels, matchExpressions } = isObject(value) ? value : {};
  const [labels, expressions] = [isObject(matchLabels) ? matchLabels : {}, lengthOf(matchExpressions)];
  const values = isList(matchExpressions)
    ? matchExpressions.map((each) => (isObject(each) ? each["values"] : null))
    : [];
  const over =
    excessIssue(Object.keys(labels).length, policyBounds.labels, `${at}.matchLabels`, "labels") ??
    excessIssue(expressions, policyBounds.expressions, `${at}.matchExpressions`, "expressions") ??
    excessIssue(Math.max(0, ...values.map(lengthOf)), policyBounds.values, `${at}.matchExpressions`, "values in one");
  return over === undefined ? labelSelector(value, at) : { value: nothing, issues: [over] };
}

const lengthOf = (list: Json | undefined): number => (isList(list) ? list.length : 0);

/** Ports stand beside `to` or in its elements. `ip: {}` is any address: no other peer has a meaning. */
function egressRule(rule: Json, at: string): Reading<readonly number[]> {
  if (!isObject(rule)) return unreadable([], at, "must be an object");
  const to = readListWithin(rule["to"], `${at}.to`, peerPorts, policyBounds.peers);
  const usable = to.value.filter((ports) => ports !== undefined);
  const isAny = usable.length > 0 || (to.value.length === 0 && to.issues.length === 0);
  const own = openPortsOf(rule["ports"], `${at}.ports`);
  const ports = [...(isAny ? own.value : []), ...usable.flat()];
  const issues = [...to.issues, ...own.issues];
  const none = issues.length === 0 && ports.length === 0;
  return { value: ports, issues: none ? [{ at, message: "lists no port: the rule does nothing" }] : issues };
}

function peerPorts(peer: Json, at: string): Reading<readonly number[] | undefined> {
  const ip = isObject(peer) ? peer["ip"] : undefined;
  if (!isObject(peer) || !isObject(ip) || Object.keys(ip).length > 0) {
    return unreadable(undefined, at, "must be {ip: {}}, any address");
  }
  return openPortsOf(peer["ports"], `${at}.ports`);
}

/** Too many count as none. */
function openPortsOf(list: Json | undefined, at: string): Reading<readonly number[]> {
  const { isOver, value, issues } = portsOf(list, at);
  return { value: isOver ? [] : value, issues };
}

/** All of them, also of a list that is over the bound. */
function portsOf(list: Json | undefined, at: string): Reading<readonly number[]> & { readonly isOver: boolean } {
  const ports = readList(list, at, portOf);
  const over = excessIssue(ports.value.length, policyBounds.portsOfRule, at, "ports");
  return {
    value: distinct(ports.value.flat()),
    issues: over === undefined ? ports.issues : [over],
    isOver: over !== undefined,
  };
}

const distinct = (ports: readonly number[]): readonly number[] => [...new Set(ports)];

function portOf(entry: Json, at: string): Reading<readonly number[]> {
  const { port, protocol = "TCP" } = isObject(entry) ? entry : {};
  if (typeof port !== "number" || !isPort(port)) return unreadable([], `${at}.port`, "must be a number, 1 to 65535");
  if (protocol !== "TCP") return unreadable([], `${at}.protocol`, "must be TCP");
  return readable([port]);
}

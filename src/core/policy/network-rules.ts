/** What weft's NetworkPolicy (policy.linkerd.io/v1alpha1) says: its spec, read (docs/policy.md). */
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import { policyBounds } from "../mesh/lists.ts";
import { perObject } from "../base/memory/memo.ts";
import { disjoint, isPort } from "../base/scalars/ports.ts";
import type { PortRange } from "../base/scalars/ports.ts";
import type { PolicyView, ServiceView } from "../view/objects.ts";
import { excessIssue, isName, readListWithin, readList, readable, unknownKeys, unreadable } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { labelSelector, nothing } from "./selector.ts";
import type { Selector } from "./selector.ts";

export interface NetworkRules {
  /** Name of the Service; undefined: the policy names none that can be read, and holds for no pod. */
  readonly service: string | undefined;
  readonly ingress: readonly IngressRule[];
  /**
   * What is there may list ports that nobody can tell: a mistyped key, a port that is none. Then every port of the Service
   * is closed, so that none is open for a slip.
   */
  readonly isUnread: boolean;
  /** Closed to everybody: ranges that are too long for each of their ports to be listed; in order, and apart. */
  readonly closed: readonly PortRange[];
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

export const networkRules = perObject(({ spec, namespace }: PolicyView): NetworkRules => {
  const service = targetOf(spec["targetRef"], namespace);
  const ingress = readIngress(spec["ingress"]);
  const egress = readListWithin(spec["egress"], "spec.egress", egressRule, policyBounds.rules);
  const unknown = unknownKeys(spec, ["targetRef", "ingress", "egress"], "spec");
  return {
    service: service.value,
    ingress: ingress.value.map(({ ports, from }) => ({ ports, from })),
    closed: disjoint(ingress.value.flatMap(({ long }) => long)),
    isUnread: unknown.length > 0 || service.isDoubtful || ingress.value.some(({ isUnread }) => isUnread),
    egressPorts: new Set(egress.value.flat()),
    issues: [...service.issues, ...ingress.issues, ...egress.issues, ...unknown],
  };
});

/** The rules as they hold for this Service. */
export const rulesFor = ({ ports }: ServiceView, rules: NetworkRules): readonly IngressRule[] =>
  rules.isUnread ? [...rules.ingress, { ports: distinct(ports.map(({ port }) => port)), from: nobody }] : rules.ingress;

interface RuleRead extends IngressRule {
  readonly isUnread: boolean;
  readonly long: readonly PortRange[];
}

/**
 * What is over a bound lets nobody in: the ports that it lists stay closed, all of them. It is found to be over before it
 * is read, and nothing but its ports is.
 */
function readIngress(list: Json | undefined): Reading<readonly RuleRead[]> {
  const at = "spec.ingress";
  if (list !== undefined && list !== null && !isList(list)) return unreadable([unreadRule], at, "must be a list");
  const rules = list ?? [];
  // Of more rules than may be no range is gone through, so that reading stays as long as the list is.
  const isMany = rules.length > policyBounds.rules;
  const over =
    excessIssue(rules.length, policyBounds.rules, at, "rules") ??
    excessIssue(weightOf(rules), policyBounds.requirements, at, "labels and expressions in its selectors");
  if (over === undefined) return readList(rules, at, ingressRule);
  return { value: [closedRule(rules, isMany ? 1 : policyBounds.portsOfRule)], issues: [over] };
}

function closedRule(rules: readonly Json[], longest: number): RuleRead {
  const listed: number[] = [];
  const long: PortRange[] = [];
  let isUnread = false;
  for (const rule of rules) {
    const ports = isObject(rule) ? portsOf(rule["ports"], "", longest) : undefined;
    for (const port of ports?.value ?? []) listed.push(port);
    for (const range of ports?.long ?? []) long.push(range);
    isUnread ||= !isObject(rule) || ports === undefined || isUnreadRule(rule, ports);
  }
  return { ports: distinct(listed), from: nobody, isUnread, long };
}

/** The ports may stand under a key that is not known. */
const isUnreadRule = (rule: JsonObject, { value, isUnread }: PortsRead): boolean =>
  isUnread || (value.length === 0 && Object.keys(rule).some((key) => !ruleKeys.includes(key)));

const ruleKeys = ["from", "ports"];

/** Labels and expressions of all selectors; a selector that is over a bound, or none, counts as one. */
function weightOf(rules: readonly Json[]): number {
  let weight = 0;
  for (const rule of rules) {
    const from = isObject(rule) ? rule["from"] : undefined;
    if (!isList(from) || from.length > policyBounds.peers) continue;
    for (const peer of from) weight += weightOfSelector(isObject(peer) ? peer["selector"] : undefined);
  }
  return weight;
}

function weightOfSelector(selector: Json | undefined): number {
  const { matchLabels, matchExpressions } = isObject(selector) ? selector : {};
  const labels = isObject(matchLabels) ? Object.keys(matchLabels).length : 0;
  const weight = labels + lengthOf(matchExpressions);
  return labels > policyBounds.labels || weight - labels > policyBounds.expressions ? 1 : Math.max(1, weight);
}

/** Doubtful: a Service is named, and what stands beside its name is not understood. */
function targetOf(
  value: Json | undefined,
  own: string,
): Reading<string | undefined> & { readonly isDoubtful: boolean } {
  const at = "spec.targetRef";
  const { group = "", kind, name, namespace = own } = isObject(value) ? value : {};
  const isService = kind === "Service" && (group === "" || group === "core") && namespace === own;
  const unknown = isObject(value) ? unknownKeys(value, ["group", "kind", "name", "namespace"], at) : [];
  if (isService && isName(name)) return { value: name, issues: unknown, isDoubtful: unknown.length > 0 };
  const message = "must be {kind: Service, name: <a Service of this namespace>}";
  return { value: undefined, issues: [{ at, message }, ...unknown], isDoubtful: false };
}

/** The ports of a rule whose `from` cannot be read are restricted all the same: to nobody. */
function ingressRule(rule: Json, at: string): Reading<RuleRead> {
  if (!isObject(rule)) return unreadable(unreadRule, at, "must be an object");
  const ports = portsOf(rule["ports"], `${at}.ports`);
  const from = fromOf(rule["from"], `${at}.from`);
  const none = ports.issues.length === 0 && ports.value.length === 0;
  const unlisted = none ? [{ at: `${at}.ports`, message: "lists no port: the rule does nothing" }] : [];
  const unknown = unknownKeys(rule, ruleKeys, at);
  const isClosed = unknown.length > 0 || ports.isOver || ports.isUnread;
  return {
    value: {
      ports: ports.value,
      from: isClosed ? nobody : from.value,
      isUnread: isUnreadRule(rule, ports),
      long: ports.long,
    },
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
  return unknown.length > 0 ? { value: nothing, issues: [...selects.issues, ...unknown] } : selects;
}

const peersOf = (selectors: readonly Selector[]): Peers => ({
  selectors,
  text: JSON.stringify(selectors.map(({ requirements }) => requirements)),
});

const nobody: Peers = peersOf([]);
/** What holds for the ranges that are closed to everybody. */
export const closedToAll: IngressRule = { ports: [], from: nobody };
const unreadRule: RuleRead = { ports: [], from: nobody, isUnread: true, long: [] };

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
  const issues = [...to.issues, ...own.issues, ...unknownKeys(rule, ["to", "ports"], at)];
  const none = issues.length === 0 && ports.length === 0;
  return { value: ports, issues: none ? [{ at, message: "lists no port: the rule does nothing" }] : issues };
}

function peerPorts(peer: Json, at: string): Reading<readonly number[] | undefined> {
  const ip = isObject(peer) ? peer["ip"] : undefined;
  if (!isObject(peer) || !isObject(ip) || Object.keys(ip).length > 0) {
    return unreadable(undefined, at, "must be {ip: {}}, any address");
  }
  const ports = openPortsOf(peer["ports"], `${at}.ports`);
  return { ...ports, issues: [...ports.issues, ...unknownKeys(peer, ["ip", "ports"], at)] };
}

/** Too many count as none. They restrict nothing, so a key that is not known only is told. */
function openPortsOf(list: Json | undefined, at: string): Reading<readonly number[]> {
  const { isOver, value, issues } = portsOf(list, at);
  return { value: isOver ? [] : value, issues };
}

interface PortsRead extends Reading<readonly number[]> {
  readonly isOver: boolean;
  /** One of them lists ports that nobody can tell, or more than are told. */
  readonly isUnread: boolean;
  /** Ranges of which only the first is told. */
  readonly long: readonly PortRange[];
}

/** All of them, also of a list that is over the bound; of a range that is longer than `longest` the first alone. */
function portsOf(list: Json | undefined, at: string, longest: number = policyBounds.portsOfRule): PortsRead {
  const { value: ranges, issues } = readList(list, at, portOf);
  // A port that two ranges have is one port.
  const apart = ranges.length > policyBounds.portsOfRule ? [] : disjoint(ranges.map(rangeOf));
  const count = apart.reduce((sum, { low, high }) => sum + high - low + 1, 0);
  const over = excessIssue(Math.max(ranges.length, count), policyBounds.portsOfRule, at, "ports");
  const most = over === undefined ? longest : 1;
  const listed = most === 1 ? ranges.map(({ first }) => first) : apart.flatMap(portsIn);
  return {
    value: distinct(listed.filter((port) => port > 0)),
    issues: over === undefined ? issues : [over],
    isOver: over !== undefined,
    long: ranges.filter(({ count: length }) => length > most).map(rangeOf),
    isUnread:
      (list !== undefined && list !== null && !isList(list)) ||
      ranges.some(({ isUnread, count: length }) => isUnread || length > most),
  };
}

const portsIn = ({ low, high }: PortRange): readonly number[] =>
  Array.from({ length: high - low + 1 }, (_, index) => low + index);

const rangeOf = ({ first, count }: PortRead): PortRange => ({ low: first, high: first + count - 1 });

const distinct = (ports: readonly number[]): readonly number[] => [...new Set(ports)];

interface PortRead {
  /** 0: there is none of TCP. */
  readonly first: number;
  readonly count: number;
  readonly isUnread: boolean;
}

/** `endPort` is the last of a range, as in Kubernetes. All that is wrong is told at once. */
function portOf(entry: Json, at: string): Reading<PortRead> {
  const { port, endPort, protocol = "TCP" } = isObject(entry) ? entry : {};
  const first = typeof port === "number" && isPort(port) ? port : undefined;
  const last = endPort ?? first;
  const isRange = typeof last === "number" && isPort(last) && last >= (first ?? 1);
  const issues: readonly Issue[] = [
    ...(first === undefined ? [{ at: `${at}.port`, message: "must be a number, 1 to 65535" }] : []),
    ...(endPort === undefined || isRange
      ? []
      : [{ at: `${at}.endPort`, message: "must be a number, from port to 65535" }]),
    ...(protocol === "TCP" ? [] : [{ at: `${at}.protocol`, message: "must be TCP" }]),
    ...(isObject(entry) ? unknownKeys(entry, ["port", "endPort", "protocol"], at) : []),
  ];
  // Of another protocol than TCP it lists no port, whatever else it says.
  if (first !== undefined && protocol !== "TCP") return { value: { first: 0, count: 1, isUnread: false }, issues };
  if (first === undefined || !isRange || issues.length > 0)
    return { value: { first: first ?? 0, count: 1, isUnread: true }, issues };
  return readable({ first, count: last - first + 1, isUnread: false });
}

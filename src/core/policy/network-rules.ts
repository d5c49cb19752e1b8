/** What weft's NetworkPolicy (policy.linkerd.io/v1alpha1) says: its spec, read (docs/policy.md). */
import { isList, isObject } from "../mesh/api.ts";
import type { Json } from "../mesh/api.ts";
import type { Issue } from "../mesh/issue.ts";
import { perObject } from "../mesh/memo.ts";
import { isPort } from "../mesh/ports.ts";
import type { PolicyView } from "../view/objects.ts";
import { isName, readList, readable, unknownKeys, unreadable } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { labelSelector } from "./selector.ts";
import type { Selector } from "./selector.ts";

export interface NetworkRules {
  /** Name of the Service; undefined: the policy names none that can be read, and holds for no pod. */
  readonly service: string | undefined;
  readonly ingress: readonly IngressRule[];
  /** Opaque when they leave the pods. */
  readonly egressPorts: readonly number[];
  readonly issues: readonly Issue[];
}

export interface IngressRule {
  readonly ports: readonly number[];
  /** `meshed`: every client with an identity (no `from`, as in Kubernetes). */
  readonly from: "meshed" | readonly Selector[];
}

export const networkRules = perObject(({ spec }: PolicyView): NetworkRules => {
  const service = targetOf(spec["targetRef"]);
  const ingress = readList(spec["ingress"], "spec.ingress", ingressRule);
  const egress = readList(spec["egress"], "spec.egress", egressRule);
  return {
    service: service.value,
    ingress: ingress.value,
    egressPorts: egress.value.flat(),
    issues: [...service.issues, ...ingress.issues, ...egress.issues],
  };
});

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
  if (!isObject(rule)) return unreadable({ ports: [], from: [] }, at, "must be an object");
  const ports = portsOf(rule["ports"], `${at}.ports`);
  const from = fromOf(rule["from"], `${at}.from`);
  const none = ports.issues.length === 0 && ports.value.length === 0;
  const unlisted = none ? [{ at: `${at}.ports`, message: "lists no port: the rule does nothing" }] : [];
  const unknown = unknownKeys(rule, ["from", "ports"], at);
  return {
    value: { ports: ports.value, from: unknown.length > 0 ? [] : from.value },
    issues: [...ports.issues, ...unlisted, ...from.issues, ...unknown],
  };
}

function fromOf(from: Json | undefined, at: string): Reading<IngressRule["from"]> {
  if (from === undefined || from === null || (isList(from) && from.length === 0)) return readable("meshed");
  return readList(from, at, (peer, where) => {
    const selects = labelSelector(isObject(peer) ? peer["selector"] : undefined, `${where}.selector`);
    const unknown = isObject(peer) ? unknownKeys(peer, ["selector"], where) : [];
    return unknown.length > 0 ? { value: () => false, issues: unknown } : selects;
  });
}

/** Ports stand beside `to` or in its elements. `ip: {}` is any address: no other peer has a meaning. */
function egressRule(rule: Json, at: string): Reading<readonly number[]> {
  if (!isObject(rule)) return unreadable([], at, "must be an object");
  const to = readList(rule["to"], `${at}.to`, peerPorts);
  const usable = to.value.filter((ports) => ports !== undefined);
  const isAny = usable.length > 0 || (to.value.length === 0 && to.issues.length === 0);
  const own = portsOf(rule["ports"], `${at}.ports`);
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
  return portsOf(peer["ports"], `${at}.ports`);
}

function portsOf(list: Json | undefined, at: string): Reading<readonly number[]> {
  const ports = readList(list, at, portOf);
  return { ...ports, value: ports.value.flat() };
}

function portOf(entry: Json, at: string): Reading<readonly number[]> {
  const { port, protocol = "TCP" } = isObject(entry) ? entry : {};
  if (typeof port !== "number" || !isPort(port)) return unreadable([], `${at}.port`, "must be a number, 1 to 65535");
  if (protocol !== "TCP") return unreadable([], `${at}.protocol`, "must be TCP");
  return readable([port]);
}

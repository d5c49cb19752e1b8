/** Linkerd's Server (policy.linkerd.io, v1beta1 to v1beta3): a port of pods, in place of the default policy. */
import { isObject } from "../mesh/api.ts";
import type { Json } from "../mesh/api.ts";
import type { Issue } from "../mesh/issue.ts";
import { perObject } from "../mesh/memo.ts";
import { isPort } from "../mesh/ports.ts";
import type { ClusterView } from "../view/cluster.ts";
import { isDefaultPolicy } from "../mesh/default-policy.ts";
import type { DefaultPolicy } from "../mesh/default-policy.ts";
import type { PodView, PolicyView } from "../view/objects.ts";
import { isNamedOn } from "./port-list.ts";
import { isText, readable, unreadable } from "./reading.ts";
import type { Reading } from "./reading.ts";
import { labelSelector } from "./selector.ts";
import type { Selector } from "./selector.ts";

/** What the proxy makes of the bytes of a port (contract 4.2). */
export type Protocol = "detect" | "opaque" | "tls" | "http1" | "http2";

export interface ServerRules {
  readonly selects: Selector;
  /** A number, or the name of a container's port; undefined: it cannot be read, and selects nothing. */
  readonly port: number | string | undefined;
  readonly protocol: Protocol;
  /** Holds beside what is authorized: `deny` adds nothing. */
  readonly accessPolicy: DefaultPolicy;
  readonly issues: readonly Issue[];
}

/** The Server that selects a port of a pod; the first by name, should there be several. */
export const serverOn = (view: ClusterView, pod: PodView, port: number): PolicyView | undefined =>
  view.policies("Server", pod.namespace).find((server) => {
    const rules = serverRules(server);
    const isThisPort = typeof rules.port === "string" ? isNamedOn(pod, port)(rules.port) : rules.port === port;
    return isThisPort && rules.selects(pod.labels);
  });

export const serverRules = perObject(({ spec }: PolicyView): ServerRules => {
  // A Server for workloads outside the cluster has the other selector: no pod is meant.
  const isOfPods = !isObject(spec["externalWorkloadSelector"]) || spec["podSelector"] !== undefined;
  const selects = isOfPods ? labelSelector(spec["podSelector"], "spec.podSelector") : readable(() => false);
  const port = portOf(spec["port"]);
  const protocol = rowOf(protocols, spec["proxyProtocol"] ?? "unknown", "detect", "spec.proxyProtocol");
  const access = accessOf(spec["accessPolicy"] ?? "deny");
  return {
    selects: selects.value,
    port: port.value,
    protocol: protocol.value,
    accessPolicy: access.value,
    issues: [selects, port, protocol, access].flatMap(({ issues }) => issues),
  };
});

const protocols: ReadonlyMap<string, Protocol> = new Map([
  ["unknown", "detect"],
  ["opaque", "opaque"],
  ["TLS", "tls"],
  ["HTTP/1", "http1"],
  ["HTTP/2", "http2"],
  // Without routes of its own gRPC is HTTP/2.
  ["gRPC", "http2"],
]);

function portOf(value: Json | undefined): Reading<number | string | undefined> {
  const isName = isText(value) && value !== "";
  const isNumber = typeof value === "number" && isPort(value);
  return isName || isNumber
    ? readable(value)
    : unreadable(undefined, "spec.port", "must be a number, 1 to 65535, or the name of a container's port");
}

const accessOf = (value: Json): Reading<DefaultPolicy> =>
  isText(value) && isDefaultPolicy(value)
    ? readable(value)
    : unreadable("deny", "spec.accessPolicy", "must be a default policy, such as deny");

function rowOf<Row>(rows: ReadonlyMap<string, Row>, value: Json, otherwise: Row, at: string): Reading<Row> {
  const row = isText(value) ? rows.get(value) : undefined;
  return row === undefined ? unreadable(otherwise, at, `must be one of ${[...rows.keys()].join(", ")}`) : readable(row);
}

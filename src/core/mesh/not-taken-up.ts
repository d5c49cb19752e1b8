/** What of Linkerd weft knows of and does not take up, and what is lost by it: kinds, and annotations. */
import { gatewayGroup, policyGroup } from "./groups.ts";
import { isOfWrap, keys, podsOnlyKeys } from "./annotations.ts";
import type { JsonObject } from "../base/json/json.ts";
import { objectsAt, textAt } from "../base/json/read.ts";

export interface KindNotTakenUp {
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
  /** What is missing where such an object is. */
  readonly lost: string;
  /** Whether an object is Linkerd's to read; left away: each is. */
  readonly concerns?: (object: JsonObject) => boolean;
}

/** Routes of an ingress controller or a gateway have other parents. */
const isForService = (route: JsonObject): boolean =>
  objectsAt(route, "spec", "parentRefs").some((parent) => textAt(parent, "kind") === "Service");

const route = (group: string, kind: string, what: string): KindNotTakenUp => ({
  group,
  resource: `${kind.toLowerCase()}s`,
  kind,
  lost: `${what} to its Service go where they went without it`,
  concerns: isForService,
});

export const kindsNotTakenUp: readonly KindNotTakenUp[] = [
  {
    group: policyGroup,
    resource: "egressnetworks",
    kind: "EgressNetwork",
    lost: "connections to the outside are neither denied nor counted",
  },
  route(policyGroup, "HTTPRoute", "requests"),
  route(gatewayGroup, "HTTPRoute", "requests"),
  route(gatewayGroup, "GRPCRoute", "requests"),
  route(gatewayGroup, "TLSRoute", "connections"),
  {
    group: "linkerd.io",
    resource: "serviceprofiles",
    kind: "ServiceProfile",
    lost: "no routes, retries and timeouts of its own",
  },
  {
    group: "workload.linkerd.io",
    resource: "externalworkloads",
    kind: "ExternalWorkload",
    lost: "nobody is led there",
  },
  { group: "multicluster.linkerd.io", resource: "links", kind: "Link", lost: "no Service is mirrored" },
];

/** Where an annotation stands. */
export type Annotated = "pod" | "namespace" | "Service";

export interface AnnotationNotTakenUp {
  /** With `/` at the end: all that begin with it. */
  readonly key: string;
  readonly on: readonly Annotated[];
  readonly why: string;
}

/** Where nothing follows from an annotation, whatever its value. */
export const annotationsNotTakenUp: readonly AnnotationNotTakenUp[] = [
  {
    key: keys.podInboundPorts,
    on: ["pod", "namespace"],
    why: "the proxy's inbound ports are those of the pod's containers",
  },
  ...[...podsOnlyKeys]
    .filter((key) => !isOfWrap(key))
    .toSorted()
    .map((key): AnnotationNotTakenUp => ({
      key,
      on: ["namespace"],
      why: "pods do not inherit it: it has an effect on pods alone",
    })),
  ...["config.linkerd.io/disable-tap", "config.linkerd.io/disable-identity"].map((key): AnnotationNotTakenUp => ({
    key,
    on: ["pod", "namespace"],
    why: "only earlier releases of Linkerd read it",
  })),
  ...["config.linkerd.io/trace-collector", "config.alpha.linkerd.io/trace-collector-service-account"].map(
    (key): AnnotationNotTakenUp => ({
      key,
      on: ["pod", "namespace"],
      why: "only earlier releases of Linkerd read it; the settings' proxy.tracing has the collector",
    }),
  ),
  {
    key: "balancer.linkerd.io/",
    on: ["Service"],
    why: "no endpoint is left out for its failures",
  },
  {
    key: "balancer.alpha.linkerd.io/",
    on: ["Service"],
    why: "endpoints are neither left out nor held back for their failures",
  },
  { key: "retry.linkerd.io/", on: ["Service"], why: "no request is sent again" },
  { key: "timeout.linkerd.io/", on: ["Service"], why: "no request ends for the time it takes" },
  {
    key: "mirror.linkerd.io/",
    on: ["Service"],
    why: "proxies are told neither endpoints nor identities of other clusters",
  },
  { key: "multicluster.linkerd.io/", on: ["Service"], why: "endpoints of other Services and clusters are not joined" },
];

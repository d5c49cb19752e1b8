/** Objects as the API server gives them → what is kept of them. */
import { isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { excessLength, mostPorts } from "../mesh/lists.ts";
import { controllerOf, textAt } from "../base/json/read.ts";
import { sidecarPorts } from "../mesh/proxy-ports.ts";
import { sidecarOf } from "../mesh/sidecar.ts";
import { addressBytes, addressText } from "../base/scalars/subnets.ts";
import type {
  ContainerPort,
  EndpointView,
  NamespaceView,
  NodeView,
  PodView,
  PolicyKind,
  PolicyObject,
  Probe,
  ServiceView,
  SliceView,
} from "./objects.ts";
import { numberIn, objectIn, objectsIn, textIn, textMapIn, textsIn } from "./read.ts";

export function podView(object: JsonObject): PodView {
  const { metadata, spec, status } = parts(object);
  const containers = [...objectsIn(spec, "initContainers"), ...objectsIn(spec, "containers")];
  const sidecar = sidecarOf(object);
  const phase = textIn(status, "phase");
  const ips = objectsIn(status, "podIPs").map((each) => textIn(each, "ip"));
  const hostIps = objectsIn(status, "hostIPs").map((each) => textIn(each, "ip"));
  return {
    namespace: textIn(metadata, "namespace"),
    name: textIn(metadata, "name"),
    uid: textIn(metadata, "uid"),
    ips: addresses((ips.length > 0 ? ips : [textIn(status, "podIP")]).slice(0, mostAddresses)),
    // Kubernetes before 1.30 gives the first alone.
    hostIps: addresses((hostIps.length > 0 ? hostIps : [textIn(status, "hostIP")]).slice(0, mostAddresses)),
    hostNetwork: spec["hostNetwork"] === true,
    sidecar: sidecar && sidecarPorts(sidecar),
    nodeName: textIn(spec, "nodeName"),
    serviceAccount: textIn(spec, "serviceAccountName") || "default",
    labels: textMapIn(metadata, "labels"),
    annotations: ofLinkerd(metadata),
    owner: controllerOf(object),
    alive: phase !== "Succeeded" && phase !== "Failed",
    deleted: metadata["deletionTimestamp"] !== undefined && metadata["deletionTimestamp"] !== null,
    created: createdIn(metadata),
    ports: withHostIps(containers.flatMap(portsOf)),
    probes: containers.flatMap(probesOf),
  };
}

/** One that is being deleted may still run, and is not counted on. */
export const isRunning = (pod: JsonObject, { deleted }: Pick<PodView, "deleted">): boolean =>
  textAt(pod, "status", "phase") === "Running" && !deleted;

/** Of a pod, which has one of each family; of an endpoint, of which clients may take the first alone. */
export const mostAddresses = 8;

const portsOf = (container: JsonObject): readonly ContainerPort[] =>
  objectsIn(container, "ports").map((port) => ({
    name: textIn(port, "name"),
    port: numberIn(port, "containerPort") ?? 0,
    hostPort: numberIn(port, "hostPort"),
    hostIp: textIn(port, "hostIP"),
    protocol: textIn(port, "protocol") || "TCP",
  }));

/**
 * Of more ports than any node has room for no address is read: each stays as it is spelled. A pod that took them for all
 * addresses of the node would be given what is another's.
 */
const withHostIps = (ports: readonly ContainerPort[]): readonly ContainerPort[] =>
  ports.length > mostPorts
    ? ports
    : ports.map((port) => (port.hostIp === "" ? port : { ...port, hostIp: canonical(port.hostIp) }));

/** What kubelet asks of a container: its probes, and its hooks, which it calls as it does a probe. */
const probesOf = (container: JsonObject): readonly Probe[] => {
  const hooks = objectIn(container, "lifecycle");
  return [
    ...["livenessProbe", "readinessProbe", "startupProbe"].map((key) => objectIn(container, key)),
    ...["postStart", "preStop"].map((key) => objectIn(hooks, key)),
  ].flatMap((asked) => [...httpProbe(container, asked["httpGet"]), ...grpcProbe(asked["grpc"])]);
};

/** Named ports are those of the container itself (core/v1, HTTPGetAction). */
function httpProbe(container: JsonObject, get: Json | undefined): readonly Probe[] {
  if (!isObject(get)) return [];
  const port = numberIn(get, "port") ?? portNamed(container, textIn(get, "port"));
  const path = (textIn(get, "path") || "/").split("?", 1)[0] ?? "/";
  return port === undefined ? [] : [{ port, method: "GET", path: path.startsWith("/") ? path : `/${path}` }];
}

function portNamed(container: JsonObject, name: string): number | undefined {
  const named = objectsIn(container, "ports").find((port) => textIn(port, "name") === name);
  return named && (numberIn(named, "containerPort") ?? 0);
}

/** A call of the health service, whichever service it asks about (core/v1, GRPCAction). */
function grpcProbe(grpc: Json | undefined): readonly Probe[] {
  const port = isObject(grpc) ? numberIn(grpc, "port") : undefined;
  return port === undefined ? [] : [{ port, method: "POST", path: "/grpc.health.v1.Health/Check" }];
}

export function serviceView(object: JsonObject): ServiceView {
  const { metadata, spec } = parts(object);
  const type = textIn(spec, "type") || "ClusterIP";
  const clusterIp = textIn(spec, "clusterIP");
  const all = textsIn(spec, "clusterIPs");
  return {
    namespace: textIn(metadata, "namespace"),
    name: textIn(metadata, "name"),
    clusterIps: addresses(all.length > 0 ? all : [clusterIp]).filter((ip) => ip !== "None"),
    type,
    headless: clusterIp === "None",
    ports: objectsIn(spec, "ports").map((port) => ({
      name: textIn(port, "name"),
      port: numberIn(port, "port") ?? 0,
      targetPort: numberIn(port, "targetPort") ?? (textIn(port, "targetPort") || (numberIn(port, "port") ?? 0)),
      protocol: textIn(port, "protocol") || "TCP",
      appProtocol: textIn(port, "appProtocol"),
    })),
    annotations: ofLinkerd(metadata),
    selector: textMapIn(spec, "selector"),
    isLocal: textIn(spec, "internalTrafficPolicy") === "Local",
  };
}

export function sliceView(object: JsonObject): SliceView {
  const { metadata } = parts(object);
  return {
    namespace: textIn(metadata, "namespace"),
    name: textIn(metadata, "name"),
    service: textMapIn(metadata, "labels")["kubernetes.io/service-name"] ?? "",
    addressType: textIn(object, "addressType"),
    ports: objectsIn(object, "ports").map((port) => ({
      name: textIn(port, "name"),
      port: numberIn(port, "port"),
      protocol: textIn(port, "protocol") || "TCP",
    })),
    endpoints: objectsIn(object, "endpoints").map((each) => endpointView(each, textIn(metadata, "namespace"))),
  };
}

/** A Pod without namespace is of its slice's. */
function endpointView(endpoint: JsonObject, namespace: string): EndpointView {
  const target = objectIn(endpoint, "targetRef");
  const isPod = textIn(target, "kind") === "Pod";
  const conditions = objectIn(endpoint, "conditions");
  return {
    addresses: addresses(textsIn(endpoint, "addresses").slice(0, mostAddresses)),
    // Absent means ready (discovery.k8s.io/v1, EndpointConditions).
    ready: conditions["ready"] !== false,
    draining: conditions["terminating"] === true && conditions["serving"] === true,
    hostname: textIn(endpoint, "hostname"),
    nodeName: textIn(endpoint, "nodeName"),
    zone: textIn(endpoint, "zone"),
    pod: isPod ? { namespace: textIn(target, "namespace") || namespace, name: textIn(target, "name") } : undefined,
    forZones: objectsIn(objectIn(endpoint, "hints"), "forZones").map((zone) => textIn(zone, "name")),
  };
}

export const nodeView = (object: JsonObject): NodeView => {
  const { metadata } = parts(object);
  return {
    name: textIn(metadata, "name"),
    zone: textMapIn(metadata, "labels")["topology.kubernetes.io/zone"] ?? "",
  };
};

export const namespaceView = (object: JsonObject): NamespaceView => {
  const { metadata } = parts(object);
  return {
    name: textIn(metadata, "name"),
    labels: textMapIn(metadata, "labels"),
    annotations: ofLinkerd(metadata),
  };
};

export const policyView =
  (kind: PolicyKind) =>
  (object: JsonObject): PolicyObject => {
    const { metadata, spec, status } = parts(object);
    return {
      kind,
      namespace: textIn(metadata, "namespace"),
      name: textIn(metadata, "name"),
      uid: textIn(metadata, "uid"),
      generation: numberIn(metadata, "generation") ?? 0,
      created: createdIn(metadata),
      labels: textMapIn(metadata, "labels"),
      spec,
      status,
      version: textIn(metadata, "resourceVersion"),
    };
  };

const parts = (object: JsonObject) => ({
  metadata: objectIn(object, "metadata"),
  spec: objectIn(object, "spec"),
  status: objectIn(object, "status"),
});

const createdIn = (metadata: JsonObject): number => Date.parse(textIn(metadata, "creationTimestamp")) || 0;

const addresses = (texts: readonly string[]): readonly string[] => texts.filter((text) => text !== "").map(canonical);

/** An address has several spellings (`FD00::01`): all are looked up as one. A text that is none stays. */
function canonical(text: string): string {
  const bytes = addressBytes(text);
  return bytes === undefined ? text : addressText(bytes);
}

function ofLinkerd(metadata: JsonObject): Readonly<Record<string, string>> {
  const entries = Object.entries(textMapIn(metadata, "annotations")).filter(([key]) =>
    /^(config\.)?linkerd\.io\//.test(key),
  );
  return entries.length === 0 ? none : Object.fromEntries(entries.map(([key, text]) => [key, fitting(text)]));
}

/** In place of what is too long to say anything (core/mesh/lists.ts): as long, but one for all. */
const overlong = ",".repeat(mostPorts + 1);

const fitting = (text: string): string => (excessLength(text, mostPorts) === undefined ? text : overlong);

/** Most objects have none: they share one object. */
const none: Readonly<Record<string, string>> = {};

/** One endpoint as the proxy is told of it: where it is, who answers there, how it is spoken to. */
import { keys, labels } from "../mesh/annotations.ts";
import { accountFault, identityOf } from "../mesh/identity.ts";
import { hasPort } from "../mesh/port-list.ts";
import { proxyPortsOf } from "../mesh/proxy-ports.ts";
import { isOpaqueOnPod } from "../policy/opaque.ts";
import { portListIn } from "../policy/port-list.ts";
import { tcpAddress } from "../proxy-api/address.ts";
import type { ProtocolHint, TlsIdentity, WeightedAddr } from "../proxy-api/destination.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { PodView } from "../view/objects.ts";

/** The proxy takes it for the weight of one. */
const weight = 10_000;

/** `undefined`: the address is none. */
export function bareEndpoint(
  ip: string,
  port: number,
  metricLabels: Readonly<Record<string, string>> = {},
): WeightedAddr | undefined {
  const addr = tcpAddress(ip, port);
  return addr === undefined ? undefined : { addr, weight, metric_labels: metricLabels };
}

export interface PodPort {
  readonly pod: PodView;
  /** One of the pod's. */
  readonly ip: string;
  readonly port: number;
}

/** `metricLabels` are added to those of the pod. */
export function podEndpoint(
  view: ClusterView,
  mesh: MeshView,
  at: PodPort,
  metricLabels: Readonly<Record<string, string>>,
): WeightedAddr | undefined {
  const bare = bareEndpoint(at.ip, at.port, { ...labelsOf(at.pod), ...metricLabels });
  return bare && { ...bare, ...spokenWith(view, mesh, at) };
}

/** How a pod is spoken to; empty: as one that is not in the mesh. */
export type Spoken = Pick<WeightedAddr, "tls_identity" | "protocol_hint" | "http2">;

export function spokenWith(view: ClusterView, mesh: MeshView, { pod, ip, port }: PodPort): Spoken {
  const isBare =
    !isMeshed(mesh, pod, port) || !isListenedTo(mesh, ip) || accountFault(pod.serviceAccount) !== undefined;
  return isBare
    ? {}
    : { tls_identity: tlsIdentity(mesh, pod), protocol_hint: hint(view, mesh, pod, port), ...http2(mesh) };
}

/** Labels of an endpoint in a zone, for a client in a zone; an empty zone is not known. */
export const zoneLabels = (zone: string, clientZone: string): Readonly<Record<string, string>> => ({
  ...(zone === "" ? {} : { zone }),
  zone_locality: zone === "" || clientZone === "" ? "unknown" : zone === clientZone ? "local" : "remote",
});

export function labelsOf(pod: PodView): Readonly<Record<string, string>> {
  const { owner, name, serviceAccount } = pod;
  const kind = owner?.kind.toLowerCase() ?? "";
  const controlPlane = pod.labels[labels.controlPlaneNamespace] ?? "";
  const hash = pod.labels["pod-template-hash"] ?? "";
  return {
    // Prometheus has a label `job` of its own.
    ...(owner === undefined || kind === "" ? {} : { [kind === "job" ? "k8s_job" : kind]: owner.name }),
    pod: name,
    serviceaccount: serviceAccount,
    ...(controlPlane === "" ? {} : { control_plane_ns: controlPlane }),
    ...(hash === "" ? {} : { pod_template_hash: hash }),
  };
}

/** Whether the pod's proxy answers on this port. */
const isMeshed = (mesh: MeshView, pod: PodView, port: number): boolean =>
  pod.labels[labels.controlPlaneNamespace] === mesh.controlPlaneNamespace && !isSkipped(pod, port);

/** By a list that is too long no port was skipped when the pod was injected; nobody is spoken to in plain text for one. */
function isSkipped({ annotations }: PodView, port: number): boolean {
  const list = portListIn(annotations, keys.skipInboundPorts);
  return list !== undefined && list !== "overlong" && hasPort(list, port);
}

function tlsIdentity(mesh: MeshView, pod: PodView): TlsIdentity {
  const name = { name: identityOf(pod, mesh) };
  return { dns_like_identity: name, server_name: name };
}

/**
 * With its inbound port a client dials the proxy itself, which needs no redirection and no detection; an opaque port
 * works in no other way. The proxy's own ports are behind no other port.
 */
function hint(view: ClusterView, mesh: MeshView, pod: PodView, port: number): ProtocolHint {
  const { inbound, admin, control } = proxyPortsOf(mesh.proxyPorts, pod);
  const isProxys = port === admin || port === control;
  const isOpaque = !isProxys && isOpaqueOnPod(view, mesh, pod, port);
  const isDirect = isOpaque || (!isProxys && mesh.dialsOwnPorts !== true);
  return {
    ...(isOpaque ? { opaque: {} } : mesh.upgradesHttp1 === false ? {} : { h2: {} }),
    ...(isDirect ? { opaque_transport: { inbound_port: inbound } } : {}),
  };
}

const http2 = ({ keepAlive }: MeshView): Pick<WeightedAddr, "http2"> =>
  keepAlive === undefined
    ? {}
    : {
        http2: {
          keep_alive: {
            interval: { seconds: keepAlive.interval },
            timeout: { seconds: keepAlive.timeout },
            while_idle: keepAlive.whileIdle,
          },
        },
      };

/** Where a proxy listens on IPv4 alone nobody answers for the pod at an address of IPv6. */
export const isListenedTo = ({ ipv6 }: Pick<MeshView, "ipv6">, ip: string): boolean => ipv6 || !ip.includes(":");

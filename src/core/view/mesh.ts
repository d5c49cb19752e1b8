/** What holds for the whole mesh, as destinations and policies need it: from the installation's settings. */
import type { DefaultPolicy } from "../mesh/default-policy.ts";
import type { IdentityDomain } from "../mesh/identity.ts";
import type { ProxyPorts } from "../mesh/proxy-ports.ts";
import type { PortRange } from "../base/scalars/ports.ts";
import type { Cidr } from "../base/scalars/subnets.ts";

export interface MeshView extends IdentityDomain {
  /** Such as `cluster.local`. */
  readonly clusterDomain: string;
  /** Where pods and Services have their addresses. */
  readonly clusterNetworks: readonly Cidr[];
  /** Proxies listen on IPv6 too (`disableIPv6: false`). */
  readonly ipv6: boolean;
  readonly defaultInboundPolicy: DefaultPolicy;
  /** Of pods and Services that say nothing (`proxy.opaquePorts`). */
  readonly opaquePorts: readonly PortRange[];
  /** Where kubelet's probes may come from. */
  readonly probeNetworks: readonly Cidr[];
  /** Of proxies that are injected now; `proxyPortsOf` has those of a pod. */
  readonly proxyPorts: ProxyPorts;
  /** HTTP/2 pings between proxies, so that one that vanished is noticed; absent: none. */
  readonly keepAlive?: KeepAlive | undefined;
  /** HTTP/1 between proxies is carried in HTTP/2; absent: it is. */
  readonly upgradesHttp1?: boolean | undefined;
  /** Endpoints are dialled on their own ports, not on the proxy's (`outboundTransportMode: transparent`). */
  readonly dialsOwnPorts?: boolean | undefined;
}

/** Seconds. */
export interface KeepAlive {
  readonly interval: number;
  readonly timeout: number;
  /** Also while there are no requests. */
  readonly whileIdle: boolean;
}

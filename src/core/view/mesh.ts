/** What holds for the whole mesh, as destinations and policies need it: from the installation's settings. */
import type { DefaultPolicy } from "../mesh/default-policy.ts";
import type { IdentityDomain } from "../mesh/identity.ts";
import type { PortRange } from "../mesh/ports.ts";
import type { Cidr } from "../mesh/subnets.ts";

export interface MeshView extends IdentityDomain {
  /** Such as `cluster.local`. */
  readonly clusterDomain: string;
  /** Where pods and Services have their addresses. */
  readonly clusterNetworks: readonly Cidr[];
  readonly defaultInboundPolicy: DefaultPolicy;
  /** Of pods and Services that say nothing (`proxy.opaquePorts`). */
  readonly opaquePorts: readonly PortRange[];
  /** Where kubelet's probes may come from. */
  readonly probeNetworks: readonly Cidr[];
  /** Of the proxy; inbound is the "direct" port (contract 3.5). */
  readonly proxyPorts: { readonly inbound: number; readonly admin: number; readonly control: number };
}

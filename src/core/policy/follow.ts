/** How targets are reached, as that changes, shared by all clients that reach them in the same way. */
import { addressText, addressBytes } from "../base/scalars/subnets.ts";
import type { ClusterView } from "../view/cluster.ts";
import { combined } from "../view/combined.ts";
import type { Live } from "../view/live.ts";
import type { MeshView } from "../view/mesh.ts";
import type { Workload } from "../view/workload.ts";
import { isOpaqueForClient } from "./opaque.ts";
import { outboundPolicy } from "./outbound.ts";
import type { OutboundAnswer, OutboundTarget } from "./outbound.ts";

/**
 * The value now and whenever it is another one, until the function that is returned is called. An equal value may come
 * again when the client is seen otherwise than before.
 */
export function followOutbound(
  live: Live,
  mesh: MeshView,
  client: Workload | undefined,
  target: OutboundTarget,
  onValue: (value: OutboundAnswer) => void,
): () => void {
  const [ip, { port }] = [addressOf(target.ip), target];
  const of = client === undefined ? [] : [client.namespace, client.pod];
  return combined(
    live,
    {
      key: JSON.stringify(["opaque for", port, ...of]),
      make: (view: ClusterView) => isOpaqueForClient(view, client, port),
    },
    // Nearly all clients are of the one kind, and share it.
    (isOpaque) =>
      isOpaque
        ? { key: JSON.stringify(["way", ip, port, ...of]), make: (view) => outboundPolicy(view, mesh, client, target) }
        : { key: JSON.stringify(["way", ip, port]), make: (view) => outboundPolicy(view, mesh, undefined, target) },
    onValue,
  );
}

/** Equal addresses, equal texts. */
function addressOf(ip: string): string {
  const bytes = addressBytes(ip);
  return bytes === undefined ? ip : addressText(bytes);
}

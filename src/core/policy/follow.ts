/** How targets are reached, as that changes, shared by all clients that reach them in the same way. */
import { addressText, addressBytes } from "../base/scalars/subnets.ts";
import { combined, following } from "../view/combined.ts";
import type { Following } from "../view/combined.ts";
import type { Live } from "../view/live.ts";
import type { MeshView } from "../view/mesh.ts";
import type { Workload } from "../view/workload.ts";
import { isOpaqueForClient } from "./opaque.ts";
import { outboundPolicy } from "./outbound.ts";
import type { OutboundAnswer, OutboundTarget } from "./outbound.ts";
import { hasOwnRoute } from "./tcp-route.ts";

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
  const { namespace = "", pod = "" } = client ?? {};
  const way = (as: Workload | undefined): Following<OutboundAnswer> =>
    following(live, {
      key: JSON.stringify(["way", ip, port, ...(as === undefined ? [] : [as.namespace, as.pod])]),
      make: (view) => outboundPolicy(view, mesh, as, target),
    });
  const isOpaque = following(live, {
    key: JSON.stringify(["opaque for", port, namespace, pod]),
    make: (view) => isOpaqueForClient(view, client, port),
  });
  const hasRoutes = following(live, {
    key: JSON.stringify(["routes of clients", ip, port, namespace]),
    make: (view) => {
      const service = view.serviceAt(ip);
      return service !== undefined && hasOwnRoute(view, service, port, namespace);
    },
  });
  // Nearly all clients are of the one kind, and share it; those of a namespace with routes of its own share another.
  const shared = combined(hasRoutes, (has) => way(has ? { namespace, pod: "" } : undefined));
  return combined(isOpaque, (opaque) => (opaque ? way(client) : client === undefined ? way(undefined) : shared))(
    onValue,
  );
}

/** Equal addresses, equal texts. */
function addressOf(ip: string): string {
  const bytes = addressBytes(ip);
  return bytes === undefined ? ip : addressText(bytes);
}

/**
 * Who asks, as far as answers depend on it: not the node but its zone, not the pod but what its egress says. So
 * thousands of clients share a few answers, and a node that goes takes away nothing from those that share one with it.
 */
import { isOpaqueForClient } from "../policy/opaque.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { Context } from "../view/workload.ts";
import type { Target } from "./target.ts";

/** Who asks for endpoints. */
export interface Place {
  /** Empty: not known. */
  readonly zone: string;
  /** Only where the Service is for its clients' own nodes, else empty. */
  readonly node: string;
}

/** Who asks for a profile. */
export interface Client {
  readonly zone: string;
  /** The client's own policy says that this port is opaque. */
  readonly isOpaque: boolean;
}

export function placeOf(view: ClusterView, target: Target, { nodeName }: Context): Place {
  const isLocal = target.kind === "service" && view.service(target.namespace, target.name)?.isLocal === true;
  return { zone: zoneOf(view, nodeName), node: isLocal ? nodeName : "" };
}

export const clientOf = (view: ClusterView, target: Target, context: Context): Client => ({
  zone: zoneOf(view, context.nodeName),
  isOpaque: target.kind !== "invalid" && isOpaqueForClient(view, context, target.port),
});

export const zoneOf = (view: ClusterView, node: string): string => (node === "" ? "" : (view.node(node)?.zone ?? ""));

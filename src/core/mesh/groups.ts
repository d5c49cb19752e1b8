/** API groups of policies and routes, and weft's own kind among them. */

export const policyGroup = "policy.linkerd.io";
export const gatewayGroup = "gateway.networking.k8s.io";
export const splitGroup = "split.smi-spec.io";

/** weft's, not that of networking.k8s.io. */
export const weftNetworkPolicies = {
  apiVersion: `${policyGroup}/v1alpha1`,
  kind: "NetworkPolicy",
  plural: "networkpolicies",
  namespaced: true,
} as const;

/** API groups of policies and routes, and weft's own kind among them. */

export const policyGroup = "policy.linkerd.io";
export const gatewayGroup = "gateway.networking.k8s.io";
export const splitGroup = "split.smi-spec.io";

/** weft stands in for Linkerd's policy controller, and tools look for its name in the status of routes. */
export const policyController = "linkerd.io/policy-controller";

/** weft's, not that of networking.k8s.io. */
export const weftNetworkPolicies = {
  apiVersion: `${policyGroup}/v1alpha1`,
  kind: "NetworkPolicy",
  plural: "networkpolicies",
  namespaced: true,
} as const;

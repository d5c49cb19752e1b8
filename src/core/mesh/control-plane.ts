/** The control plane as proxies and its installation know it: domains, Services, accounts, the audience of tokens. */

/** Of the chart, where nothing is said. */
export const defaultClusterDomain = "cluster.local";

/** Linkerd's own; that of values without one. */
export const linkerdNamespace = "linkerd";

/** The webhook in the registration of Linkerd's injector. */
export const linkerdsWebhook = "linkerd-proxy-injector.linkerd.io";

export interface Domains {
  /** Such as `cluster.local`. */
  readonly clusterDomain: string;
  readonly trustDomain: string;
}

/** Of Linkerd's values, raw or read: a trust domain that is blank is the cluster's. */
export function domainsOf(values: {
  readonly clusterDomain?: unknown;
  readonly identityTrustDomain?: unknown;
}): Domains {
  const clusterDomain = textOr(values.clusterDomain, defaultClusterDomain);
  return { clusterDomain, trustDomain: textOr(values.identityTrustDomain, clusterDomain) };
}

const textOr = (value: unknown, otherwise: string): string =>
  typeof value === "string" && value !== "" ? value : otherwise;

/**
 * What injected proxies dial: a Service for each port, as clients of one with several mix them up. They
 * expect a certificate of that ServiceAccount.
 */
export const controlPlane = {
  identity: {
    name: "linkerd-identity-headless",
    port: { name: "grpc-identity", number: 8080 },
    account: "linkerd-identity",
  },
  destination: {
    name: "linkerd-dst-headless",
    port: { name: "grpc-dest", number: 8086 },
    account: "linkerd-destination",
  },
  policy: { name: "linkerd-policy", port: { name: "grpc-policy", number: 8090 }, account: "linkerd-destination" },
} as const;

export const controlPlaneServices = Object.values(controlPlane);
export type ControlPlaneService = (typeof controlPlaneServices)[number];

/** Of the tokens with which proxies ask for certificates: one that leaks is good for nothing else. */
export const tokenAudience = "identity.l5d.io";

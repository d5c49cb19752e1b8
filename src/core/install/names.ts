/** Names in the cluster, once. */

export const names = {
  /** Deployment, Service, ServiceAccount, roles, bindings, PodDisruptionBudget, NetworkPolicy, Lease, Certificate. */
  injector: "weft-injector",
  /** The Secret in which the replicas keep the CA and the certificate that they make. */
  ownSecret: "weft-tls",
  certManagerSecret: "weft-tls-cert-manager",
  certManagerCaSecret: "weft-ca-cert-manager",
  givenSecret: "weft-tls-given",
  /** Linkerd's own, with the same keys. */
  settings: "linkerd-config",
  settingsKey: "values",
  trustAnchors: "linkerd-identity-trust-roots",
  trustAnchorsKey: "ca-bundle.crt",
  /** What weft was installed with; `weft upgrade` starts from it. */
  given: "weft-installation",
  givenKey: "values",
} as const;

export const ports = { service: 443, webhook: 8443, admin: 9995 } as const;

/** Where the container finds them; Linkerd's own paths (contract 5.1). */
export const paths = {
  settings: "/var/run/linkerd/config",
  trustAnchors: "/var/run/linkerd/identity/trust-roots",
  tls: "/var/run/weft/tls",
  token: "/var/run/secrets/kubernetes.io/serviceaccount",
} as const;

export interface ConfigurationNames {
  readonly mutating: string;
  readonly validating: string;
}

/** Beside a running Linkerd weft is called first: configurations are called by name, and `l5d-` is before `linkerd-`. */
export const configurationNames = (adopts: boolean): ConfigurationNames =>
  adopts
    ? { mutating: "l5d-weft", validating: "l5d-weft-advice" }
    : { mutating: "weft-injector", validating: "weft-advice" };

/** On every object, so that they can be found again. */
export const commonLabels = {
  "app.kubernetes.io/name": "weft",
  "app.kubernetes.io/part-of": "weft",
  "app.kubernetes.io/component": "injector",
} as const;

export const labelSelector = "app.kubernetes.io/name=weft,app.kubernetes.io/part-of=weft";

/** Of the pods; a Deployment's selector cannot be changed later. */
export const podSelector = {
  "app.kubernetes.io/name": "weft",
  "app.kubernetes.io/component": "injector",
} as const;

/** Names in the cluster, once. */
import { policyGroup, splitGroup, weftNetworkPolicies } from "../mesh/groups.ts";
import { namedPath, resources } from "../kubernetes/kinds.ts";
import { tokenMountPath } from "../kubernetes/service-account.ts";

export const names = {
  /** Deployment, Service, ServiceAccount, roles, bindings, PodDisruptionBudget, NetworkPolicy, Certificate. */
  injector: "weft-injector",
  /** The same kinds of objects for the control plane; and a Lease. */
  controller: "weft-controller",
  /** Likewise for the certificate controller, which has no Service. */
  certificates: "weft-certificates",
  /** Roles of people, bound to nobody. */
  viewer: "weft-viewer",
  debug: "weft-debug",
  tap: "weft-tap",
  certify: "weft-certify",
  /** ValidatingAdmissionPolicy, and its binding. */
  changeGuard: "weft-changes-only-ca-bundles",
  /** Likewise. */
  anchorGuard: "weft-keeps-trust-anchors",
  /** Likewise. */
  installationGuard: "weft-keeps-installation",
  /** The Secret with the certificate that the webhook serves, and nothing else of weft's. */
  servedSecret: "weft-tls",
  /** The Secret in which the certificate controller keeps the CA and the certificates that it makes. */
  caSecret: "weft-ca",
  certManagerSecret: "weft-tls-cert-manager",
  certManagerCaSecret: "weft-ca-cert-manager",
  givenSecret: "weft-tls-given",
  /** Linkerd's own, with the same keys. */
  settings: "linkerd-config",
  settingsKey: "values",
  trustAnchors: "linkerd-identity-trust-roots",
  trustAnchorsKey: "ca-bundle.crt",
  /** The CA below the anchors; Linkerd's name, too. Also that of cert-manager's Certificate. */
  issuer: "linkerd-identity-issuer",
  /** The CA of API servers' client certificates, when the webhook is to ask for them. */
  clientCa: "weft-webhook-client-ca",
  clientCaKey: "ca.crt",
  networkPolicies: `${weftNetworkPolicies.plural}.${policyGroup}`,
  trafficSplits: `trafficsplits.${splitGroup}`,
  /** What weft was installed with; `weft upgrade` starts from it. */
  given: "weft-installation",
  givenKey: "values",
} as const;

export const ports = { service: 443, webhook: 8443, admin: 9995 } as const;

/** Where a pod of weft's is asked for metrics and readiness, through the API server. */
export const adminPath = (namespace: string, pod: string): string =>
  `${namedPath(resources.pods, pod, namespace)}:${ports.admin}/proxy`;

/** Where the container finds them; Linkerd's own paths. */
export const paths = {
  settings: "/var/run/linkerd/config",
  trustAnchors: "/var/run/linkerd/identity/trust-roots",
  issuer: "/var/run/linkerd/identity/issuer",
  tls: "/var/run/weft/tls",
  clientCa: "/var/run/weft/client-ca",
  token: tokenMountPath,
} as const;

export interface ConfigurationNames {
  readonly mutating: string;
  readonly validating: string;
  /** Undefined: Linkerd's own validator looks at policies. */
  readonly policies?: string;
}

/** Beside a running Linkerd weft is called first: configurations are called by name, and `l5d-` is before `linkerd-`. */
export const configurationNames = (adopts: boolean): ConfigurationNames =>
  adopts
    ? { mutating: "l5d-weft", validating: "l5d-weft-advice" }
    : { mutating: "weft-injector", validating: "weft-advice", policies: "weft-policy" };

export const validatingNames = ({ validating, policies }: ConfigurationNames): readonly string[] =>
  policies === undefined ? [validating] : [validating, policies];

export const components = { injector: "injector", controller: "controller", certificates: "certificates" } as const;
export type Component = (typeof components)[keyof typeof components];

/** On every object, so that they can be found again. */
export const labelsOf = (component: Component) =>
  ({
    "app.kubernetes.io/name": "weft",
    "app.kubernetes.io/part-of": "weft",
    "app.kubernetes.io/component": component,
  }) as const;

export const commonLabels = labelsOf(components.injector);

export const labelSelector = "app.kubernetes.io/name=weft,app.kubernetes.io/part-of=weft";

/** Of the pods; a Deployment's selector cannot be changed later. */
export const podSelectorOf = (component: Component) =>
  ({
    "app.kubernetes.io/name": "weft",
    "app.kubernetes.io/component": component,
  }) as const;

/** The same for a query. */
export const podSelectorText = (component: Component): string => selectorText(podSelectorOf(component));

export const selectorText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join();

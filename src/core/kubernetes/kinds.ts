/** Where the objects of an installation are in the Kubernetes API. */

export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

const kind = (apiVersion: string, kind: string, plural: string, namespaced = true): Kind => ({
  apiVersion,
  kind,
  plural,
  namespaced,
});

/** Every kind that an installation may have, in the order in which they are deleted. */
export const kinds: readonly Kind[] = [
  kind("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", false),
  kind("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", false),
  kind("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
  kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"),
  kind("apps/v1", "Deployment", "deployments"),
  kind("v1", "Service", "services"),
  kind("v1", "ConfigMap", "configmaps"),
  kind("cert-manager.io/v1", "Certificate", "certificates"),
  kind("cert-manager.io/v1", "Issuer", "issuers"),
  kind("coordination.k8s.io/v1", "Lease", "leases"),
  kind("v1", "Secret", "secrets"),
  kind("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions", false),
  kind(
    "admissionregistration.k8s.io/v1",
    "ValidatingAdmissionPolicyBinding",
    "validatingadmissionpolicybindings",
    false,
  ),
  kind("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", false),
  kind("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings"),
  kind("rbac.authorization.k8s.io/v1", "Role", "roles"),
  kind("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", false),
  kind("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", false),
  kind("v1", "ServiceAccount", "serviceaccounts"),
  kind("v1", "Namespace", "namespaces", false),
];

/** Path of all objects of a kind; in all namespaces when none is given. */
export function collectionPath({ apiVersion, plural, namespaced }: Kind, namespace?: string): string {
  const group = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespaced && namespace !== undefined ? `${group}/namespaces/${namespace}/${plural}` : `${group}/${plural}`;
}

export function objectPath({ apiVersion, kind, name, namespace }: ObjectName): string {
  const found = kinds.find((each) => each.apiVersion === apiVersion && each.kind === kind);
  if (found === undefined) throw new Error(`no kind of an installation: ${apiVersion} ${kind}`);
  return `${collectionPath(found, namespace)}/${name}`;
}

export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Empty for objects that have none. */
  readonly namespace: string;
}

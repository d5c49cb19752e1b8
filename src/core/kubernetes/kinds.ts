/** Kinds of objects that weft asks for, and where they are in the Kubernetes API: no other file spells a path. */

export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

const inNamespaces = (apiVersion: string, kind: string, plural: string): Kind => ({
  apiVersion,
  kind,
  plural,
  namespaced: true,
});
const inCluster = (...names: Parameters<typeof inNamespaces>): Kind => ({
  ...inNamespaces(...names),
  namespaced: false,
});

const admission = "admissionregistration.k8s.io/v1";
const rbac = "rbac.authorization.k8s.io/v1";
const access = "authorization.k8s.io/v1";

export const resources = {
  configMaps: inNamespaces("v1", "ConfigMap", "configmaps"),
  events: inNamespaces("v1", "Event", "events"),
  namespaces: inCluster("v1", "Namespace", "namespaces"),
  nodes: inCluster("v1", "Node", "nodes"),
  pods: inNamespaces("v1", "Pod", "pods"),
  secrets: inNamespaces("v1", "Secret", "secrets"),
  serviceAccounts: inNamespaces("v1", "ServiceAccount", "serviceaccounts"),
  services: inNamespaces("v1", "Service", "services"),
  deployments: inNamespaces("apps/v1", "Deployment", "deployments"),
  replicaSets: inNamespaces("apps/v1", "ReplicaSet", "replicasets"),
  statefulSets: inNamespaces("apps/v1", "StatefulSet", "statefulsets"),
  daemonSets: inNamespaces("apps/v1", "DaemonSet", "daemonsets"),
  replicationControllers: inNamespaces("v1", "ReplicationController", "replicationcontrollers"),
  jobs: inNamespaces("batch/v1", "Job", "jobs"),
  cronJobs: inNamespaces("batch/v1", "CronJob", "cronjobs"),
  endpointSlices: inNamespaces("discovery.k8s.io/v1", "EndpointSlice", "endpointslices"),
  leases: inNamespaces("coordination.k8s.io/v1", "Lease", "leases"),
  networkPolicies: inNamespaces("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
  podDisruptionBudgets: inNamespaces("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"),
  mutatingWebhooks: inCluster(admission, "MutatingWebhookConfiguration", "mutatingwebhookconfigurations"),
  validatingWebhooks: inCluster(admission, "ValidatingWebhookConfiguration", "validatingwebhookconfigurations"),
  admissionPolicies: inCluster(admission, "ValidatingAdmissionPolicy", "validatingadmissionpolicies"),
  admissionPolicyBindings: inCluster(
    admission,
    "ValidatingAdmissionPolicyBinding",
    "validatingadmissionpolicybindings",
  ),
  definitions: inCluster("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions"),
  roles: inNamespaces(rbac, "Role", "roles"),
  roleBindings: inNamespaces(rbac, "RoleBinding", "rolebindings"),
  clusterRoles: inCluster(rbac, "ClusterRole", "clusterroles"),
  clusterRoleBindings: inCluster(rbac, "ClusterRoleBinding", "clusterrolebindings"),
  tokenReviews: inCluster("authentication.k8s.io/v1", "TokenReview", "tokenreviews"),
  subjectAccessReviews: inCluster(access, "SubjectAccessReview", "subjectaccessreviews"),
  selfSubjectAccessReviews: inCluster(access, "SelfSubjectAccessReview", "selfsubjectaccessreviews"),
  certificates: inNamespaces("cert-manager.io/v1", "Certificate", "certificates"),
  issuers: inNamespaces("cert-manager.io/v1", "Issuer", "issuers"),
} as const;

/** Every kind that an installation may have, in the order in which they are deleted. */
export const kinds: readonly Kind[] = [
  resources.validatingWebhooks,
  resources.mutatingWebhooks,
  resources.networkPolicies,
  resources.podDisruptionBudgets,
  resources.deployments,
  resources.services,
  resources.configMaps,
  resources.certificates,
  resources.issuers,
  resources.leases,
  resources.secrets,
  resources.definitions,
  resources.admissionPolicyBindings,
  resources.admissionPolicies,
  resources.roleBindings,
  resources.roles,
  resources.clusterRoleBindings,
  resources.clusterRoles,
  resources.serviceAccounts,
  resources.namespaces,
];

/** Of a group, such as `apps`, or of a version of it, such as `apps/v1`: `/apis/apps/v1`. The core group is `v1`. */
export const groupPath = (apiVersion: string): string => (apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`);

/** Of a version such as `apps/v1`: `apps`. The core group has no name. */
export const groupOf = (apiVersion: string): string => /^(.*)\//.exec(apiVersion)?.[1] ?? "";

/** As rules of RBAC name it. */
export const resourceOf = ({ apiVersion, plural }: Pick<Kind, "apiVersion" | "plural">) => ({
  apiGroup: groupOf(apiVersion),
  resource: plural,
});

/** Path of all objects of a kind; in all namespaces when none is given. */
export function collectionPath(kind: Omit<Kind, "kind">, namespace?: string): string {
  const { apiVersion, plural, namespaced } = kind;
  const group = groupPath(apiVersion);
  return namespaced && namespace !== undefined ? `${group}/namespaces/${namespace}/${plural}` : `${group}/${plural}`;
}

/** Of the path of a collection of a group: `apps/v1`. */
export const versionIn = (collection: string): string => collection.split("/").slice(2, 4).join("/");

/** Of one object of a collection, which is of all namespaces: `/apis/apps/v1/deployments`. */
export function pathIn(collection: string, namespace: string, name: string): string {
  const at = collection.lastIndexOf("/");
  return `${collection.slice(0, at)}/namespaces/${namespace}${collection.slice(at)}/${encodeURIComponent(name)}`;
}

/** Of one object. A name that is none stays one segment of the path (`api-path.ts` has those for names of strangers). */
export const namedPath = (kind: Kind, name: string, namespace?: string): string =>
  `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;

export const objectPath = (object: ObjectName): string => namedPath(kindOf(object), object.name, object.namespace);

/** Of an object of weft's own. */
export function kindOf({ apiVersion, kind }: Pick<ObjectName, "apiVersion" | "kind">): Kind {
  const found = Object.values(resources).find((each) => each.apiVersion === apiVersion && each.kind === kind);
  if (found === undefined) throw new Error(`no kind that weft knows: ${apiVersion} ${kind}`);
  return found;
}

export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Empty for objects that have none. */
  readonly namespace: string;
}

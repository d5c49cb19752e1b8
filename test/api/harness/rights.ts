/** Rights of a program as it is installed with them, and no others. */
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import type { AccessRule } from "../../../src/core/install/webhook-rights.ts";

const rbac = "rbac.authorization.k8s.io";

/** Roles, and their bindings to a service account of a namespace. */
export const rightsOf = (
  account: string,
  namespace: string,
  { inCluster, own }: { readonly inCluster: readonly AccessRule[]; readonly own: readonly AccessRule[] },
): readonly JsonObject[] =>
  (
    [
      ["ClusterRole", inCluster],
      ["Role", own],
    ] as const
  ).flatMap(([kind, rules]) => {
    const metadata = { name: nameIn(namespace), ...(kind === "Role" ? { namespace } : {}) };
    return [
      {
        apiVersion: `${rbac}/v1`,
        kind,
        metadata,
        rules: rules.map(({ apiGroup, resource, verbs, named }) => ({
          apiGroups: [apiGroup],
          resources: [resource],
          verbs: [...verbs],
          ...(named && { resourceNames: [...named] }),
        })),
      },
      {
        apiVersion: `${rbac}/v1`,
        kind: `${kind}Binding`,
        metadata,
        roleRef: { apiGroup: rbac, kind, name: nameIn(namespace) },
        subjects: [{ kind: "ServiceAccount", name: account, namespace }],
      },
    ];
  });

/** What of them is in no namespace. */
export const rightsPaths = (namespace: string): readonly string[] =>
  ["clusterroles", "clusterrolebindings"].map((plural) => `/apis/${rbac}/v1/${plural}/${nameIn(namespace)}`);

const nameIn = (namespace: string): string => `weft-${namespace}`;

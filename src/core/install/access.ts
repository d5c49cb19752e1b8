/** Who weft is in the cluster, and what it may do. */
import type { JsonObject } from "../mesh/api.ts";
import { meta } from "./meta.ts";
import type { Choices } from "./choices.ts";
import { configurationNames, names } from "./names.ts";
import { clusterRules, ownRules } from "./rules.ts";
import type { AccessRule } from "./rules.ts";

export function accessObjects(choices: Choices): readonly JsonObject[] {
  const { namespace, certificates, mesh } = choices;
  const makesCertificates = certificates.kind === "self";
  const inCluster = clusterRules(configurationNames(mesh.kind === "adopted"), makesCertificates);
  const own = ownRules(makesCertificates);
  return [
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: meta(names.injector, namespace),
      // The token is mounted by hand, into the one container that needs it.
      automountServiceAccountToken: false,
    },
    role("ClusterRole", inCluster),
    binding("ClusterRole", namespace),
    ...(own.length === 0 ? [] : [role("Role", own, namespace), binding("Role", namespace, namespace)]),
  ];
}

const role = (kind: "ClusterRole" | "Role", rules: readonly AccessRule[], namespace?: string): JsonObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind,
  metadata: { ...meta(names.injector, namespace), annotations: { [reasonsKey]: rules.map(reasonLine).join("") } },
  rules: rules.map(({ apiGroup, resource, named, verbs }) => ({
    apiGroups: [apiGroup],
    resources: [resource],
    ...(named === undefined ? {} : { resourceNames: named }),
    verbs,
  })),
});

/** YAML written by a program has no comments: the reasons stay with the role. */
const reasonsKey = "weft.linkerd.io/reasons";
const reasonLine = ({ resource, verbs, why }: AccessRule): string => `${resource}: ${verbs.join(", ")}: ${why}\n`;

const binding = (kind: "ClusterRole" | "Role", subjectNamespace: string, namespace?: string): JsonObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: `${kind}Binding`,
  metadata: meta(names.injector, namespace),
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name: names.injector },
  subjects: [{ kind: "ServiceAccount", name: names.injector, namespace: subjectNamespace }],
});

/** Who weft's programs are in the cluster, and what they may do; and roles for people. */
import { ownKeys } from "../mesh/annotations.ts";
import type { JsonObject } from "../base/json/json.ts";
import { meta } from "./meta.ts";
import { components, configurationNames, names } from "./names.ts";
import type { Component } from "./names.ts";
import { certificatesClusterRules, certificatesOwnRules } from "./certificates-rights.ts";
import { changeGuard } from "./change-guard.ts";
import { controllerClusterRules, controllerOwnRules } from "./controller-rights.ts";
import { peopleRoles } from "./people-rights.ts";
import { clusterRules, ownRules } from "./webhook-rights.ts";
import type { AccessRule } from "./webhook-rights.ts";
import type { InstallOptions } from "./chosen.ts";

export function accessObjects(options: InstallOptions): readonly JsonObject[] {
  const { namespace, certificates, mesh, controlPlane } = options;
  const makesCertificates = certificates.kind === "self";
  const configurations = configurationNames(mesh.kind === "adopted");
  return [
    ...accessOf(namespace, {
      name: names.injector,
      component: components.injector,
      inCluster: clusterRules,
      own: ownRules(makesCertificates),
    }),
    ...(controlPlane.kind === "own"
      ? accessOf(namespace, {
          name: names.controller,
          component: components.controller,
          inCluster: controllerClusterRules,
          own: controllerOwnRules,
        })
      : []),
    // The guard first: there is no moment in which the account may change more.
    ...(makesCertificates
      ? [
          ...changeGuard(namespace, configurations),
          ...accessOf(namespace, {
            name: names.certificates,
            component: components.certificates,
            inCluster: certificatesClusterRules(configurations, { countsMissed: controlPlane.kind !== "own" }),
            own: certificatesOwnRules,
          }),
        ]
      : []),
    ...peopleRoles(controlPlane.kind).map(({ kind, name, rules }) =>
      role(kind, { name, component: components.injector }, rules, kind === "Role" ? namespace : undefined),
    ),
  ];
}

interface Account {
  readonly name: string;
  readonly component: Component;
  readonly inCluster: readonly AccessRule[];
  readonly own: readonly AccessRule[];
}

function accessOf(namespace: string, account: Account): readonly JsonObject[] {
  const { inCluster, own, name, component } = account;
  return [
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: meta(name, namespace, component),
      // The token is mounted by hand, into the one container that needs it.
      automountServiceAccountToken: false,
    },
    role("ClusterRole", account, inCluster),
    binding("ClusterRole", account, namespace),
    ...(own.length === 0
      ? []
      : [role("Role", account, own, namespace), binding("Role", account, namespace, namespace)]),
  ];
}

type Named = Pick<Account, "name" | "component">;

const role = (
  kind: "ClusterRole" | "Role",
  { name, component }: Named,
  rules: readonly AccessRule[],
  namespace?: string,
): JsonObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind,
  metadata: { ...meta(name, namespace, component), annotations: { [reasonsKey]: rules.map(reasonLine).join("") } },
  rules: rules.map(({ apiGroup, resource, named, verbs }) => ({
    apiGroups: [apiGroup],
    resources: [resource],
    ...(named === undefined ? {} : { resourceNames: named }),
    verbs,
  })),
});

/** YAML written by a program has no comments: the reasons stay with the role. */
const reasonsKey = ownKeys.reasons;
const reasonLine = ({ resource, verbs, why }: AccessRule): string => `${resource}: ${verbs.join(", ")}: ${why}\n`;

const binding = (
  kind: "ClusterRole" | "Role",
  { name, component }: Named,
  subjectNamespace: string,
  namespace?: string,
): JsonObject => ({
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: `${kind}Binding`,
  metadata: meta(name, namespace, component),
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name },
  subjects: [{ kind: "ServiceAccount", name, namespace: subjectNamespace }],
});

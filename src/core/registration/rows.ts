/**
 * Which objects each entry gets: one row for each, from which both the registration and its model are made. The rows
 * of inject and rest are disjoint, and together they are complete: "the namespace's label or
 * the pod's annotation" cannot be said in one entry, as selectors and conditions are ANDed.
 */
import { policyGroup } from "../mesh/groups.ts";
import { labels } from "../mesh/annotations.ts";
import type { Json } from "../base/json/json.ts";
import { advisable, mirrorDiffers, notOptedIn, notOptedOut, optedIn, optedOut, policyChanged } from "./conditions.ts";
import type { MatchCondition, PodCondition } from "./conditions.ts";
import { entries, mirrorLabel } from "./entries.ts";
import { asking } from "./mirror.ts";

export type EntryName = keyof typeof entries;
export type PodEntry = "injectNamespace" | "injectPod" | "rest" | "restNamespace";

/** A requirement of a label selector (meta/v1 LabelSelectorRequirement). */
export type Requirement =
  | { readonly key: string; readonly operator: "In" | "NotIn"; readonly values: readonly string[] }
  | { readonly key: string; readonly operator: "DoesNotExist" | "Exists" };

export interface PodRow {
  /** Lower-case plural, as rules name them. */
  readonly resources: readonly ("pods" | "services")[];
  readonly condition: PodCondition;
}

/** In the order in which they are registered and called. */
export const podRows: Readonly<Record<PodEntry, PodRow>> = {
  injectNamespace: { resources: ["pods"], condition: notOptedOut },
  injectPod: { resources: ["pods"], condition: optedIn },
  rest: { resources: ["pods", "services"], condition: notOptedIn },
  restNamespace: { resources: ["pods", "services"], condition: optedOut },
};

export interface Rule {
  readonly apiGroups: readonly string[];
  /** `v1` without it. */
  readonly apiVersions?: readonly string[];
  readonly resources: readonly string[];
  readonly scope: "Namespaced" | "Cluster";
}

export interface ObjectRow {
  readonly rules: readonly Rule[];
  readonly condition: MatchCondition;
}

const namespaces: Rule = { apiGroups: [""], resources: ["namespaces"], scope: "Cluster" };

export const objectRows: Readonly<Record<"mirror" | "advise" | "policy", ObjectRow>> = {
  mirror: { rules: [namespaces], condition: mirrorDiffers },
  advise: {
    rules: [
      { apiGroups: ["apps"], resources: ["deployments", "statefulsets", "daemonsets"], scope: "Namespaced" },
      { apiGroups: ["batch"], resources: ["jobs", "cronjobs"], scope: "Namespaced" },
      { apiGroups: [""], resources: ["services"], scope: "Namespaced" },
      namespaces,
    ],
    condition: advisable,
  },
  policy: {
    rules: [
      {
        apiGroups: [policyGroup],
        apiVersions: ["*"],
        // Without their statuses, which are subresources.
        resources: [
          "authorizationpolicies",
          "egressnetworks",
          "httplocalratelimitpolicies",
          "httproutes",
          "meshtlsauthentications",
          "networkauthentications",
          "networkpolicies",
          "serverauthorizations",
          "servers",
        ],
        scope: "Namespaced",
      },
    ],
    condition: policyChanged,
  },
};

/** Where an installation looks. */
export interface Reach {
  /** weft's own namespace. Its pods must come up while weft is down. */
  readonly namespace: string;
  /** Only these namespaces; all when absent. */
  readonly chosen?: readonly string[] | undefined;
}

/** Namespaces that no entry sees, as in Linkerd: the mesh depends on what runs there. */
const never = ["kube-system", "cert-manager"];

export const nameLabel = "kubernetes.io/metadata.name";

/** What a namespace's labels must say. A Namespace under admission is judged by its own. */
export const namespaceRequirements = (entry: EntryName, { namespace, chosen }: Reach): readonly Requirement[] => [
  ...mirrored(entry),
  { key: labels.admissionWebhooks, operator: "NotIn", values: ["disabled"] },
  { key: nameLabel, operator: "NotIn", values: [...never, ...(never.includes(namespace) ? [] : [namespace])] },
  ...(chosen === undefined ? [] : [{ key: nameLabel, operator: "In" as const, values: chosen }]),
];

function mirrored(entry: EntryName): readonly Requirement[] {
  const row = entries[entry];
  if (!("namespaceAsks" in row)) return [];
  return [{ key: mirrorLabel, operator: row.namespaceAsks ? "In" : "NotIn", values: asking }];
}

/** What a pod's or Service's labels must say: nothing of the control plane is injected by itself. */
export const objectRequirements: readonly Requirement[] = [
  { key: labels.controlPlaneComponent, operator: "DoesNotExist" },
  { key: labels.cniResource, operator: "DoesNotExist" },
];

/** As the API server reads a selector: NotIn and DoesNotExist hold where the label is absent. */
export function fulfils(found: Readonly<Record<string, Json | undefined>>, requirement: Requirement): boolean {
  const value = Object.hasOwn(found, requirement.key) ? found[requirement.key] : undefined;
  if (!("values" in requirement)) return (value === undefined) === (requirement.operator === "DoesNotExist");
  const isIn = typeof value === "string" && requirement.values.includes(value);
  return isIn === (requirement.operator === "In");
}

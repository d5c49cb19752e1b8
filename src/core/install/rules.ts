/**
 * What weft may do in a cluster: the least that works, each rule with its reason. The roles, their documentation and
 * the tests are made from these rows.
 */
import type { ConfigurationNames } from "./names.ts";
import { names } from "./names.ts";

export interface AccessRule {
  readonly apiGroup: string;
  readonly resource: string;
  /** Only these objects. */
  readonly named?: readonly string[];
  readonly verbs: readonly string[];
  readonly why: string;
}

const admission = "admissionregistration.k8s.io";

/** In the whole cluster. */
export const clusterRules = (configurations: ConfigurationNames, makesCertificates: boolean): readonly AccessRule[] => [
  {
    apiGroup: "",
    resource: "namespaces",
    verbs: ["get", "list", "watch"],
    why: "a namespace's annotations decide about its pods; all are kept in a cache, one that it lacks is asked for",
  },
  {
    apiGroup: "apps",
    resource: "replicasets",
    verbs: ["get"],
    why: "the Deployment behind a pod's ReplicaSet is written on the pod, and gets the Events",
  },
  {
    apiGroup: "batch",
    resource: "jobs",
    verbs: ["get"],
    why: "the CronJob behind a pod's Job, likewise",
  },
  {
    apiGroup: "",
    resource: "events",
    verbs: ["create", "patch"],
    why: "Events Injected and InjectionSkipped; patch counts a repeated one",
  },
  ...(makesCertificates
    ? [
        configuration("mutatingwebhookconfigurations", configurations.mutating),
        configuration("validatingwebhookconfigurations", configurations.validating),
      ]
    : []),
];

const configuration = (resource: string, name: string): AccessRule => ({
  apiGroup: admission,
  resource,
  named: [name],
  verbs: ["get", "watch", "patch"],
  why: "the caBundle of its entries follows the CA that weft makes; watched, so that it is put right when reverted",
});

/** In weft's own namespace. */
export const ownRules = (makesCertificates: boolean): readonly AccessRule[] =>
  makesCertificates
    ? [
        {
          apiGroup: "",
          resource: "secrets",
          named: [names.ownSecret],
          verbs: ["get", "watch", "update"],
          why: "the CA and the certificate that all replicas share; the Secret is installed empty, so none is created",
        },
        {
          apiGroup: "coordination.k8s.io",
          resource: "leases",
          named: [names.injector],
          verbs: ["get", "update"],
          why: "one replica at a time makes certificates; the Lease is installed, so none is created",
        },
      ]
    : [];

/**
 * What the webhook may do in a cluster: the least that works, each rule with its reason. The roles, their documentation
 * and the tests are made from these rows. Whoever can reach it can send it anything, so it has no right to change how it
 * is registered, nor to read a CA's key: that is the certificate controller's (certificates-rules.ts).
 */
import { resourceOf, resources } from "../kubernetes/kinds.ts";
import { names } from "./names.ts";

export interface AccessRule {
  readonly apiGroup: string;
  readonly resource: string;
  /** Only these objects. */
  readonly named?: readonly string[];
  readonly verbs: readonly string[];
  readonly why: string;
}

/** In the whole cluster. */
export const clusterRules: readonly AccessRule[] = [
  {
    ...resourceOf(resources.namespaces),
    verbs: ["get", "list", "watch"],
    why: "a namespace's annotations decide about its pods; all are kept in a cache, one that it lacks is asked for",
  },
  {
    ...resourceOf(resources.replicaSets),
    verbs: ["get"],
    why: "the Deployment behind a pod's ReplicaSet is written on the pod, and gets the Events",
  },
  {
    ...resourceOf(resources.statefulSets),
    verbs: ["get"],
    why: "an Event is told on a StatefulSet only if it is there, as a pod that names it may be anybody's",
  },
  {
    ...resourceOf(resources.daemonSets),
    verbs: ["get"],
    why: "a DaemonSet, likewise",
  },
  {
    ...resourceOf(resources.jobs),
    verbs: ["get"],
    why: "the CronJob behind a pod's Job, likewise",
  },
  {
    ...resourceOf(resources.events),
    verbs: ["create", "patch"],
    why: "Events Injected and InjectionSkipped; patch counts a repeated one",
  },
];

/** What every account that knows the mesh may do in weft's own namespace. */
export const settingsRules: readonly AccessRule[] = [
  {
    apiGroup: "",
    resource: "configmaps",
    named: [names.settings, names.trustAnchors],
    verbs: ["list", "watch"],
    why: "settings and trust anchors, which are mounted as well; watched, so that every replica uses a change at once",
  },
];

/** In weft's own namespace. */
export const ownRules = (makesCertificates: boolean): readonly AccessRule[] => [
  ...settingsRules,
  ...(makesCertificates
    ? [
        {
          ...resourceOf(resources.secrets),
          named: [names.servedSecret],
          verbs: ["get", "watch"],
          why: "the certificate that it serves, and its key; watched, so that a new one is served at once",
        },
      ]
    : []),
];

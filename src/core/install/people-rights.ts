/** What people need who look at a mesh with weft: roles that nobody is bound to. */
import { resourceOf, resources } from "../kubernetes/kinds.ts";
import { tapAccount } from "../mesh/tap.ts";
import type { ControlPlane } from "./chosen.ts";
import { names } from "./names.ts";
import type { AccessRule } from "./webhook-rights.ts";

export interface PeopleRole {
  readonly kind: "ClusterRole" | "Role";
  readonly name: string;
  readonly rules: readonly AccessRule[];
}

const getAndCreate = ["get", "create"];

/** For `weft edges`, `weft stat`, `weft dashboard`. */
export const viewerRules: readonly AccessRule[] = [
  {
    ...resourceOf(resources.pods),
    verbs: ["get", "list"],
    why: "which pods there are, whose, and with which identity",
  },
  {
    apiGroup: "",
    resource: "pods/portforward",
    verbs: getAndCreate,
    why: "what proxies count; it reaches every port of a pod from inside",
  },
];

/** Whoever may make a token of the ServiceAccount gets its certificate. */
export const tokenRules: readonly AccessRule[] = [
  {
    apiGroup: "",
    resource: "serviceaccounts/token",
    named: [tapAccount],
    verbs: ["create"],
    why: "the identity that the proxies of a namespace show their requests to",
  },
];

/** For `weft tap` and `weft top`. */
const tapRules: readonly AccessRule[] = [...viewerRules, ...tokenRules];

/** In weft's namespace: the way to the identity service. */
export const certifyRules: readonly AccessRule[] = [
  { ...resourceOf(resources.pods), verbs: ["list"], why: "a controller pod that is ready" },
  {
    apiGroup: "",
    resource: "pods/portforward",
    verbs: getAndCreate,
    why: "its identity service, which certifies a tapper",
  },
];

/** For `weft debug`. */
const debugRules: readonly AccessRule[] = [
  { ...resourceOf(resources.pods), verbs: ["get"], why: "the pod, and whether its debug container runs" },
  {
    apiGroup: "",
    resource: "pods/ephemeralcontainers",
    verbs: ["patch"],
    why: "adds the debug container; it may hold whatever Pod Security lets it",
  },
  {
    apiGroup: "",
    resource: "pods/exec",
    verbs: getAndCreate,
    why: "runs the capture in it; it reaches every container of a pod",
  },
];

export const peopleRoles = (controlPlane: ControlPlane["kind"]): readonly PeopleRole[] => [
  { kind: "ClusterRole", name: names.viewer, rules: viewerRules },
  { kind: "ClusterRole", name: names.debug, rules: debugRules },
  ...(controlPlane === "own"
    ? ([
        { kind: "ClusterRole", name: names.tap, rules: tapRules },
        { kind: "Role", name: names.certify, rules: certifyRules },
      ] as const)
    : []),
];

/** What an administrator types, for a user whose name is put in its place. */
export const bindingCommand = (namespace: string, kind: "role" | "clusterrole", role: string): string =>
  `kubectl -n ${namespace} create rolebinding USER-${role} --${kind}=${role} --user=USER`;

/**
 * What is registered with the API server: one row for each entry. A user sees nothing of weft but the entry's name and
 * its URL path when weft does not answer, so both say what the call was about and what to do.
 */
import { ownDomain, ownKeys } from "../mesh/annotations.ts";

/** What an entry is called for. */
export type Purpose =
  /** Pods that asked for the proxy, by themselves or by their namespace: the administrator's failurePolicy. */
  | "inject"
  /** Other pods, and Services: always Ignore. */
  | "rest"
  /** Namespaces: the annotation `linkerd.io/inject` mirrored to a label, which selectors can see. */
  | "mirror"
  /** Workloads, Namespaces and Services: warnings at apply time, always allowed. */
  | "advise"
  /** Resources of policy.linkerd.io: refused at apply time when they could hold nothing. For weft's own control plane. */
  | "policy";

export interface Entry {
  /** Fully qualified, as webhooks[].name has to be. */
  readonly name: string;
  readonly path: string;
  readonly purpose: Purpose;
  /** For inject and rest: the namespace's mirrored label asks for the proxy, or does not. */
  readonly namespaceAsks?: boolean;
}

export const entries = {
  injectNamespace: {
    name: `inject-namespace.${ownDomain}`,
    path: "/inject/namespace-asks-for-the-proxy/if-this-fails/run-weft-check",
    purpose: "inject",
    namespaceAsks: true,
  },
  injectPod: {
    name: `inject-pod.${ownDomain}`,
    path: "/inject/pod-asks-for-the-proxy/if-this-fails/run-weft-check",
    purpose: "inject",
    namespaceAsks: false,
  },
  rest: {
    name: `rest.${ownDomain}`,
    path: "/rest/did-not-ask-for-the-proxy",
    purpose: "rest",
    namespaceAsks: false,
  },
  restNamespace: {
    name: `rest-namespace.${ownDomain}`,
    path: "/rest/opted-out-of-the-proxy",
    purpose: "rest",
    namespaceAsks: true,
  },
  mirror: {
    name: `mirror.${ownDomain}`,
    path: "/mirror/namespace-annotation-to-label",
    purpose: "mirror",
  },
  advise: {
    name: `advise.${ownDomain}`,
    path: "/advise/at-apply-time",
    purpose: "advise",
  },
  policy: {
    name: `policy.${ownDomain}`,
    path: "/policy/at-apply-time/if-this-fails/run-weft-check",
    purpose: "policy",
  },
} as const satisfies Record<string, Entry>;

/** The namespace label that repeats the annotation `linkerd.io/inject` where that asks for the proxy. */
export const mirrorLabel = ownKeys.inject;

/** What the certificate controller may do in a cluster: the least that works, each rule with its reason. */
import { resourceOf, resources } from "../kubernetes/kinds.ts";
import type { Kind } from "../kubernetes/kinds.ts";
import type { ConfigurationNames } from "./names.ts";
import { names, validatingNames } from "./names.ts";
import type { AccessRule } from "./webhook-rights.ts";

/** In the whole cluster. What a patch may change, the ValidatingAdmissionPolicy says (change-guard.ts). */
export const certificatesClusterRules = (
  configurations: ConfigurationNames,
  { countsMissed }: { readonly countsMissed: boolean },
): readonly AccessRule[] => [
  configuration(resources.mutatingWebhooks, [configurations.mutating]),
  configuration(resources.validatingWebhooks, validatingNames(configurations)),
  {
    ...resourceOf(resources.events),
    verbs: ["create", "patch"],
    why: "Event CABundleReverted on a configuration; patch counts a repeated one",
  },
  ...(countsMissed ? countingRules : []),
];

/** Where there is no controller of weft's, which watches both anyway. */
const countingRules: readonly AccessRule[] = [
  {
    ...resourceOf(resources.pods),
    verbs: ["list"],
    why: "metric weft_missed_pods, by their metadata; only without weft's own control plane, whose controller counts",
  },
  {
    ...resourceOf(resources.namespaces),
    verbs: ["list"],
    why: "likewise: which of them ask for the proxy",
  },
];

const configuration = (kind: Kind, named: readonly string[]): AccessRule => ({
  ...resourceOf(kind),
  named,
  verbs: ["get", "watch", "patch"],
  why: "the caBundle of its entries follows the CA that weft makes; watched, so that it is put right when reverted",
});

/** In weft's own namespace. */
export const certificatesOwnRules: readonly AccessRule[] = [
  {
    ...resourceOf(resources.secrets),
    named: [names.caSecret, names.servedSecret],
    verbs: ["get", "watch", "update"],
    why: "the CA with its key, and the certificate that the webhook serves; both are installed, so none is created",
  },
  {
    ...resourceOf(resources.leases),
    named: [names.certificates],
    verbs: ["get", "update"],
    why: "one replica at a time makes certificates; the Lease is installed, so none is created",
  },
];

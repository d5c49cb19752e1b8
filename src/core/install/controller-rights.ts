/** What weft's control plane may do in a cluster: the least that works, each rule with its reason. */
import { resourceOf, resources } from "../kubernetes/kinds.ts";
import { gatewayGroup, policyGroup, splitGroup } from "../mesh/groups.ts";
import { names } from "./names.ts";
import { settingsRules } from "./webhook-rights.ts";
import type { AccessRule } from "./webhook-rights.ts";

const read = ["list", "watch"];

/** In the whole cluster. */
export const controllerClusterRules: readonly AccessRule[] = [
  {
    ...resourceOf(resources.tokenReviews),
    verbs: ["create"],
    why: "who asks for a certificate proves its ServiceAccount by a token",
  },
  {
    ...resourceOf(resources.pods),
    verbs: read,
    why: "endpoints' identities, labels and opaque ports; whose pods a policy is about",
  },
  {
    ...resourceOf(resources.services),
    verbs: read,
    why: "what a name or address that a proxy asks for stands for, and its opaque ports",
  },
  {
    ...resourceOf(resources.endpointSlices),
    verbs: read,
    why: "the endpoints of Services, ready or not, and for which zones",
  },
  {
    ...resourceOf(resources.nodes),
    verbs: read,
    why: "the zone in which a proxy runs, for its endpoints",
  },
  {
    ...resourceOf(resources.namespaces),
    verbs: read,
    why: "a namespace's annotations: default policy, opaque ports",
  },
  ...(
    [
      ["servers", "which ports of pods are governed, and their protocol"],
      ["serverauthorizations", "who may reach those ports"],
      ["authorizationpolicies", "likewise"],
      ["meshtlsauthentications", "clients by identity, for authorization policies"],
      ["networkauthentications", "clients by network, likewise"],
      ["networkpolicies", "opaque ports that only some pods may reach"],
      ["httplocalratelimitpolicies", "how many requests those ports take"],
      ["httproutes", "routes attached to Servers: what they do not match is not let in"],
    ] as const
  ).map(([resource, why]) => ({ apiGroup: policyGroup, resource, verbs: read, why })),
  ...(["httproutes", "grpcroutes"] as const).map((resource) => ({
    apiGroup: gatewayGroup,
    resource,
    verbs: read,
    why: "likewise, of the Gateway API",
  })),
  {
    apiGroup: gatewayGroup,
    resource: "tcproutes",
    verbs: read,
    why: "where connections to a Service go",
  },
  {
    apiGroup: splitGroup,
    resource: "trafficsplits",
    verbs: read,
    why: "how connections and requests to a Service are split among others",
  },
  {
    apiGroup: policyGroup,
    resource: "networkpolicies/status",
    verbs: ["patch"],
    why: "whether a NetworkPolicy is in force, and what its author should know",
  },
  ...(
    [
      [policyGroup, "httplocalratelimitpolicies/status", "whether it limits its Server"],
      [policyGroup, "httproutes/status", "whether its Servers go by it"],
      [gatewayGroup, "httproutes/status", "likewise, of the Gateway API"],
      [gatewayGroup, "grpcroutes/status", "likewise"],
    ] as const
  ).map(([apiGroup, resource, why]) => ({ apiGroup, resource, verbs: ["patch"], why })),
  {
    apiGroup: gatewayGroup,
    resource: "tcproutes/status",
    verbs: ["patch"],
    why: "whether a TCPRoute is used for its parents, and its backends are there",
  },
  {
    ...resourceOf(resources.events),
    verbs: ["create", "patch"],
    why: "Events about certificates that were issued or refused, about the issuer, and about TrafficSplits that split nothing",
  },
];

/** In weft's own namespace. */
export const controllerOwnRules: readonly AccessRule[] = [
  ...settingsRules,
  {
    apiGroup: "",
    resource: "secrets",
    named: [names.issuer],
    verbs: ["list", "watch"],
    why: "the issuer, which is mounted as well; watched, so that every replica signs with a new one at once",
  },
  {
    ...resourceOf(resources.leases),
    named: [names.controller],
    verbs: ["get", "update"],
    why: "one replica at a time writes statuses; the Lease is installed, so none is created",
  },
];

/**
 * What RBAC cannot say: that an account may change one field of an object. The certificate controller may patch weft's
 * configurations, and whoever may patch a webhook configuration may have all objects of the cluster sent to wherever
 * he likes. So a ValidatingAdmissionPolicy lets weft's accounts change nothing in them but the caBundles.
 *
 * Everything is compared but what may differ, so that a field that Kubernetes adds later is guarded, too. `dyn()` keeps
 * the API server from checking types of what is read as a map here. Entries are told apart by their names, which are
 * distinct in one configuration.
 */
import type { V1ValidatingAdmissionPolicy, V1ValidatingAdmissionPolicyBinding } from "@kubernetes/client-node";
import type { JsonObject } from "../base/json/json.ts";
import type { Wire } from "./wire.ts";
import { resourceOf, resources } from "../kubernetes/kinds.ts";
import { meta } from "./meta.ts";
import { components, names, validatingNames } from "./names.ts";
import type { ConfigurationNames } from "./names.ts";

const { apiVersion } = resources.admissionPolicies;
const mutatingWebhooks = resourceOf(resources.mutatingWebhooks);
const validatingWebhooks = resourceOf(resources.validatingWebhooks);

export const changeGuard = (namespace: string, configurations: ConfigurationNames): readonly JsonObject[] => [
  policy(namespace, configurations),
  binding(),
];

function policy(namespace: string, configurations: ConfigurationNames): Wire<V1ValidatingAdmissionPolicy> {
  const { mutating } = configurations;
  const validating = validatingNames(configurations);
  return {
    apiVersion,
    kind: "ValidatingAdmissionPolicy",
    metadata: meta(names.changeGuard, undefined, components.certificates),
    spec: {
      // What cannot be decided about weft's accounts is refused; all others are no part of it.
      failurePolicy: "Fail",
      // The API server's defaults, too: `kubectl apply` would find a difference each time.
      matchConstraints: {
        matchPolicy: "Equivalent",
        namespaceSelector: {},
        objectSelector: {},
        resourceRules: [
          {
            apiGroups: [mutatingWebhooks.apiGroup],
            apiVersions: ["*"],
            operations: ["CREATE", "UPDATE", "DELETE"],
            resources: [mutatingWebhooks.resource, validatingWebhooks.resource],
            scope: "*",
          },
        ],
      },
      matchConditions: [
        {
          name: "accounts-of-weft",
          expression: `request.userInfo.username in ${list(accounts.map((name) => `system:serviceaccount:${namespace}:${name}`))}`,
        },
      ],
      variables: [
        { name: "isChange", expression: "request.operation == 'UPDATE'" },
        { name: "before", expression: "variables.isChange && has(oldObject.webhooks) ? oldObject.webhooks : []" },
        { name: "after", expression: "variables.isChange && has(object.webhooks) ? object.webhooks : []" },
      ],
      validations: [
        {
          expression: `variables.isChange && [request.resource.resource, request.name] in [['${mutatingWebhooks.resource}', '${mutating}'], ${validating.map((name) => `['${validatingWebhooks.resource}', '${name}']`).join(", ")}]`,
          message: `weft's accounts may only change ${[mutating, ...validating].join(" and ")}`,
        },
        {
          expression: `variables.isChange && ${equalBut("object", "oldObject", ["metadata", "webhooks"])} && ${equalBut("object.metadata", "oldObject.metadata", ["managedFields", "resourceVersion", "generation"])}`,
          message: "weft's accounts may change nothing but caBundle, here: metadata",
        },
        {
          expression: "variables.after.map(webhook, webhook.name) == variables.before.map(webhook, webhook.name)",
          message: "weft's accounts may change nothing but caBundle, here: which webhooks there are",
        },
        {
          expression: everyWebhook(equalBut("webhook", "old", ["clientConfig"])),
          message:
            "weft's accounts may change nothing but caBundle, here: which objects a webhook is called for, and how",
        },
        {
          expression: everyWebhook(equalBut("webhook.clientConfig", "old.clientConfig", ["caBundle"])),
          message: "weft's accounts may change nothing but caBundle, here: where a webhook is called",
        },
      ],
    },
  };
}

const binding = (): Wire<V1ValidatingAdmissionPolicyBinding> => ({
  apiVersion,
  kind: "ValidatingAdmissionPolicyBinding",
  metadata: meta(names.changeGuard, undefined, components.certificates),
  spec: { policyName: names.changeGuard, validationActions: ["Deny"] },
});

/** Also those that have no right to change a configuration. */
const accounts = [names.injector, names.controller, names.certificates];

/** Of two maps of CEL: both have the same keys and values, but for these keys. */
function equalBut(one: string, other: string, keys: readonly string[]): string {
  const same = `key in ${list(keys)} || key in dyn(${other}) && dyn(${one})[key] == dyn(${other})[key]`;
  return `dyn(${one}).all(key, ${same}) && dyn(${other}).all(key, key in ${list(keys)} || key in dyn(${one}))`;
}

/** Each webhook beside the one of its name as it was. */
const everyWebhook = (holds: string): string =>
  `variables.after.all(webhook, variables.before.exists(old, old.name == webhook.name && ${holds}))`;

const list = (texts: readonly string[]): string => `[${texts.map((text) => `'${text}'`).join(", ")}]`;

/**
 * Running pods trust the anchors that were there when they were made. A bundle that shares none with the one before
 * cuts all of them off at once, so a ValidatingAdmissionPolicy refuses it, from whomever it comes: a second
 * `weft install`, a tool, a hand. A rotation goes in steps that overlap, and passes.
 *
 * Certificates are compared by their PEM text without white space: CEL reads no certificates. Whoever means to replace
 * all of them says so by a new value of an annotation, which counts once.
 */
import type { V1ValidatingAdmissionPolicy, V1ValidatingAdmissionPolicyBinding } from "@kubernetes/client-node";
import type { JsonObject } from "../base/json/json.ts";
import { ownKeys } from "../mesh/annotations.ts";
import type { Wire } from "../mesh/models.ts";
import { nameLabel } from "../registration/rows.ts";
import { upgradeCommand } from "./before.ts";
import { meta } from "./meta.ts";
import { names } from "./names.ts";

const apiVersion = "admissionregistration.k8s.io/v1";
const consentKey = ownKeys.replaceAnchors;

export const anchorGuard = (namespace: string): readonly JsonObject[] => [policy(namespace), binding()];

const policy = (namespace: string): Wire<V1ValidatingAdmissionPolicy> => ({
  apiVersion,
  kind: "ValidatingAdmissionPolicy",
  metadata: meta(names.anchorGuard),
  spec: {
    failurePolicy: "Fail",
    // The API server's defaults, too: `kubectl apply` would find a difference each time.
    matchConstraints: {
      matchPolicy: "Equivalent",
      namespaceSelector: { matchLabels: { [nameLabel]: namespace } },
      objectSelector: {},
      resourceRules: [
        {
          apiGroups: [""],
          apiVersions: ["v1"],
          operations: ["UPDATE"],
          resourceNames: [names.trustAnchors],
          resources: ["configmaps"],
          scope: "*",
        },
      ],
    },
    variables: [
      { name: "before", expression: certificatesOf("oldObject") },
      { name: "after", expression: certificatesOf("object") },
      { name: "consentBefore", expression: consentIn("oldObject") },
      { name: "consent", expression: consentIn("object") },
    ],
    validations: [
      {
        expression:
          "size(variables.before) == 0 || variables.before.exists(anchor, anchor in variables.after) || (variables.consent != '' && variables.consent != variables.consentBefore)",
        message: `no trust anchor of before would be left, and running pods trust no other: weft identity rotate anchor changes them in steps, ${upgradeCommand} keeps them; a new value of annotation ${consentKey} replaces them all the same`,
      },
    ],
  },
});

const binding = (): Wire<V1ValidatingAdmissionPolicyBinding> => ({
  apiVersion,
  kind: "ValidatingAdmissionPolicyBinding",
  metadata: meta(names.anchorGuard),
  spec: { policyName: names.anchorGuard, validationActions: ["Deny"] },
});

const begin = "-----BEGIN CERTIFICATE-----";
const end = "-----END CERTIFICATE-----";

/** A list of texts, in CEL. */
function certificatesOf(object: string): string {
  const data = `${object}.data`;
  const text = `has(${data}) && '${names.trustAnchorsKey}' in ${data} ? ${data}['${names.trustAnchorsKey}'] : ''`;
  const bare = String.raw`part.substring(part.indexOf('${begin}')).replace('\n', '').replace('\r', '').replace(' ', '').replace('\t', '')`;
  return `(${text}).split('${end}').filter(part, part.contains('${begin}')).map(part, ${bare})`;
}

function consentIn(object: string): string {
  const annotations = `${object}.metadata.annotations`;
  return `has(${annotations}) && '${consentKey}' in ${annotations} ? ${annotations}['${consentKey}'] : ''`;
}

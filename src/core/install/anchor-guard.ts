/**
 * Running pods trust the anchors that were there when they were made. A bundle that shares none with the one before
 * cuts all of them off at once, so a ValidatingAdmissionPolicy refuses it, from whomever it comes: a second
 * `weft install`, a tool, a hand. A rotation goes in steps that overlap, and passes.
 *
 * Certificates are compared by their PEM text without white space: CEL reads no certificates. What counts is what proxies
 * read: a block that begins a line, and ends. Whoever means to replace all of them says so by a new value of an annotation,
 * which counts once. What needs no look at the certificates goes first: CEL has a budget, which some 500 kB use up.
 *
 * Deleted and created again a bundle would go past all of that, so deleting it is refused as well: unless the annotation
 * says `delete`, or the whole namespace goes. Creating is not: nothing but the pods knows then whom they trust.
 */
import type { V1ValidatingAdmissionPolicy, V1ValidatingAdmissionPolicyBinding } from "@kubernetes/client-node";
import type { JsonObject } from "../base/json/json.ts";
import { ownKeys } from "../mesh/annotations.ts";
import type { Wire } from "./wire.ts";
import { nameLabel } from "../registration/rows.ts";
import { upgradeCommand } from "./before.ts";
import { meta } from "./meta.ts";
import { names } from "./names.ts";

const apiVersion = "admissionregistration.k8s.io/v1";
const consentKey = ownKeys.replaceAnchors;

export const anchorGuard = (namespace: string): readonly JsonObject[] => [
  policy(namespace),
  guardBinding(names.anchorGuard),
];

const policy = (namespace: string): Wire<V1ValidatingAdmissionPolicy> => ({
  apiVersion,
  kind: "ValidatingAdmissionPolicy",
  metadata: meta(names.anchorGuard),
  spec: {
    failurePolicy: "Fail",
    matchConstraints: guarded(namespace, ["UPDATE", "DELETE"], [["configmaps", [names.trustAnchors]]]),
    variables: [
      { name: "textBefore", expression: bundleIn("oldObject") },
      { name: "text", expression: bundleIn("object") },
      { name: "before", expression: certificatesOf("variables.textBefore") },
      { name: "after", expression: certificatesOf("variables.text") },
      { name: "consentBefore", expression: textAnnotationIn("oldObject", consentKey) },
      { name: "consent", expression: textAnnotationIn("object", consentKey) },
    ],
    validations: [
      {
        expression:
          "request.operation != 'UPDATE' || variables.text == variables.textBefore || (variables.consent != '' && variables.consent != variables.consentBefore) || size(variables.before) == 0 || variables.before.exists(anchor, anchor in variables.after)",
        message: `no trust anchor of before would be left, and running pods trust no other: weft identity rotate anchor changes them in steps, ${upgradeCommand} keeps them; a new value of annotation ${consentKey} replaces them all the same`,
      },
      {
        expression:
          "request.operation != 'DELETE' || variables.consentBefore == 'delete' || size(variables.before) == 0 || has(namespaceObject.metadata.deletionTimestamp)",
        message: `running pods trust these anchors and no others: weft uninstall takes them away with all of weft; with annotation ${consentKey}: delete they can be deleted alone`,
      },
    ],
  },
});

/** These objects of a namespace. The API server's defaults, too: `kubectl apply` would find a difference each time. */
export const guarded = (
  namespace: string,
  operations: readonly string[],
  objects: readonly (readonly [resource: string, names: readonly string[]])[],
) => ({
  matchPolicy: "Equivalent",
  namespaceSelector: { matchLabels: { [nameLabel]: namespace } },
  objectSelector: {},
  resourceRules: objects.map(([resource, resourceNames]) => ({
    apiGroups: [""],
    apiVersions: ["v1"],
    operations: [...operations],
    resourceNames: [...resourceNames],
    resources: [resource],
    scope: "*",
  })),
});

export const guardBinding = (policyName: string): Wire<V1ValidatingAdmissionPolicyBinding> => ({
  apiVersion,
  kind: "ValidatingAdmissionPolicyBinding",
  metadata: meta(policyName),
  spec: { policyName, validationActions: ["Deny"] },
});

function bundleIn(object: string): string {
  const data = `${object}.data`;
  return `has(${data}) && '${names.trustAnchorsKey}' in ${data} ? ${data}['${names.trustAnchorsKey}'] : ''`;
}

/** A list of texts, in CEL. */
const certificatesOf = (text: string): string =>
  `${text}.findAll('(?m)^-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----').map(block, ${withoutSpace("block")})`;

const withoutSpace = (text: string): string =>
  String.raw`${text}.replace('\n', '').replace('\r', '').replace(' ', '').replace('\t', '')`;

/** The value of an annotation; blank: it has none. In CEL. */
export function textAnnotationIn(object: string, key: string): string {
  const annotations = `${object}.metadata.annotations`;
  return `has(${annotations}) && '${key}' in ${annotations} ? ${annotations}['${key}'] : ''`;
}

/**
 * A second `weft install` has other CAs. Applied over a mesh it would put its issuer, its settings and its choices in the
 * place of those that are there, beside anchors that stay (anchor-guard.ts). So what an installation writes says which
 * anchors it is for, and a ValidatingAdmissionPolicy compares that with the anchors that the cluster has.
 *
 * CEL reads no certificates and makes no hashes. What it can look for is text: the end of a certificate, which is the end
 * of its signature, says which one it is. Only a value that is new is compared. Whoever edits an object leaves it as it is,
 * or writes none, and is not held up, also after a rotation; that an issuer leads to the anchors is seen to by the controller.
 */
import type { V1ValidatingAdmissionPolicy, V1ValidatingAdmissionPolicyBinding } from "@kubernetes/client-node";
import type { JsonObject } from "../base/json/json.ts";
import { ownKeys } from "../mesh/annotations.ts";
import type { Wire } from "../mesh/models.ts";
import { nameLabel } from "../registration/rows.ts";
import { bundleIn, guardBinding, textAnnotationIn, withoutSpace } from "./anchor-guard.ts";
import { upgradeCommand } from "./before.ts";
import { meta } from "./meta.ts";
import { names } from "./names.ts";

export const installationGuard = (namespace: string): readonly JsonObject[] => [policy(namespace), binding(namespace)];

export interface Marked {
  readonly annotations?: Readonly<Record<string, string>>;
}

/** In the metadata of an object that is for a mesh with these anchors; nothing where the text has no certificate. */
export function anchorsMark(bundle: string): Marked {
  const ends = [...bundle.matchAll(/^-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/gm)].map(
    ([, body = ""]) => body.replaceAll(/\s/g, "").slice(-endLength),
  );
  return ends.length === 0 ? {} : { annotations: { [ownKeys.forAnchors]: ends.slice(0, mostEnds).join(" ") } };
}

/** Characters of Base64: 192 bits of a signature. */
const endLength = 32;
/** One that is found suffices. */
const mostEnds = 20;

const apiVersion = "admissionregistration.k8s.io/v1";

const rule = (resource: string, resourceNames: string[]) => ({
  apiGroups: [""],
  apiVersions: ["v1"],
  operations: ["CREATE", "UPDATE"],
  resourceNames,
  resources: [resource],
  scope: "*",
});

const policy = (namespace: string): Wire<V1ValidatingAdmissionPolicy> => ({
  apiVersion,
  kind: "ValidatingAdmissionPolicy",
  metadata: meta(names.installationGuard),
  spec: {
    failurePolicy: "Fail",
    paramKind: { apiVersion: "v1", kind: "ConfigMap" },
    matchConstraints: {
      matchPolicy: "Equivalent",
      namespaceSelector: { matchLabels: { [nameLabel]: namespace } },
      objectSelector: {},
      resourceRules: [rule("secrets", [names.issuer]), rule("configmaps", [names.settings, names.given])],
    },
    variables: [
      { name: "mark", expression: textAnnotationIn("object", ownKeys.forAnchors) },
      {
        name: "before",
        expression: `request.operation == 'UPDATE' ? (${textAnnotationIn("oldObject", ownKeys.forAnchors)}) : ''`,
      },
      { name: "textStored", expression: bundleIn("params") },
      { name: "stored", expression: withoutSpace("variables.textStored") },
    ],
    validations: [
      {
        expression:
          "variables.mark == '' || variables.mark == variables.before || variables.stored == '' || variables.mark.split(' ').exists(end, variables.stored.contains(end + '-----ENDCERTIFICATE-----'))",
        message: `this is of an installation with other trust anchors than those in ConfigMap ${names.trustAnchors}, and would take the place of the one that is there: ${upgradeCommand} changes that one`,
      },
    ],
  },
});

const binding = (namespace: string): Wire<V1ValidatingAdmissionPolicyBinding> =>
  guardBinding(names.installationGuard, {
    // Before there are anchors there is nothing to keep.
    paramRef: { name: names.trustAnchors, namespace, parameterNotFoundAction: "Allow" },
  });

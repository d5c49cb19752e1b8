/**
 * A second `weft install` has other CAs. Applied over a mesh it would put its issuer, its settings and its choices in the
 * place of those that are there, beside anchors that stay (anchor-guard.ts). So an installation writes on these which mesh
 * they are of, `weft upgrade` keeps that, and a ValidatingAdmissionPolicy lets nobody change one mesh into another.
 *
 * It compares an object with itself: looking at another object would have every API server keep all of that kind in
 * memory. Whoever edits an object leaves the mesh as it is, or writes none, and is not held up, also after a rotation. That
 * an issuer leads to the anchors is seen to by the controller: CEL reads no certificates.
 */
import type { V1ValidatingAdmissionPolicy } from "@kubernetes/client-node";
import type { JsonObject } from "../base/json/json.ts";
import { ownKeys } from "../mesh/annotations.ts";
import type { Wire } from "./wire.ts";
import { guardBinding, textAnnotationIn, guarded } from "./anchor-guard.ts";
import type { Mesh } from "./chosen.ts";
import { upgradeCommand } from "./before.ts";
import { meta } from "./meta.ts";
import { names } from "./names.ts";

export const installationGuard = (namespace: string): readonly JsonObject[] => [
  policy(namespace),
  guardBinding(names.installationGuard),
];

/** In the metadata of what is of a mesh. */
export interface Marked {
  readonly annotations?: Readonly<Record<string, string>>;
}

export const markOf = (mesh: Mesh): Marked =>
  mesh.kind === "adopted" || mesh.id === "" ? {} : { annotations: { [ownKeys.mesh]: mesh.id } };

const policy = (namespace: string): Wire<V1ValidatingAdmissionPolicy> => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingAdmissionPolicy",
  metadata: meta(names.installationGuard),
  spec: {
    failurePolicy: "Fail",
    matchConstraints: guarded(
      namespace,
      ["UPDATE"],
      [
        ["secrets", [names.issuer]],
        ["configmaps", [names.settings, names.given]],
      ],
    ),
    variables: [
      { name: "before", expression: textAnnotationIn("oldObject", ownKeys.mesh) },
      { name: "mesh", expression: textAnnotationIn("object", ownKeys.mesh) },
    ],
    validations: [
      {
        expression: "variables.mesh == variables.before || variables.mesh == '' || variables.before == ''",
        message: `this is of another installation, with other CAs, and would take the place of the one that is there: ${upgradeCommand} changes that one`,
      },
    ],
  },
});

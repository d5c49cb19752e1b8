/** AdmissionReviews as an API server sends them when somebody creates an object (admission.k8s.io/v1). */
import { isObject } from "../../core/base/json/json.ts";
import type { JsonObject } from "../../core/base/json/json.ts";

export interface ReviewOptions {
  readonly uid: string;
  readonly namespace: string;
  /** Who creates it: most pods are made by a controller. */
  readonly username?: string;
}

export const podReview = (pod: JsonObject, options: ReviewOptions): JsonObject =>
  review(pod, { group: "", kind: "Pod", resource: "pods" }, options);

export const deploymentReview = (deployment: JsonObject, options: ReviewOptions): JsonObject =>
  review(deployment, { group: "apps", kind: "Deployment", resource: "deployments" }, options);

function review(
  object: JsonObject,
  type: { readonly group: string; readonly kind: string; readonly resource: string },
  { uid, namespace, username = replicaSets }: ReviewOptions,
): JsonObject {
  const metadata = isObject(object["metadata"]) ? object["metadata"] : {};
  const kind = { group: type.group, version: "v1", kind: type.kind };
  const resource = { group: type.group, version: "v1", resource: type.resource };
  return {
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: {
      uid,
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      // A pod with generateName has no name yet: the API server makes it after admission.
      ...(typeof metadata["name"] === "string" ? { name: metadata["name"] } : {}),
      namespace,
      operation: "CREATE",
      userInfo: { username, groups: ["system:serviceaccounts", "system:authenticated"] },
      object: { ...object, metadata: { ...metadata, namespace } },
      oldObject: null,
      dryRun: false,
      options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1" },
    },
  };
}

const replicaSets = "system:serviceaccount:kube-system:replicaset-controller";

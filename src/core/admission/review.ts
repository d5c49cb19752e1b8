/** A pod's AdmissionReview as an API server sends it when somebody creates the pod (admission.k8s.io/v1). */
import { isObject } from "../mesh/api.ts";
import type { JsonObject } from "../mesh/api.ts";

export interface ReviewOptions {
  readonly uid: string;
  readonly namespace: string;
  /** Who creates the pod: most pods are made by a controller. */
  readonly username?: string;
}

export function podReview(pod: JsonObject, { uid, namespace, username = replicaSets }: ReviewOptions): JsonObject {
  const metadata = isObject(pod["metadata"]) ? pod["metadata"] : {};
  const kind = { group: "", version: "v1", kind: "Pod" };
  const resource = { group: "", version: "v1", resource: "pods" };
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
      object: { ...pod, metadata: { ...metadata, namespace } },
      oldObject: null,
      dryRun: false,
      options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1" },
    },
  };
}

const replicaSets = "system:serviceaccount:kube-system:replicaset-controller";

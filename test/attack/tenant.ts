/** A tenant's pods, Services and policies, as many and as large as the API server would store. */
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";
import { podNamed } from "../support/shop.ts";

export const custom = { "policy.linkerd.io/v1alpha1": ["NetworkPolicy"], "policy.linkerd.io/v1beta3": ["Server"] };

export const pods = (count: number): readonly JsonObject[] => Array.from({ length: count }, (_, index) => pod(index));

/** `mark`: a label that changes. */
export function pod(index: number, mark = "0"): JsonObject {
  const made = podNamed(`x${index}`, `10.3.${index >> 8}.${index & 255}`, {
    namespace: "evil",
    serviceAccount: "mallory",
  });
  const metadata = made["metadata"] as JsonObject;
  const labels = { ...(metadata["labels"] as JsonObject), app: "x", n: `n${index}`, mark };
  const containers = [{ name: "app", ports: [{ containerPort: 8080, name: "http" }] }];
  return { ...made, metadata: { ...metadata, labels }, spec: { ...(made["spec"] as JsonObject), containers } };
}

export const service: JsonObject = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "x", namespace: "evil" },
  spec: {
    type: "ClusterIP",
    clusterIP: "10.4.0.1",
    clusterIPs: ["10.4.0.1"],
    selector: { app: "x" },
    ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
  },
};

export const networkPolicy = (name: string, ingress: readonly Json[]): JsonObject => ({
  apiVersion: "policy.linkerd.io/v1alpha1",
  kind: "NetworkPolicy",
  metadata: { name, namespace: "evil", generation: 1 },
  spec: { targetRef: { kind: "Service", name: "x" }, ingress },
});

/** The kinds of cert-manager that weft's manifests use. */
import { eventually } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";

/** Makes Certificate and Issuer known, without anything that works on them. */
export async function certManagerKinds(cluster: Cluster): Promise<void> {
  const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  for (const [kind, plural] of [
    ["Certificate", "certificates"],
    ["Issuer", "issuers"],
  ]) {
    await cluster.apply({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.cert-manager.io` },
      spec: {
        group: "cert-manager.io",
        scope: "Namespaced",
        names: { kind, plural, singular: kind?.toLowerCase() },
        versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    });
    await eventually(`${kind} is served`, () => cluster.get(`/apis/cert-manager.io/v1/${plural}`));
  }
}

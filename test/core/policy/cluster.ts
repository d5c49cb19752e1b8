/** Clusters for tests: written as manifests, read as the control plane reads them. */
import { parseAllDocuments } from "yaml";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { parsePortRange, splitList } from "../../../src/core/base/scalars/ports.ts";
import { parseCidr } from "../../../src/core/base/scalars/subnets.ts";
import type { ClusterView } from "../../../src/core/view/cluster.ts";
import { clusterIndex } from "../../../src/core/view/index.ts";
import { namespaceView, podView, policyView, serviceView } from "../../../src/core/view/from-objects.ts";
import type { MeshView } from "../../../src/core/view/mesh.ts";
import { policyKinds } from "../../../src/core/view/objects.ts";
import { objectIn, textIn } from "../../../src/core/view/read.ts";

/** Objects in namespace `shop` unless they say otherwise. */
export const cluster = (manifests: string): ClusterView =>
  clusterOf(parseAllDocuments(manifests).map((document): JsonObject => document.toJS()));

export function clusterOf(objects: readonly JsonObject[]): ClusterView {
  const index = clusterIndex();
  for (const given of objects) {
    const metadata = { namespace: "shop", ...objectIn(given, "metadata") };
    const [object, name] = [{ ...given, metadata }, textIn(metadata, "name")];
    const key = `${textIn(metadata, "namespace")}/${name}`;
    const kind = textIn(object, "kind");
    const policy = policyKinds.find((each) => each === kind);
    if (kind === "Pod") index.apply("Pod", key, podView(object));
    else if (kind === "Service") index.apply("Service", key, serviceView(object));
    else if (kind === "Namespace") index.apply("Namespace", name, namespaceView(object));
    else if (policy !== undefined) index.apply(policy, key, policyView(policy)(object));
    else throw new Error(`a cluster for tests has no ${kind}`);
  }
  return index.view();
}

export const mesh: MeshView = {
  controlPlaneNamespace: "weft",
  trustDomain: "cluster.local",
  clusterDomain: "cluster.local",
  clusterNetworks: ["10.0.0.0/8", "fd00::/8"].flatMap((text) => parseCidr(text) ?? []),
  ipv6: true,
  defaultInboundPolicy: "all-unauthenticated",
  opaquePorts: splitList("25,587,3306,4444,5432,6379,9300,11211").flatMap((text) => parsePortRange(text) ?? []),
  probeNetworks: ["0.0.0.0/0", "::/0"].flatMap((text) => parseCidr(text) ?? []),
  proxyPorts: { inbound: 4143, admin: 4191, control: 4190 },
};

/** The seed's walk-through: frontend and backend, each with its Service and its NetworkPolicy. */
export const walkthrough = `
apiVersion: v1
kind: Pod
metadata: { name: backend-1, labels: { app: backend, linkerd.io/control-plane-ns: weft } }
spec: { serviceAccountName: backend, containers: [{ name: linkerd-proxy }, { name: main, ports: [{ containerPort: 8080, name: tcp-backend }] }] }
status: { phase: Running, podIP: 10.1.0.1 }
---
apiVersion: v1
kind: Pod
metadata: { name: frontend-1, labels: { app: frontend, linkerd.io/control-plane-ns: weft } }
spec: { serviceAccountName: frontend, containers: [{ name: linkerd-proxy }, { name: main, ports: [{ containerPort: 9090, name: tcp-frontend }] }] }
status: { phase: Running, podIP: 10.1.0.2 }
---
apiVersion: v1
kind: Service
metadata: { name: backend }
spec: { clusterIP: 10.2.0.1, selector: { app: backend }, ports: [{ port: 8080, targetPort: tcp-backend }] }
---
apiVersion: v1
kind: Service
metadata: { name: frontend }
spec: { clusterIP: 10.2.0.2, selector: { app: frontend }, ports: [{ port: 9090, targetPort: tcp-frontend }] }
---
apiVersion: policy.linkerd.io/v1alpha1
kind: NetworkPolicy
metadata: { name: allow-tcp-backend, generation: 3 }
spec:
  targetRef: { kind: Service, name: backend }
  egress: [{ to: [{ ip: {} }], ports: [{ port: 8080, protocol: TCP }] }]
  ingress: [{ from: [{ selector: { matchLabels: { app: frontend } } }], ports: [{ port: 8080, protocol: TCP }] }]
---
apiVersion: policy.linkerd.io/v1alpha1
kind: NetworkPolicy
metadata: { name: allow-tcp-frontend, generation: 1 }
spec:
  targetRef: { kind: Service, name: frontend }
  egress: [{ to: [{ ip: {}, ports: [{ port: 8080, protocol: TCP }] }] }]
  ingress: [{ from: [{ selector: { matchLabels: { app: backend } } }], ports: [{ port: 9090, protocol: TCP }] }]
`;

/** What the control plane keeps of a cluster, made of objects or of manifests, and what it knows of its mesh. */
import { parseAllDocuments } from "yaml";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { parsePortRange, splitList } from "../../src/core/base/scalars/ports.ts";
import { parseCidr } from "../../src/core/base/scalars/subnets.ts";
import type { ClusterView } from "../../src/core/view/cluster.ts";
import {
  namespaceView,
  nodeView,
  podView,
  policyView,
  serviceView,
  sliceView,
} from "../../src/core/view/from-objects.ts";
import { clusterIndex } from "../../src/core/view/index.ts";
import type { ClusterIndex } from "../../src/core/view/index.ts";
import type { MeshView } from "../../src/core/view/mesh.ts";
import { policyKinds } from "../../src/core/view/objects.ts";
import { objectIn, textIn } from "../../src/core/view/read.ts";

/** An object, put where its kind belongs; in namespace `shop` unless it says otherwise. */
export function put({ apply }: Pick<ClusterIndex, "apply">, given: JsonObject, isGone = false): void {
  const metadata = { namespace: "shop", ...objectIn(given, "metadata") };
  const [object, name] = [{ ...given, metadata }, textIn(metadata, "name")];
  const key = `${textIn(metadata, "namespace")}/${name}`;
  const kind = textIn(object, "kind");
  const policy = policyKinds.find((each) => each === kind);
  const or = <Value>(value: Value) => (isGone ? undefined : value);
  if (kind === "Pod") apply("Pod", key, or(podView(object)));
  else if (kind === "Service") apply("Service", key, or(serviceView(object)));
  else if (kind === "EndpointSlice") apply("EndpointSlice", key, or(sliceView(object)));
  else if (kind === "Node") apply("Node", name, or(nodeView(object)));
  else if (kind === "Namespace") apply("Namespace", name, or(namespaceView(object)));
  else if (policy !== undefined) apply(policy, key, or(policyView(policy)(object)));
  else throw new Error(`a cluster for tests has no ${kind}`);
}

export function viewOf(...objects: readonly JsonObject[]): ClusterView {
  const index = clusterIndex();
  for (const object of objects) put(index, object);
  return index.view();
}

/** Of YAML text with any number of documents. */
export const viewOfManifests = (manifests: string): ClusterView =>
  viewOf(...parseAllDocuments(manifests).map((document): JsonObject => document.toJS()));

export const networks = (...texts: readonly string[]) => texts.flatMap((text) => parseCidr(text) ?? []);

/** With the chart's defaults. */
export const mesh: MeshView = {
  controlPlaneNamespace: "weft",
  trustDomain: "cluster.local",
  clusterDomain: "cluster.local",
  clusterNetworks: networks("10.0.0.0/8", "fd00::/8"),
  ipv6: true,
  defaultInboundPolicy: "all-unauthenticated",
  opaquePorts: splitList("25,587,3306,4444,5432,6379,9300,11211").flatMap((text) => parsePortRange(text) ?? []),
  probeNetworks: networks("0.0.0.0/0", "::/0"),
  proxyPorts: { inbound: 4143, admin: 4191, control: 4190 },
};

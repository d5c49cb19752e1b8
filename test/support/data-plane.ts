/** A cluster with weft's own control plane and pods of every sort: as they should be, stuck, older, missed. */
import { gatherMesh } from "../../src/cli/status/gather.ts";
import { reachOf } from "../../src/cli/check/reach.ts";
import type { Reach } from "../../src/cli/check/reach.ts";
import type { MeshNow } from "../../src/core/dataplane/state.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { inject } from "../../src/core/inject/inject.ts";
import type { Installation } from "../../src/core/inject/settings/installation.ts";
import { namespace, now, ownCluster, put } from "./check-cluster.ts";
import type { FakeCluster, Material } from "./check-cluster.ts";
import { plain } from "./injection.ts";

/** Made by ReplicaSet `<of>-7f9` of Deployment `<of>`. */
export interface PodOf {
  readonly name: string;
  readonly of?: string;
  readonly kind?: "Deployment" | "DaemonSet" | "StatefulSet" | "Job";
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly created?: string;
  readonly spec?: JsonObject;
  readonly status?: JsonObject;
}

export const readyStatus: JsonObject = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };

export function podOf(asked: PodOf): JsonObject {
  const { name, of, kind = "Deployment", annotations = {} } = asked;
  const isDeployment = kind === "Deployment";
  const owner = { kind: isDeployment ? "ReplicaSet" : kind, name: isDeployment ? `${of}-7f9` : of, controller: true };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: asked.namespace ?? "shop",
      labels: { app: of ?? name, ...(isDeployment ? { "pod-template-hash": "7f9" } : {}) },
      annotations,
      creationTimestamp: asked.created ?? "2026-02-20T08:00:00Z",
      ...(of === undefined ? {} : { ownerReferences: [owner] }),
    },
    spec: { containers: [{ name: "app", image: "app:1", ports: [{ containerPort: 8080 }] }], ...asked.spec },
    status: asked.status ?? readyStatus,
  };
}

/** In namespace `shop`, all of its pods ready. */
export const deployment = (name: string, changes: JsonObject = {}): JsonObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace: "shop" },
  spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: { metadata: {} }, ...changes },
  status: { updatedReplicas: 1, replicas: 1, availableReplicas: 1 },
});

/** As weft injects it with these settings. */
export function meshedOf(installation: Installation, asked: PodOf): JsonObject {
  const injection = inject({
    object: podOf(asked),
    namespace: { name: asked.namespace ?? "shop", annotations: { "linkerd.io/inject": "enabled" } },
    owner: { kind: "deployment", name: asked.of ?? "" },
    installation,
    createdBy: "weft/webhook 0.1.0",
  });
  if (injection.kind !== "injected") throw new Error(`${asked.name} is ${injection.kind}`);
  return plain(injection.object);
}

export interface DataPlaneCluster {
  readonly cluster: FakeCluster;
  readonly reach: Reach;
  readonly mesh: MeshNow;
  readonly add: (...pods: readonly JsonObject[]) => void;
}

/** Namespace `shop` asks since 1 February; there are no pods in it. */
export async function emptyMesh(made: Material): Promise<DataPlaneCluster> {
  const cluster = ownCluster(made);
  cluster.api.remove("/api/v1/namespaces/shop/pods/web");
  const reach = reachOf({ api: { server: "https://10.0.0.1:6443", ask: cluster.api.ask }, clock: () => now });
  const shop = namespace("shop", { "linkerd.io/inject": "enabled" }, { "weft.linkerd.io/inject": "enabled" });
  const written = { "f:metadata": { "f:annotations": { "f:linkerd.io/inject": {} } } };
  const managedFields = [{ manager: "kubectl", time: "2026-02-01T00:00:00Z", fieldsV1: written }];
  put(cluster, { ...shop, metadata: { ...(shop["metadata"] as JsonObject), managedFields } });
  put(cluster, namespace("plain"));
  const mesh = await gatherMesh(reach);
  if (mesh.kind !== "known") throw new Error(JSON.stringify(mesh));
  const add = (...pods: readonly JsonObject[]): void => {
    for (const pod of pods) put(cluster, pod);
  };
  return { cluster, reach, mesh: mesh.value, add };
}

const crashing: JsonObject = {
  phase: "Pending",
  conditions: [{ type: "Ready", status: "False", lastTransitionTime: "2026-03-01T11:00:00Z" }],
  initContainerStatuses: [
    {
      name: "linkerd-init",
      ready: false,
      restartCount: 7,
      state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 5m0s restarting failed container" } },
      lastState: { terminated: { exitCode: 1, reason: "Error" } },
    },
  ],
};

/** One of every sort. */
export async function shopMesh(made: Material): Promise<DataPlaneCluster> {
  const found = await emptyMesh(made);
  const { installation } = found.mesh;
  const older: Installation = {
    ...installation,
    settings: { ...installation.settings, "proxy.image.version": "edge-24.1.1", "proxy.logLevel": "debug" },
  };
  const pem = made.own.certificate;
  const distrusting: Installation = { ...installation, trustAnchors: { pem, sha256: "1234" } };
  found.add(
    meshedOf(installation, { name: "web-7f9-a", of: "web" }),
    meshedOf(installation, { name: "web-7f9-b", of: "web" }),
    meshedOf(installation, { name: "cart-7f9-a", of: "cart", status: crashing }),
    meshedOf(older, { name: "stock-7f9-a", of: "stock" }),
    meshedOf(older, { name: "stock-7f9-b", of: "stock" }),
    meshedOf(distrusting, { name: "pay-0", of: "pay", kind: "StatefulSet" }),
    podOf({ name: "mail-7f9-a", of: "mail", created: "2026-01-20T08:00:00Z" }),
    podOf({ name: "mail-7f9-b", of: "mail", created: "2026-01-20T08:00:00Z" }),
    podOf({ name: "news-7f9-a", of: "news" }),
    podOf({ name: "agent-x", of: "agent", kind: "DaemonSet", spec: { hostNetwork: true } }),
    podOf({ name: "tool" }),
    podOf({ name: "quiet-7f9-a", of: "quiet", namespace: "plain" }),
    podOf({ name: "done-abc", of: "done", kind: "Job", status: { phase: "Succeeded" } }),
  );
  return found;
}

/** The same with the Deployments of pods that have no proxy. */
export async function restartableMesh(made: Material): Promise<DataPlaneCluster> {
  const found = await shopMesh(made);
  for (const name of ["mail", "news"]) put(found.cluster, deployment(name));
  return found;
}

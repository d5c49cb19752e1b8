/** Pods that would lose their control plane with weft's: `weft uninstall` tells them, and stops. */
import { cut } from "../../core/checks/lines.ts";
import { hasEnded } from "../../core/checks/pods.ts";
import { annotationsOf, textAt } from "../../core/base/json/read.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { ownerOf } from "../../core/identity/rotation-objects.ts";
import { names } from "../../core/install/names.ts";
import { nameOf } from "../../core/install/print.ts";
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import { injectedBy } from "../../core/dataplane/state.ts";
import { keys } from "../../core/mesh/annotations.ts";
import { sidecarOf } from "../../core/mesh/sidecar.ts";
import { meshedPods } from "../../certificates/mesh/pod-trusts.ts";
import type { AskApi } from "../../kube/api.ts";
import { CommandFailure } from "../io.ts";
import { listed } from "../listed.ts";

/** Lines about the pods that these objects of an installation serve; none: there are no such pods, or no such objects. */
export async function leftAlone(objects: readonly JsonObject[], ask: AskApi): Promise<readonly string[]> {
  const planes = objects.map(nameOf).filter(({ kind, name }) => kind === "Deployment" && name === names.controller);
  const found = await Promise.all(planes.map(({ namespace }) => served(ask, namespace)));
  return found.flat();
}

async function served(ask: AskApi, namespace: string): Promise<readonly string[]> {
  const at = `the control plane in namespace ${namespace}`;
  try {
    const labelSelector = meshedPods(namespace);
    const pods = await listed(ask, collectionPath(resources.pods), { labelSelector });
    const meshed = pods.filter((pod) => sidecarOf(pod) !== undefined && !hasEnded(pod));
    return meshed.length === 0 ? [] : [podsText(meshed.length, at), ...cut(workloads(meshed)), ...consequence(meshed)];
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return [`whether pods have their certificates from ${at} was not seen: ${error.lines.join("; ")}`];
  }
}

const podsText = (count: number, at: string): string =>
  `${count === 1 ? "a pod has its proxy's certificate" : `${count} pods have their proxies' certificates`} from ${at}:`;

const consequence = (pods: readonly JsonObject[]): readonly string[] => [
  "without it their proxies find no new endpoints, and have no certificates any more within a day",
  ...(pods.every(isManual)
    ? []
    : ["take linkerd.io/inject from these namespaces and workloads first, and restart them"]),
  ...(pods.some(isManual)
    ? ["a proxy that was put into a manifest stays there: weft uninject app.yaml | kubectl apply -f - takes it out"]
    : []),
];

/** By `weft inject --manual`, or Linkerd's. */
const isManual = (pod: JsonObject): boolean => injectedBy(annotationsOf(pod)[keys.createdBy] ?? "").kind === "manual";

/** A line each, most pods first. */
function workloads(pods: readonly JsonObject[]): readonly string[] {
  const at = (pod: JsonObject): string =>
    `${textAt(pod, "metadata", "namespace")} ${ownerOf(pod)}${isManual(pod) ? " (manual)" : ""}`;
  return [...Map.groupBy(pods, at)]
    .toSorted(([one, some], [other, others]) => others.length - some.length || (one < other ? -1 : 1))
    .map(([at, found]) => `  ${at}: ${found.length} ${found.length === 1 ? "pod" : "pods"}`);
}

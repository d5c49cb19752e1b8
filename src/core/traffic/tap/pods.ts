/** Which pods are tapped, whose address is whose, and how endpoints are named in a match. */
import { annotationsOf, labelsOf, objectsAt, textAt } from "../../base/json/read.ts";
import type { JsonObject, Labels } from "../../base/json/json.ts";
import { parseBool } from "../../base/scalars/booleans.ts";
import { resources } from "../../kubernetes/kinds.ts";
import type { NamedResource } from "../../kubernetes/resource-words.ts";
import { keys, labels } from "../../mesh/annotations.ts";
import { defaultProxyPorts, proxyPortsOf } from "../../mesh/proxy-ports.ts";
import type { ProxyPorts } from "../../mesh/proxy-ports.ts";
import { isRunning, podView } from "../../view/from-objects.ts";
import type { PodView } from "../../view/objects.ts";

/** A pod as far as tapping it is concerned. */
export interface TapPod {
  readonly view: PodView;
  readonly running: boolean;
  /** It has a proxy, and is none that ends. */
  readonly meshed: boolean;
  /** Its annotation says that nobody taps it. */
  readonly disabled: boolean;
  readonly ports: ProxyPorts;
  /** Such as `9090`; blank: none. */
  readonly opaquePorts: string;
  /** Where its control plane is, as the API server has it; blank: it does not say. */
  readonly controlPlaneNamespace: string;
}

export function tapPod(object: JsonObject): TapPod {
  const view = podView(object);
  return {
    view,
    running: isRunning(object, view),
    meshed: view.sidecar !== undefined,
    disabled: parseBool(annotationsOf(object)[keys.disableTap] ?? "") === true,
    ports: proxyPortsOf(defaultProxyPorts, view),
    opaquePorts: view.annotations[keys.opaquePorts] ?? "",
    controlPlaneNamespace: labelsOf(object)[labels.controlPlaneNamespace] ?? "",
  };
}

/** What a resource of the command line means; `undefined` as a kind: all pods of the namespace. */
export type Asked = Pick<NamedResource, "name"> & { readonly kind: NamedResource["kind"] | undefined };

export function isOf({ view }: TapPod, { kind, name }: Asked): boolean {
  const { owner } = view;
  const isNamed = (found: string): boolean => name === undefined || found === name;
  if (kind === undefined) return true;
  if (kind === resources.pods) return isNamed(view.name);
  if (owner === undefined || owner.group !== undefined) return false;
  if (kind === resources.replicaSets) {
    // Of a Deployment's pod the owner is the Deployment.
    const ofDeployment =
      owner.kind === "Deployment" ? `${owner.name}-${view.labels["pod-template-hash"] ?? ""}` : undefined;
    return ofDeployment !== undefined ? isNamed(ofDeployment) : owner.kind === kind.kind && isNamed(owner.name);
  }
  if (kind === resources.cronJobs) {
    // Its Jobs are named after it and the minute.
    const [, cronJob] = /^(.+)-\d+$/.exec(owner.name) ?? [];
    return owner.kind === "Job" && cronJob !== undefined && isNamed(cronJob);
  }
  return owner.kind === kind.kind && isNamed(owner.name);
}

/** What a label of an endpoint is called; undefined: none says it. */
export function endpointLabel({ kind }: Asked): string | undefined {
  if (kind === undefined) return "namespace";
  if (kind === resources.jobs) return "k8s_job";
  return endpointKinds.has(kind.kind) ? kind.kind.toLowerCase() : undefined;
}

const endpointKinds: ReadonlySet<string> = new Set(
  [
    resources.pods,
    resources.deployments,
    resources.statefulSets,
    resources.daemonSets,
    resources.replicaSets,
    resources.replicationControllers,
    resources.services,
  ].map(({ kind }) => kind),
);

/** Labels by address: `pod`, its owner's kind, `namespace`, `serviceaccount`. */
export const labelsByAddress = (pods: readonly TapPod[]): ReadonlyMap<string, Labels> =>
  new Map(
    pods
      .filter(({ view }) => view.alive && !view.hostNetwork)
      .flatMap(({ view }) => view.ips.map((ip) => [ip, labelsOfPod(view)] as const)),
  );

const labelsOfPod = ({ name, namespace, serviceAccount, owner }: PodView): Labels => ({
  pod: name,
  namespace,
  serviceaccount: serviceAccount,
  ...(owner === undefined ? {} : { [owner.kind.toLowerCase()]: owner.name }),
});

interface NodeAddresses {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** Label `node` by address. */
export const nodesByAddress = (nodes: readonly NodeAddresses[]): ReadonlyMap<string, Labels> =>
  new Map(nodes.flatMap(({ name, addresses }) => addresses.map((ip) => [ip, { node: name }] as const)));

export const nodeAddresses = (node: JsonObject): NodeAddresses => ({
  name: textAt(node, "metadata", "name"),
  addresses: objectsAt(node, "status", "addresses").flatMap((each) =>
    textAt(each, "type") === "Hostname" ? [] : [textAt(each, "address")],
  ),
});

/** How many requests one proxy is asked for a second, so that all of them tell no more than is wanted. */
export const shareOf = (perSecond: number, pods: number): number =>
  Math.max(1, Math.min(4_294_967_295, Math.floor(perSecond / Math.max(1, pods))));

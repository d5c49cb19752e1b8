/** What of the policies in a cluster holds nothing, or another thing than it says, for `weft check`. */
import { keys } from "../mesh/annotations.ts";
import type { Annotations, JsonObject } from "../base/json/json.ts";
import { nearMiss } from "../mesh/default-policy.ts";
import { issueText } from "../base/text/issue.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import { policyKinds } from "../view/objects.ts";
import type { PodView, PolicyView } from "../view/objects.ts";
import { refusedCalls } from "./kubelet-calls.ts";
import { policyIssues } from "./linkerd.ts";
import { networkRules } from "./network-rules.ts";
import { policyName } from "./routes.ts";
import { selectingServers } from "./server.ts";
import { ownerOf } from "./sharing.ts";

/** Lines, each with its object; each once. */
export interface PolicyFindings {
  /** Of policies that cannot be read, are not taken up, or have no pods any more. */
  readonly unheld: readonly string[];
  /** Ports that several Servers select. */
  readonly contested: readonly string[];
  /** Probes and hooks that cannot get in. */
  readonly refused: readonly string[];
}

export interface PodOfCluster {
  readonly pod: PodView;
  /** As the API server gives it. */
  readonly object: JsonObject;
}

export function policyFindings(
  view: ClusterView,
  mesh: MeshView,
  { pods, namespaces }: { readonly pods: readonly PodOfCluster[]; readonly namespaces: readonly string[] },
): PolicyFindings {
  const policies = policyKinds.flatMap((kind) => view.everyPolicy(kind));
  const living = pods.filter(({ pod }) => pod.alive);
  return {
    unheld: distinct([
      ...policies.flatMap((policy) =>
        policyIssues(view, mesh, policy).map((issue) => `${policyName(policy)}: ${issueText(issue)}`),
      ),
      ...view.everyPolicy("NetworkPolicy").flatMap((policy) => liftedLines(view, policy)),
      ...namespaces.flatMap((name) => nearMisses(`Namespace ${name}`, view.namespace(name)?.annotations)),
      ...living.flatMap(({ pod }) => nearMisses(`${ownerOf(pod)} in ${pod.namespace}`, pod.annotations)),
    ]),
    contested: distinct(living.flatMap(({ pod }) => contestedLines(view, pod))),
    refused: distinct(
      living.flatMap(({ pod, object }) =>
        refusedCalls(view, mesh, pod, object).map((call) => `${ownerOf(pod)} in ${pod.namespace}: ${call}`),
      ),
    ),
  };
}

const distinct = (lines: readonly string[]): readonly string[] => [...new Set(lines)];

function liftedLines(view: ClusterView, policy: PolicyView): readonly string[] {
  const { service: name } = networkRules(policy);
  if (name === undefined) return [];
  const service = view.service(policy.namespace, name);
  const why = service === undefined ? `there is no Service ${name}` : `Service ${name} has no selector`;
  const isHeld = service !== undefined && Object.keys(service.selector).length > 0;
  return isHeld ? [] : [`${policyName(policy)}: ${why}: it holds for no pod`];
}

function nearMisses(what: string, annotations: Annotations = {}): readonly string[] {
  const near = nearMiss(annotations[keys.defaultInboundPolicy] ?? "");
  return near === undefined ? [] : [`${what}: ${keys.defaultInboundPolicy}: ${near}`];
}

function contestedLines(view: ClusterView, pod: PodView): readonly string[] {
  const byPort = Map.groupBy(selectingServers(view, pod), ([port]) => port);
  return [...byPort.values()].flatMap((selecting) => {
    const [first, ...others] = selecting;
    if (first === undefined || others.length === 0) return [];
    const [port, { name }] = first;
    const rest = others.map(([, server]) => server.name).join(", ");
    return [`port ${port} of ${ownerOf(pod)} in ${pod.namespace}: Server ${name} decides, and not ${rest}`];
  });
}

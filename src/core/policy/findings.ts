/** What of the policies in a cluster holds nothing, or another thing than it says, for `weft check`. */
import { keys } from "../mesh/annotations.ts";
import type { Annotations, JsonObject } from "../base/json/json.ts";
import { nearMiss } from "../mesh/default-policy.ts";
import { issueText } from "../base/text/issue.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import { policyKinds } from "../view/objects.ts";
import type { PodView } from "../view/objects.ts";
import { refusedCalls } from "./kubelet-calls.ts";
import { policyIssues } from "./linkerd.ts";
import { policyName } from "./routes.ts";
import { selectingServers } from "./server.ts";
import { ownerOf } from "./sharing.ts";
import { unheld } from "./unheld.ts";

/** Lines, each with its object; each once. */
export interface PolicyFindings {
  /** Of policies that cannot be read, are not taken up, or are for nobody who is there. */
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
      ...policies.flatMap((policy) => {
        const issues = policyIssues(view, mesh, policy).map(issueText);
        // Of what cannot be read nobody can say whom it is for.
        const lines = issues.length > 0 ? issues : unheld(view, mesh, policy);
        return lines.map((line) => `${policyName(policy)}: ${line}`);
      }),
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

/** Who is at an end of a connection, by what the metrics say of it. */
import type { SampleLabels } from "./page.ts";
import { ofPod } from "./pods.ts";
import type { End, TrafficPod } from "./pods.ts";

/** Rows are of pods, or of the workloads that have them. */
export type Grouping = "workload" | "pod";

export interface Ends {
  readonly ofPod: (pod: TrafficPod) => End;
  /** Of a sample of the outbound side. */
  readonly ofTarget: (labels: SampleLabels) => End;
  /** Of an identity whose pods are not known well enough: the one workload that has the account, else the account. */
  readonly ofIdentity: (identity: string) => End;
}

/** Stands for all who call in plain text: no metric has their addresses. */
export const notMeshed: End = { kind: "", namespace: "-", name: "(not meshed)" };

/** The namespace of what is no pod that is known. */
export const outside = "(outside)";

/** As weft's controller, and Linkerd's, call the owner in the labels of an endpoint. */
const ownerLabels: readonly (readonly [label: string, kind: string])[] = [
  ["dst_deployment", "deployment"],
  ["dst_statefulset", "statefulset"],
  ["dst_daemonset", "daemonset"],
  ["dst_k8s_job", "job"],
  ["dst_cronjob", "cronjob"],
  ["dst_replicaset", "replicaset"],
  ["dst_replicationcontroller", "replicationcontroller"],
];

export function endsOf(pods: readonly TrafficPod[], grouping: Grouping): Ends {
  const own = (pod: TrafficPod): End => (grouping === "pod" ? ofPod(pod) : pod.owner);
  // Pods of a node's own network share its address.
  const byAddress = new Map(
    pods.filter(({ hostNetwork }) => !hostNetwork).flatMap((pod) => pod.ips.map((ip) => [ip, pod] as const)),
  );
  const byAccount = Map.groupBy(pods, (pod) => `${pod.serviceAccount}.${pod.namespace}`);
  return {
    ofPod: own,
    ofTarget: (labels) => {
      const named = namedTarget(labels, grouping);
      if (named !== undefined) return named;
      const pod = byAddress.get(labels["target_ip"] ?? "");
      if (pod !== undefined) return own(pod);
      return { kind: "", namespace: outside, name: clipped(labels["authority"] || (labels["target_addr"] ?? "")) };
    },
    ofIdentity: (identity) => {
      const account = shortIdentity(identity);
      const owners = (byAccount.get(account) ?? []).map(own);
      const [first] = owners;
      if (first !== undefined && owners.every((each) => endKey(each) === endKey(first))) return first;
      const [name = "", namespace = ""] = account.split(".");
      return { kind: "sa", namespace, name };
    },
  };
}

function namedTarget(labels: SampleLabels, grouping: Grouping): End | undefined {
  const namespace = clipped(labels["dst_namespace"] ?? "");
  if (namespace === "") return undefined;
  const pod = clipped(labels["dst_pod"] ?? "");
  if (grouping === "pod") return pod === "" ? undefined : ofPod({ namespace, name: pod });
  for (const [label, kind] of ownerLabels) {
    const name = clipped(labels[label] ?? "");
    if (name !== "") return { kind, namespace, name };
  }
  return pod === "" ? undefined : ofPod({ namespace, name: pod });
}

/** No name of Kubernetes is longer, nor any of DNS; what is belongs to no object. */
const longest = 253;
export const clipped = (text: string): string => (text.length <= longest ? text : `${text.slice(0, longest)}…`);

/** `frontend.shop` of a DNS-like name, and of `spiffe://…/ns/shop/sa/frontend`. */
export function shortIdentity(long: string): string {
  const identity = clipped(long);
  const [, namespace, account] = /^spiffe:\/\/.*\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(identity) ?? [];
  return account === undefined ? identity.split(".", 2).join(".") : `${account}.${namespace}`;
}

export const endKey = ({ kind, namespace, name }: End): string => `${namespace}/${kind}/${name}`;

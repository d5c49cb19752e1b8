/** Whether a caller is the workload that it speaks for: by the name in its certificate and the pod's service account. */
import { identityOf, serviceAccountOf } from "../mesh/identity.ts";
import type { ClusterView } from "./cluster.ts";
import type { MeshView } from "./mesh.ts";
import type { Workload } from "./workload.ts";

export type Verdict =
  | { readonly kind: "same" }
  /** It says nobody, or there is nothing to compare with yet. */
  | { readonly kind: "unknown" }
  /** The pod is not known, and its namespace is another one than the caller's. */
  | { readonly kind: "other"; readonly expected: string }
  /** The pod is known, and it is not this one's. */
  | { readonly kind: "refused"; readonly expected: string };

/** `identity`: the caller's; undefined: it has none. An empty pod or namespace was not said. */
export function judgeCaller(
  view: ClusterView,
  mesh: MeshView,
  { namespace, pod: name }: Workload,
  identity: string | undefined,
): Verdict {
  if (namespace === "") return { kind: "unknown" };
  const pod = name === "" ? undefined : view.pod(namespace, name);
  if (pod !== undefined) {
    const expected = identityOf(pod, mesh);
    return identity === expected ? { kind: "same" } : { kind: "refused", expected };
  }
  const account = identity === undefined ? undefined : serviceAccountOf(identity, mesh);
  if (account?.namespace === namespace) return name === "" ? { kind: "same" } : { kind: "unknown" };
  return { kind: "other", expected: `a service account of ${namespace}` };
}

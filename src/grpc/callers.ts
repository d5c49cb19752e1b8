/** Who calls, and whether that is whom the call speaks for. */
import { status } from "@grpc/grpc-js";
import { judgeCaller } from "../core/view/caller.ts";
import type { Verdict } from "../core/view/caller.ts";
import type { ClusterView } from "../core/view/cluster.ts";
import type { MeshView } from "../core/view/mesh.ts";
import type { Workload } from "../core/view/workload.ts";
import type { GrpcFault } from "./following.ts";
import type { Peer } from "./peers.ts";

export interface CallerNeeds {
  readonly view: () => ClusterView;
  readonly mesh: () => MeshView;
  readonly onCaller: (caller: Caller) => void;
}

export interface Caller {
  readonly method: string;
  readonly workload: Workload;
  /** Of its certificate; undefined: it has none. */
  readonly identity: string | undefined;
  readonly verdict: Verdict;
}

/** Undefined: let it go on. */
export function refusalOf(
  { view, mesh, onCaller }: CallerNeeds,
  method: string,
  { identity }: Pick<Peer, "identity">,
  workload: Workload,
): GrpcFault | undefined {
  const verdict = judgeCaller(view(), mesh(), workload, identity);
  onCaller({ method, workload, identity, verdict });
  if (verdict.kind !== "refused") return undefined;
  const { namespace, pod } = workload;
  return { code: status.PERMISSION_DENIED, details: `${identity ?? "nobody"} is not pod ${namespace}/${pod}` };
}

/** Who calls, and whether that is whom the call speaks for. */
import { status } from "@grpc/grpc-js";
import { peerName } from "../core/identity/peer-name.ts";
import { judgeCaller } from "../core/view/caller.ts";
import type { Verdict } from "../core/view/caller.ts";
import type { ClusterView } from "../core/view/cluster.ts";
import type { MeshView } from "../core/view/mesh.ts";
import type { Workload } from "../core/view/workload.ts";
import type { GrpcFault } from "./latest.ts";

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

/** What of a grpc-js call is used. */
export interface CallOfSomebody {
  readonly getAuthContext: () => { readonly sslPeerCertificate?: { readonly subjectaltname?: string } };
}

/** Undefined: let it go on. */
export function refusalOf(
  { view, mesh, onCaller }: CallerNeeds,
  method: string,
  call: CallOfSomebody,
  workload: Workload,
): GrpcFault | undefined {
  const identity = peerName(call.getAuthContext().sslPeerCertificate?.subjectaltname ?? "");
  const verdict = judgeCaller(view(), mesh(), workload, identity);
  onCaller({ method, workload, identity, verdict });
  if (verdict.kind !== "refused") return undefined;
  const { namespace, pod } = workload;
  return { code: status.PERMISSION_DENIED, details: `${identity ?? "nobody"} is not pod ${namespace}/${pod}` };
}

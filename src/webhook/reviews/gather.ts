/** What a review of a pod or a Service asks of the world, all of it in one place. */
import type { Result } from "../../core/base/text/result.ts";
import { ownerAbove, ownerStep } from "../../core/inject/pod/owner.ts";
import type { LookedUpKind } from "../../core/inject/pod/owner.ts";
import type { MetadataView } from "../../core/inject/pod/pod-view.ts";
import type { InjectRequest, Subjects } from "../../core/inject/request.ts";
import type { Owner } from "../../core/inject/outcome/injection.ts";
import type { Installation } from "../../core/inject/settings/installation.ts";
import type { Entry } from "../../core/registration/entries.ts";
import type { Deadline } from "../../async/until.ts";
import { requestNamespace } from "./request-namespace.ts";
import type { MaybePromise, NamespaceNeeds } from "./request-namespace.ts";

/** Metadata of an owner; `undefined`: not found, or not to be found out. Never rejects: owners are never worth a pod. */
type OwnerLookup = (
  kind: LookedUpKind,
  namespace: string,
  name: string,
  deadline: Deadline,
) => MaybePromise<Pick<MetadataView, "owners"> | undefined>;

/** Where it is asked. */
export interface Lookups extends NamespaceNeeds {
  readonly installation: () => Installation;
  readonly ownerNamed: OwnerLookup;
}

/** What an injection depends on beside the object itself. */
export type Gathered = Pick<InjectRequest, "installation" | "namespace" | "owner">;

/** `pod`: what is reviewed, if it is one. `unknown`: why the namespace could not be read. */
export type Gather = (
  namespace: string,
  pod: OwnedPod | undefined,
  deadline: Deadline,
) => Promise<Gathered | { readonly unknown: unknown }>;

/** What of a pod says who made it. */
export type OwnedPod = Pick<MetadataView, "name" | "owners">;

/** `entry`: what of the registration the reviews come through. */
export function gatherer(lookups: Lookups, entry: Entry | undefined): Gather {
  const { ofPod, ofOther } = requestNamespace(lookups, entry);
  return async (name, pod, deadline) => {
    const heard = (pod === undefined ? ofOther : ofPod)(name, deadline);
    // An `await` costs a turn of the queue even where there is nothing to wait for.
    const known = heard instanceof Promise ? await heard : heard;
    if ("unknown" in known) return known;
    const { annotations } = known;
    // Only pods have owners that anybody asks for.
    const found = pod === undefined ? nobody : ownerOf(pod, name, lookups.ownerNamed, deadline);
    const owner = found instanceof Promise ? await found : found;
    const namespace = { name, annotations: annotations ?? {}, missing: annotations === undefined };
    return { installation: lookups.installation(), namespace, owner };
  };
}

export const podIn = (read: Result<Subjects>): OwnedPod | undefined =>
  "value" in read && read.value.target?.kind === "pod" ? read.value.metadata : undefined;

const nobody: Owner = { kind: "", name: "" };

/** Who made the pod, one step up from a ReplicaSet or a Job. */
function ownerOf(pod: OwnedPod, namespace: string, ownerNamed: OwnerLookup, deadline: Deadline): MaybePromise<Owner> {
  const step = ownerStep(pod);
  if (step.kind === "known") return step.owner;
  const found = ownerNamed(step.of, namespace, step.name, deadline);
  return found instanceof Promise ? found.then((above) => ownerAbove(step, above)) : ownerAbove(step, found);
}

/** What is asked of the engine, and what it reads of it, once. */
import { keys } from "../mesh/annotations.ts";
import type { Annotations, JsonObject } from "../base/json/json.ts";
import type { Decision } from "./decide.ts";
import type { Owner, Skipped, Subject, Warning } from "./outcome/injection.ts";
import type { Installation } from "./settings/installation.ts";
import { quoted } from "../base/text/quote.ts";
import type { Result } from "../base/text/result.ts";
import { targetOf } from "./pod/kinds.ts";
import type { RequestKind, Target } from "./pod/kinds.ts";
import { readMetadata, readPod } from "./pod/pod-view.ts";
import type { MetadataView, PodView } from "./pod/pod-view.ts";
import { sorted } from "./messages/warnings.ts";
import type { Beneath, Source } from "./settings/resolve.ts";

export interface RequestNamespace {
  readonly name: string;
  readonly annotations: Annotations;
  /** It was looked for and is not there; it counts as having no annotations (S-31). */
  readonly missing?: boolean;
}

export interface InjectRequest {
  /** The object as it came: raw JSON. */
  readonly object: JsonObject;
  /** Kind of the admission request, for objects that do not say theirs. */
  readonly requestKind?: RequestKind | undefined;
  /** The namespace of the request, with its annotations. */
  readonly namespace: RequestNamespace;
  /** Who made the pod, as looked up. */
  readonly owner: Owner;
  readonly installation: Installation;
  /** Value of `linkerd.io/created-by`, such as `weft/webhook 1.0.0`. */
  readonly createdBy: string;
}

/** An object as injection sees it, its fields read and checked. */
export interface Subjects {
  readonly target: Target | undefined;
  readonly pod: PodView | undefined;
  /** Metadata of the object itself; for a Pod the same as the pod's. */
  readonly metadata: MetadataView;
}

/** Reads what injection looks at; issues with JSON Pointers when a field has the wrong type. */
export function readSubjects(object: JsonObject, requestKind?: RequestKind): Result<Subjects> {
  const target = targetOf(object, requestKind);
  if (target?.pod !== undefined && target.path.length === 0) {
    const pod = readPod(target.pod);
    return "issues" in pod ? pod : { value: { target, pod: pod.value, metadata: pod.value.metadata } };
  }
  const metadata = readMetadata(object);
  const pod = target?.pod === undefined ? { value: undefined } : readPod(target.pod, target.path);
  if ("issues" in pod) return pod;
  return "issues" in metadata ? metadata : { value: { target, pod: pod.value, metadata: metadata.value } };
}

export const ownAnnotations = ({ pod, metadata }: Subjects): Annotations => (pod?.metadata ?? metadata).annotations;

const subjectOf = ({ target, metadata }: Subjects, object: JsonObject): Subject => ({
  kind: target?.kind ?? kindOf(object),
  name: metadata.name === "" ? metadata.generateName : metadata.name,
});

const kindOf = ({ kind }: JsonObject): string => (typeof kind === "string" ? kind.toLowerCase() : "object");

/** What every outcome says about the object and its owner. */
export const outcomeOf = (
  request: Pick<InjectRequest, "object" | "owner"> & { readonly namespace?: RequestNamespace },
  subjects: Subjects,
  decision: Decision,
  warnings: readonly Warning[],
): Pick<Skipped, "subject" | "owner" | "annotationAt" | "warnings"> => ({
  subject: subjectOf(subjects, request.object),
  owner: request.owner,
  annotationAt: decision.annotationAt,
  warnings: sorted([...missingWarnings(subjects, request.namespace), ...warnings]),
});

/**
 * Under the pod's own annotations: `proxy-additional-env` of the namespace and of the workload's own metadata (S-15), and
 * `disable-tap` of the namespace.
 */
export function beneathPod(subjects: Subjects, namespace: Annotations, added: Annotations): readonly Beneath[] {
  const isWorkload = subjects.target?.path.length !== 0;
  const workload = isWorkload ? subjects.metadata.annotations : {};
  const beneath = (annotation: string, annotations: Annotations, from: Source): readonly Beneath[] => {
    const text = annotations[annotation];
    return text === undefined ? [] : [{ annotation, text, from }];
  };
  return [
    ...(Object.hasOwn(added, keys.proxyAdditionalEnv) ? [] : beneath(keys.proxyAdditionalEnv, namespace, "namespace")),
    ...beneath(keys.proxyAdditionalEnv, workload, "pod"),
    ...beneath(keys.disableTap, namespace, "namespace"),
  ];
}

function missingWarnings({ target }: Subjects, namespace: RequestNamespace | undefined): readonly Warning[] {
  if (namespace?.missing !== true || target === undefined) return [];
  const text = `namespace ${quoted(namespace.name)} was not found, so its annotations could not be read`;
  return [{ about: "metadata.namespace", rank: 1, text }];
}

/**
 * One request for a pod or a Service: bytes → decode → look up → inject → respond. What it needs of the world it asks
 * for as functions, so the webhook, `weft review` and the tests run this very code.
 */
import { outgrown } from "../../core/admission/bounds.ts";
import { malformedCodes } from "../../core/admission/decode.ts";
import { pass, respond } from "../../core/admission/respond.ts";
import { inject } from "../../core/inject/inject.ts";
import type { Injection } from "../../core/inject/outcome/injection.ts";
import type { Installation } from "../../core/inject/settings/installation.ts";
import { applies } from "../../core/inject/patch.ts";
import { ownerAbove, ownerStep } from "../../core/inject/pod/owner.ts";
import type { LookedUpKind, OwnerStep } from "../../core/inject/pod/owner.ts";
import type { MetadataView } from "../../core/inject/pod/pod-view.ts";
import { readSubjects } from "../../core/inject/request.ts";
import type { Subjects } from "../../core/inject/request.ts";
import { knownKeys } from "../../core/inject/messages/unknown-keys.ts";
import type { Annotations, JsonObject } from "../../core/base/json/json.ts";
import type { Entry } from "../../core/registration/entries.ts";
import type { Answer, AnswerReview, AnswerSummary, Deadline } from "../answer.ts";
import { letThrough, readReview } from "./read-review.ts";
import { namespaceUnknown, requestNamespace, unknownReason } from "./request-namespace.ts";
import type { MaybePromise, NamespaceNeeds } from "./request-namespace.ts";
import { base64, requestSummary } from "./summary.ts";
import type { AdmissionRequest } from "../../core/admission/request.ts";
import { notForUs } from "../answer.ts";
import { leftAloneReasons } from "../../core/inject/outcome/reasons.ts";
import type { Result } from "../../core/base/text/result.ts";

/** Metadata of an owner; `undefined`: not found, or not to be found out. Never rejects: owners are never worth a pod. */
type OwnerLookup = (
  kind: LookedUpKind,
  namespace: string,
  name: string,
  deadline: Deadline,
) => MaybePromise<Pick<MetadataView, "owners"> | undefined>;

export interface ReviewNeeds extends NamespaceNeeds {
  readonly installation: () => Installation;
  readonly ownerNamed: OwnerLookup;
  /** Version of weft, for `linkerd.io/created-by`. */
  readonly version: string;
  /** Told of each injection; for events. The owner is the injection's; the namespace and the dry run the request's. */
  readonly onInjection?: ((injection: Injection, request: AdmissionRequest) => void) | undefined;
}

/** What `summary.reasons` may hold beside the skip reasons. */
export const otherReasons: readonly string[] = [notForUs, unknownReason, ...malformedCodes, ...leftAloneReasons];

/**
 * Answers reviews of pods and Services. Bad input gets its answer; a rejection is a fault of ours (HTTP 500). `entry`:
 * what of weft's registration they come through; absent where a registration is not weft's.
 */
export function reviewer(needs: ReviewNeeds, entry?: Entry): AnswerReview {
  const createdBy = `weft/webhook ${needs.version}`;
  const { ofPod, ofOther } = requestNamespace(needs, entry);
  const review = async (request: AdmissionRequest, deadline: Deadline): Promise<Answer> => {
    if (!concernsUs(request)) {
      return { ...pass(request), summary: { ...requestSummary(request), result: "skipped", reasons: [notForUs] } };
    }
    const read = readSubjects(request.object, request.kind);
    const heard = (isPod(read) ? ofPod : ofOther)(request.namespace, deadline);
    // An `await` costs a turn of the queue even where there is nothing to wait for.
    const known = heard instanceof Promise ? await heard : heard;
    if ("unknown" in known) {
      const summary = { ...requestSummary(request), result: "faulted", reasons: [unknownReason] } as const;
      return { ...namespaceUnknown(request, known.unknown), summary };
    }
    const injection = await injectionFor({ request, read, ...known, createdBy }, needs, deadline);
    const why = "patch" in injection ? outgrown(injection.object, request.kind) : undefined;
    if (why !== undefined) return letThrough(request, why);
    if ("patch" in injection && !applies(injection.patch, request.object)) {
      throw new Error(
        `the patch would not apply: ${injection.patch.map(({ op, path }) => `${op} ${path}`).join(", ")}`,
      );
    }
    needs.onInjection?.(injection, request);
    return { ...respond(request, injection, base64), summary: summaryOf(request, injection) };
  };
  return async (body, deadline) => {
    const read = readReview(body);
    return "answer" in read ? read.answer : review(read.request, deadline);
  };
}

type ObjectRequest = AdmissionRequest & { readonly object: JsonObject };

// Registered for CREATE alone. A patch to containers would make any other request fail (contract 9.4).
const concernsUs = (request: AdmissionRequest): request is ObjectRequest =>
  request.object !== undefined &&
  (request.operation === "CREATE" || request.operation === "") &&
  request.subResource === "";

interface Known {
  readonly request: ObjectRequest;
  readonly read: Result<Subjects>;
  readonly annotations: Annotations | undefined;
  readonly createdBy: string;
}

async function injectionFor(
  { request, read, annotations, createdBy }: Known,
  needs: ReviewNeeds,
  deadline: Deadline,
): Promise<Injection> {
  const step = stepOf(read);
  const above = step.kind === "look up" ? needs.ownerNamed(step.of, request.namespace, step.name, deadline) : undefined;
  const found = above instanceof Promise ? await above : above;
  return inject(
    {
      object: request.object,
      requestKind: request.kind,
      namespace: { name: request.namespace, annotations: annotations ?? {}, missing: annotations === undefined },
      owner: step.kind === "look up" ? ownerAbove(step, found) : step.owner,
      installation: needs.installation(),
      createdBy,
    },
    read,
  );
}

const nobody: OwnerStep = { kind: "known", owner: { kind: "", name: "" } };

/** Only pods have owners that anybody asks for (contract 9.5). */
const stepOf = (read: Result<Subjects>): OwnerStep => (isPod(read) ? ownerStep(read.value.metadata) : nobody);

const isPod = (read: Result<Subjects>): read is Extract<Result<Subjects>, { readonly value: unknown }> =>
  "value" in read && read.value.target?.kind === "pod";

function summaryOf(request: AdmissionRequest, injection: Injection): AnswerSummary {
  const base = requestSummary(request);
  if (injection.kind === "refused" || injection.kind === "faulted") return { ...base, result: injection.kind };
  const { subject, owner, warnings } = injection;
  return {
    ...base,
    kind: subject.kind,
    name: subject.name,
    owner: owner.name === "" ? "" : `${owner.kind}/${owner.name}`,
    result: injection.kind,
    reasons: injection.kind === "skipped" || injection.kind === "annotated" ? injection.reasons : [],
    warnings: warnings.map(({ about }) => about).filter((about) => knownKeys.has(about)),
  };
}

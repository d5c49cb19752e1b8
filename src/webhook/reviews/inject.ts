/**
 * One request for a pod or a Service: bytes → decode → gather → inject → respond. What it needs of the world it asks for as
 * functions, so the webhook, `weft review` and the tests run this very code.
 */
import { outgrown } from "../../core/admission/bounds.ts";
import { malformedCodes } from "../../core/admission/decode.ts";
import { pass, respond } from "../../core/admission/respond.ts";
import { inject } from "../../core/inject/inject.ts";
import type { Injection } from "../../core/inject/outcome/injection.ts";
import { applies } from "../../core/inject/patch.ts";
import { readSubjects } from "../../core/inject/request.ts";
import { knownKeys } from "../../core/inject/messages/unknown-keys.ts";
import { equal } from "../../core/base/json/equal.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import type { Entry } from "../../core/registration/entries.ts";
import type { AnswerReview, RecordedAnswer, ReviewRecord } from "../answer.ts";
import { AlikeReviews, likenessOf } from "./alike.ts";
import { gatherer, podIn } from "./gather.ts";
import type { Gathered, Lookups, OwnedPod } from "./gather.ts";
import { base64 } from "./base64.ts";
import { letThrough, readReview } from "./read-review.ts";
import { namespaceUnknown, unknownReason } from "./request-namespace.ts";
import type { RequestRecord } from "./read-review.ts";
import type { AdmissionRequest } from "../../core/admission/request.ts";
import { notForUs } from "../answer.ts";
import { leftAloneReasons } from "../../core/inject/outcome/reasons.ts";

export interface ReviewNeeds extends Lookups {
  /** Version of weft, for `linkerd.io/created-by`. */
  readonly version: string;
}

/** What `record.reasons` may hold beside the skip reasons. */
export const otherReasons: readonly string[] = [notForUs, unknownReason, ...malformedCodes, ...leftAloneReasons];

/**
 * Answers reviews of pods and Services. Bad input gets its answer; a rejection is a fault of ours (HTTP 500). `entry`:
 * what of weft's registration they come through; absent where a registration is not weft's.
 */
export function reviewer(needs: ReviewNeeds, entry?: Entry, alike: AlikeInjections = new AlikeReviews()): AnswerReview {
  const createdBy = `weft/webhook ${needs.version}`;
  const gather = gatherer(needs, entry);
  return async (body, deadline) => {
    const text = body.toString("utf8");
    const likeness = likenessOf(text);
    const before = likeness && alike.get(likeness);
    const now = before && (await gather(before.basis.namespace, before.basis.pod, deadline));
    if (likeness !== undefined && before !== undefined && equal(now, before.basis.gathered)) {
      return before.answerTo(likeness);
    }
    const review = readReview(text);
    if ("answer" in review) return review.answer;
    const { request, record } = review;
    if (!concernsUs(request)) {
      return { ...pass(request), record: { ...record, result: "skipped", reasons: [notForUs] } };
    }
    const { object, kind: requestKind, namespace } = request;
    const read = readSubjects(object, requestKind);
    const pod = podIn(read);
    const gathered = now ?? (await gather(namespace, pod, deadline));
    if ("unknown" in gathered) {
      const failed = namespaceUnknown(request, gathered.unknown);
      return { ...failed, record: { ...record, result: "faulted", reasons: [unknownReason] } };
    }
    const injection = inject({ object, requestKind, createdBy, ...gathered }, read);
    const answer = answerOf(request, record, injection);
    if (likeness !== undefined && "subject" in injection) {
      const basis = { namespace, pod: ownedPod(pod), gathered };
      alike.keep(likeness, basis, withoutObject(answer), () => saidBeside(basis, answer.record));
    }
    return answer;
  };
}

/** Of the settings nothing, which are the installation's; of the injection nothing that the body does not say, too. */
const saidBeside = ({ namespace, pod, gathered }: Basis, record: ReviewRecord): string =>
  JSON.stringify([namespace, pod, gathered.namespace, gathered.owner, { ...record, injection: undefined }]);

/** No more of it than is asked for: its metadata would keep all of the pod. */
const ownedPod = (pod: OwnedPod | undefined): OwnedPod | undefined => pod && { name: pod.name, owners: pod.owners };

/** The object and its patch are what an Event needs nothing of. */
function withoutObject({ record, ...answer }: RecordedAnswer): RecordedAnswer {
  const { injection } = record;
  const slim = injection !== undefined && "patch" in injection ? { ...injection, object: {}, patch: [] } : injection;
  return { ...answer, record: slim === undefined ? record : { ...record, injection: slim } };
}

/** What was looked up for an answer. */
interface Basis {
  readonly namespace: string;
  readonly pod: OwnedPod | undefined;
  readonly gathered: Gathered;
}

export type AlikeInjections = AlikeReviews<Basis>;

type ObjectRequest = AdmissionRequest & { readonly object: JsonObject };

// Registered for CREATE alone. A patch to containers would make any other request fail.
const concernsUs = (request: AdmissionRequest): request is ObjectRequest =>
  request.object !== undefined &&
  (request.operation === "CREATE" || request.operation === "") &&
  request.subResource === "";

function answerOf(request: ObjectRequest, record: RequestRecord, injection: Injection): RecordedAnswer {
  const why = "patch" in injection ? outgrown(injection.object, request.kind) : undefined;
  if (why !== undefined) return letThrough(request, record, why);
  if ("patch" in injection && !applies(injection.patch, request.object)) {
    throw new Error(`the patch would not apply: ${injection.patch.map(({ op, path }) => `${op} ${path}`).join(", ")}`);
  }
  return { ...respond(request, injection, base64), record: injectionRecord(record, injection) };
}

function injectionRecord(record: RequestRecord, injection: Injection): ReviewRecord {
  const base = { ...record, result: injection.kind, injection };
  if (injection.kind === "refused" || injection.kind === "faulted") return base;
  const { subject, owner, warnings } = injection;
  return {
    ...base,
    kind: subject.kind,
    name: subject.name,
    owner: owner.name === "" ? "" : `${owner.kind}/${owner.name}`,
    reasons: injection.kind === "skipped" || injection.kind === "annotated" ? injection.reasons : [],
    warnings: warnings.map(({ about }) => about).filter((about) => knownKeys.has(about)),
  };
}

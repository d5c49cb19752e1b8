/**
 * One request: bytes → decode → look up → inject → respond. What it needs of the world it asks for as functions, so
 * the webhook, `weft review` and the tests run this very code.
 */
import { decodeReview, malformedCodes } from "../core/admission/decode.ts";
import type { AdmissionRequest } from "../core/admission/decode.ts";
import { failure, pass, respond } from "../core/admission/respond.ts";
import { inject } from "../core/inject/inject.ts";
import type { Injection } from "../core/inject/injection.ts";
import type { Installation } from "../core/inject/installation.ts";
import { applies } from "../core/inject/patch.ts";
import { ownerAbove, ownerStep } from "../core/inject/owner.ts";
import type { LookedUpKind, OwnerStep } from "../core/inject/owner.ts";
import type { MetadataView, Read } from "../core/inject/pod-view.ts";
import { readSubjects } from "../core/inject/request.ts";
import type { Subjects } from "../core/inject/request.ts";
import { knownKeys } from "../core/inject/unknown-keys.ts";
import type { Annotations, JsonObject } from "../core/mesh/api.ts";
import type { Answer, AnswerReview, AnswerSummary, Deadline } from "./answer.ts";

/** Annotations of a namespace; `undefined`: there is no such namespace. A rejection becomes HTTP 500. */
export type NamespaceLookup = (name: string, deadline: Deadline) => MaybePromise<Annotations | undefined>;
/** Metadata of an owner; `undefined`: not found, or not to be found out. Never rejects: owners are never worth a pod. */
export type OwnerLookup = (
  kind: LookedUpKind,
  namespace: string,
  name: string,
  deadline: Deadline,
) => MaybePromise<Pick<MetadataView, "owners"> | undefined>;
type MaybePromise<Value> = Value | Promise<Value>;

export interface ReviewNeeds {
  readonly installation: () => Installation;
  readonly namespaceNamed: NamespaceLookup;
  readonly ownerNamed: OwnerLookup;
  /** Version of weft, for `linkerd.io/created-by`. */
  readonly version: string;
  /** Told of each injection; for events. */
  readonly onInjection?: (injection: Injection, request: AdmissionRequest) => void;
}

const notForUs = "unsupported_request";
/** What `summary.reasons` may hold beside the skip reasons. */
export const otherReasons: readonly string[] = [notForUs, ...malformedCodes];

/** Answers AdmissionReviews. Bad input gets its answer; a rejection is a fault of ours (HTTP 500). */
export function reviewer(needs: ReviewNeeds): AnswerReview {
  const createdBy = `weft/webhook ${needs.version}`;
  return async (body, deadline) => {
    const decoded = decodeReview(body.toString("utf8"));
    if (decoded.kind === "malformed") return malformedAnswer(decoded.code, decoded.message, decoded.uid);
    const { request } = decoded;
    if (!concernsUs(request)) return { ...pass(request), summary: summaryOf(request, undefined) };
    const injection = await injectionFor(request, request.object, needs, createdBy, deadline);
    if ("patch" in injection && !applies(injection.patch, request.object)) {
      throw new Error(
        `the patch would not apply: ${injection.patch.map(({ op, path }) => `${op} ${path}`).join(", ")}`,
      );
    }
    needs.onInjection?.(injection, request);
    return { ...respond(request, injection, base64), summary: summaryOf(request, injection) };
  };
}

// Registered for CREATE alone. A patch to containers would make any other request fail (contract 9.4).
const concernsUs = (request: AdmissionRequest): request is AdmissionRequest & { readonly object: JsonObject } =>
  request.object !== undefined &&
  (request.operation === "CREATE" || request.operation === "") &&
  request.subResource === "";

async function injectionFor(
  request: AdmissionRequest,
  object: JsonObject,
  needs: ReviewNeeds,
  createdBy: string,
  deadline: Deadline,
): Promise<Injection> {
  const read = readSubjects(object, request.kind);
  const asked = needs.namespaceNamed(request.namespace, deadline);
  // An `await` costs a turn of the queue even where there is nothing to wait for.
  const annotations = asked instanceof Promise ? await asked : asked;
  const step = stepOf(read);
  const above = step.kind === "look up" ? needs.ownerNamed(step.of, request.namespace, step.name, deadline) : undefined;
  const found = above instanceof Promise ? await above : above;
  return inject(
    {
      object,
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
const stepOf = (read: Read<Subjects>): OwnerStep =>
  "value" in read && read.value.target?.kind === "pod" ? ownerStep(read.value.metadata) : nobody;

function malformedAnswer(code: string, message: string, uid: string): Answer {
  return {
    status: 400,
    body: failure(400, "BadRequest", message),
    summary: { ...noSummary, uid, result: "malformed", reasons: [code] },
  };
}

const noSummary: Omit<AnswerSummary, "result"> = {
  uid: "",
  kind: "",
  namespace: "",
  owner: "",
  name: "",
  reasons: [],
  warnings: [],
  dryRun: false,
};

function summaryOf(request: AdmissionRequest, injection: Injection | undefined): AnswerSummary {
  const base = { ...noSummary, uid: request.uid, namespace: request.namespace, dryRun: request.dryRun };
  const kind = request.kind.kind.toLowerCase();
  if (injection === undefined) return { ...base, kind, result: "skipped", reasons: [notForUs] };
  if (injection.kind === "refused" || injection.kind === "faulted") {
    return { ...base, kind, result: injection.kind, reasons: [] };
  }
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

const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");

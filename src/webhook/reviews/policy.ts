/**
 * Reviews of resources of policy.linkerd.io: what Linkerd's policy validator refuses is refused, with every problem and
 * its place; what weft does not take up is allowed, with a warning.
 */
import { advised, pass, refused } from "../../core/admission/respond.ts";
import { same } from "../../core/documents/value.ts";
import { nameOf } from "../../core/inject/pod/kinds.ts";
import { warningLines } from "../../core/inject/messages/warnings.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { oneLine } from "../../core/base/text/quote.ts";
import { at } from "../../core/base/json/read.ts";
import { policyVerdict } from "../../core/policy/admission.ts";
import type { PolicyVerdict } from "../../core/policy/admission.ts";
import { policyGroup } from "../../core/mesh/groups.ts";
import { some } from "../../core/policy/some.ts";
import type { Answer, AnswerReview } from "../answer.ts";
import { isCreateOrUpdate, readReview } from "./read-review.ts";
import type { RequestRecord } from "./read-review.ts";
import type { AdmissionRequest } from "../../core/admission/request.ts";
import { notForUs } from "../answer.ts";

/** Answers reviews of policies. They are looked at by themselves: nothing of the cluster is asked for. */
export const policyReview: AnswerReview = async (body) => {
  const read = readReview(body.toString("utf8"));
  if ("answer" in read) return read.answer;
  const { request, record } = read;
  const verdict = concernsUs(request) ? policyVerdict(request.kind.kind, request.namespace, request.object) : undefined;
  return verdict === undefined
    ? { ...pass(request), record: { ...record, result: "skipped", reasons: [notForUs] } }
    : answerOf(request, { ...record, name: nameOf(request.object ?? {}) }, verdict);
};

function answerOf(request: AdmissionRequest, record: RequestRecord, { refusals, warnings }: PolicyVerdict): Answer {
  const { kind, name } = record;
  if (refusals.length > 0) {
    // kubectl prints the refusals of several objects one below the other.
    const problems = some(refusals, (issue) => oneLine(issueText(issue)), "; ", mostTold);
    const message = `${oneLine(`${kind}/${name}`)}: ${problems}`;
    return {
      ...refused(request, { message, code: 422, reason: "Invalid" }),
      record: { ...record, result: "refused" },
    };
  }
  const told = warnings.map((issue) => ({ about: request.resource, rank: 1 as const, text: issueText(issue) }));
  return {
    ...advised(request, warningLines({ kind, name }, told)),
    record: { ...record, result: told.length === 0 ? "silent" : "advised" },
  };
}

/** Problems of one policy that are told: its author reads them in a terminal. */
const mostTold = 20;

const concernsUs = (request: AdmissionRequest): request is AdmissionRequest & { readonly object: JsonObject } =>
  request.object !== undefined &&
  request.kind.group === policyGroup &&
  isCreateOrUpdate(request) &&
  !isAsBefore(request.object, request.oldObject);

/** Labels and finalizers of what is stored may be written, whatever it says: else it could not even be deleted. */
const isAsBefore = (object: JsonObject, old: JsonObject | undefined): boolean =>
  at(object, "metadata", "deletionTimestamp") !== undefined ||
  (old !== undefined &&
    same(object["spec"], old["spec"]) &&
    same(at(object, "metadata", "annotations"), at(old, "metadata", "annotations")));

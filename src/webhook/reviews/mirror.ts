/** Reviews of Namespaces: the annotation `linkerd.io/inject` as a label, in the request that writes it. */
import { pass, patched } from "../../core/admission/respond.ts";
import { nameOf, targetOf } from "../../core/inject/pod/kinds.ts";
import { applies } from "../../core/inject/patch.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { mirrorPatch } from "../../core/registration/mirrored.ts";
import type { AnswerReview } from "../answer.ts";
import { base64 } from "./base64.ts";
import { isCreateOrUpdate, readReview } from "./read-review.ts";
import type { AdmissionRequest } from "../../core/admission/request.ts";
import { notForUs } from "../answer.ts";

/** Answers reviews of Namespaces: always allowed, with a patch where the label does not say what the annotation says. */
export const mirrorReview: AnswerReview = async (body) => {
  const read = readReview(body.toString("utf8"));
  if ("answer" in read) return read.answer;
  const { request, record } = read;
  if (!isNamespace(request)) return { ...pass(request), record: { ...record, result: "skipped", reasons: [notForUs] } };
  const { object } = request;
  const patch = mirrorPatch(object);
  if (!applies(patch, object)) throw new Error("the patch of the mirrored label would not apply");
  return {
    ...patched(request, patch, base64),
    record: { ...record, name: nameOf(object), result: patch.length === 0 ? "unchanged" : "labelled" },
  };
};

// A patch to metadata of a request for /status or /finalize would be thrown away.
const isNamespace = (request: AdmissionRequest): request is AdmissionRequest & { readonly object: JsonObject } =>
  request.object !== undefined &&
  targetOf(request.object, request.kind)?.kind === "namespace" &&
  isCreateOrUpdate(request);

/** Reviews of workloads, Namespaces and Services: warnings at apply time. Always allowed, and never waited for long. */
import { advised, pass } from "../../core/admission/respond.ts";
import { advice } from "../../core/advice/advice.ts";
import type { Installation } from "../../core/inject/settings/installation.ts";
import { knownKeys } from "../../core/inject/messages/unknown-keys.ts";
import { warningLines } from "../../core/inject/messages/warnings.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { deadlineAt, withDeadline } from "../../async/until.ts";
import type { Deadline } from "../../async/until.ts";
import type { AnswerReview } from "../answer.ts";
import type { MaybePromise } from "./request-namespace.ts";
import { isCreateOrUpdate, readReview } from "./read-review.ts";
import type { AdmissionRequest } from "../../core/admission/request.ts";
import type { NamespaceFacts } from "../../core/advice/request.ts";
import { notForUs } from "../answer.ts";

export interface AdviceNeeds {
  readonly installation: () => Installation;
  /** Annotations and labels of a namespace; `undefined`: not known. A rejection counts as that. */
  readonly namespaceFacts: (name: string, deadline: Deadline) => MaybePromise<NamespaceFacts | undefined>;
}

/** Answers reviews of objects that people apply. */
export function adviser({ installation, namespaceFacts }: AdviceNeeds): AnswerReview {
  return async (body, deadline) => {
    const read = readReview(body.toString("utf8"));
    if ("answer" in read) return read.answer;
    const { request, record } = read;
    if (!concernsUs(request)) {
      return { ...pass(request), record: { ...record, result: "skipped", reasons: [notForUs] } };
    }
    const { object, oldObject, kind: requestKind, namespace: name } = request;
    // A Namespace's own review names it too, and may be what creates it.
    const facts = requestKind.kind === "Namespace" ? undefined : await factsSoon(namespaceFacts, name, deadline);
    const { subject, warnings } = advice({
      object,
      oldObject,
      requestKind,
      namespace: { name, ...(facts ?? noFacts) },
      installation: installation(),
    });
    return {
      ...advised(request, warningLines(subject, warnings)),
      record: {
        ...record,
        kind: subject.kind,
        name: subject.name,
        result: warnings.length === 0 ? "silent" : "advised",
        warnings: warnings.map(({ about }) => about).filter((about) => knownKeys.has(about)),
      },
    };
  };
}

const concernsUs = (request: AdmissionRequest): request is AdmissionRequest & { readonly object: JsonObject } =>
  request.object !== undefined && isCreateOrUpdate(request);

const noFacts: NamespaceFacts = { annotations: {}, labels: {} };

/** Nobody's `kubectl apply` is to wait longer for an advice; milliseconds. */
const adviceBudget = 500;

async function factsSoon(
  look: AdviceNeeds["namespaceFacts"],
  name: string,
  { at }: Deadline,
): Promise<NamespaceFacts | undefined> {
  const deadline = deadlineAt(Math.min(at, performance.now() + adviceBudget));
  try {
    const known = look(name, deadline);
    return known instanceof Promise ? await withDeadline(deadline.signal(), known) : known;
  } catch {
    return undefined;
  }
}

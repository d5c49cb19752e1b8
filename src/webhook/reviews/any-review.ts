/** All answers behind one door, for `weft review`: what a review is about tells which entries it would come to. */
import { decodeReview } from "../../core/admission/decode.ts";
import type { Json, JsonObject } from "../../core/base/json/json.ts";
import { asObject } from "../../core/base/json/edit.ts";
import { resources } from "../../core/kubernetes/kinds.ts";
import { policyGroup } from "../../core/mesh/groups.ts";
import type { Answer, AnswerReview } from "../answer.ts";
import type { Answers } from "../paths.ts";

/** Answers reviews of everything that weft is registered for; what does not name its resource counts as a pod. */
export function anyReview(answers: Answers): AnswerReview {
  const [inject, mirror, advise, policy] = [answers.inject(), answers.mirror(), answers.advise(), answers.policy()];
  const ofNamespace: AnswerReview = async (body, deadline) =>
    withWarnings(await mirror(body, deadline), await advise(body, deadline));
  return (body, deadline) => {
    const decoded = decodeReview(body.toString("utf8"));
    const { resource, operation, kind } = decoded.kind === "request" ? decoded.request : nothing;
    if (kind.group === policyGroup) return policy(body, deadline);
    if (resource === resources.namespaces.plural) return ofNamespace(body, deadline);
    const isAdvised = workloads.has(resource) || (resource === resources.services.plural && operation === "UPDATE");
    return (isAdvised ? advise : inject)(body, deadline);
  };
}

const nothing = { resource: "", operation: "", kind: { group: "" } };

const workloads: ReadonlySet<string> = new Set(["deployments", "statefulsets", "daemonsets", "jobs", "cronjobs"]);

/** The first answer with the warnings of the second: an API server asks for both, and shows both. */
function withWarnings(answer: Answer, advised: Answer): Answer {
  const { warnings } = responseOf(advised);
  if (answer.status !== 200 || warnings === undefined) return answer;
  const review = { ...parsed(answer), response: { ...responseOf(answer), warnings } };
  return { ...answer, body: JSON.stringify(review) };
}

const parsed = ({ body }: Answer): JsonObject => asObject(JSON.parse(body) as Json) ?? {};
const responseOf = (answer: Answer): JsonObject => asObject(parsed(answer)["response"]) ?? {};

/** Whether somebody may do something: asked of the API server. */
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import type { Kind } from "../../core/kubernetes/kinds.ts";
import type { Right, RightFact } from "../../core/checks/facts.ts";
import { at } from "../../core/base/json/read.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import type { Reach } from "./reach.ts";
import { known } from "../../core/checks/fact.ts";

/** What the user of this command may do. */
export const askSelfAccess = (reach: Reach, right: Right): Promise<RightFact> =>
  ask(reach, "your rights", right, resources.selfSubjectAccessReviews, {});

/** What a ServiceAccount may do. */
export const askRightOf = (
  reach: Reach,
  account: { readonly namespace: string; readonly name: string },
  right: Right,
): Promise<RightFact> =>
  ask(reach, "its rights", right, resources.subjectAccessReviews, {
    user: `system:serviceaccount:${account.namespace}:${account.name}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${account.namespace}`, "system:authenticated"],
  });

async function ask(reach: Reach, what: string, right: Right, review: Kind, who: JsonObject): Promise<RightFact> {
  const [resource, subresource] = right.resource.split("/");
  const answer = await reach.post(what, collectionPath(review), {
    apiVersion: review.apiVersion,
    kind: review.kind,
    spec: { ...who, resourceAttributes: { ...right, resource, ...(subresource === undefined ? {} : { subresource }) } },
  });
  if (answer.kind !== "known") return { right, allowed: answer };
  return { right, allowed: known(at(answer.value.object, "status", "allowed") === true) };
}

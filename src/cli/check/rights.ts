/** Whether somebody may do something: asked of the API server. */
import type { Right, RightFact } from "../../core/checks/facts.ts";
import { at } from "../../core/base/json/read.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import type { Reach } from "./reach.ts";
import { known } from "../../core/checks/fact.ts";

/** What the user of this command may do. */
export const askSelfAccess = (reach: Reach, right: Right): Promise<RightFact> =>
  ask(reach, "your rights", right, "SelfSubjectAccessReview", {});

/** What a ServiceAccount may do. */
export const askRightOf = (
  reach: Reach,
  account: { readonly namespace: string; readonly name: string },
  right: Right,
): Promise<RightFact> =>
  ask(reach, "its rights", right, "SubjectAccessReview", {
    user: `system:serviceaccount:${account.namespace}:${account.name}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${account.namespace}`, "system:authenticated"],
  });

async function ask(reach: Reach, what: string, right: Right, kind: string, who: JsonObject): Promise<RightFact> {
  const [resource, subresource] = right.resource.split("/");
  const answer = await reach.post(what, `/apis/authorization.k8s.io/v1/${kind.toLowerCase()}s`, {
    apiVersion: "authorization.k8s.io/v1",
    kind,
    spec: { ...who, resourceAttributes: { ...right, resource, ...(subresource === undefined ? {} : { subresource }) } },
  });
  if (answer.kind !== "known") return { right, allowed: answer };
  return { right, allowed: known(at(answer.value.object, "status", "allowed") === true) };
}

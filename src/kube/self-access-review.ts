/** Whether this process has a right, as the API server says (authorization.k8s.io/v1 SelfSubjectAccessReview). */
import { collectionPath, resources } from "../core/kubernetes/kinds.ts";
import { isObject } from "../core/base/json/json.ts";
import type { AskApi } from "./api.ts";
import type { Clock } from "../async/clock.ts";
import { withTimeout } from "../async/limit.ts";

export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
}

/** Between two questions; milliseconds. */
const again = 30_000;
const answerWithin = 10_000;

/** Asks until the answer is yes, and tells each answer; undefined: there was none. Every user may ask. */
export async function selfAccessReview(
  { ask, clock, signal }: { readonly ask: AskApi; readonly clock: Pick<Clock, "wait">; readonly signal: AbortSignal },
  right: Right,
  onAnswer: (allowed: boolean | undefined) => void,
): Promise<void> {
  while (!signal.aborted) {
    const allowed = await withTimeout(signal, answerWithin, (end) => asked(ask, right, end)).catch(() => undefined);
    if (signal.aborted) return;
    onAnswer(allowed);
    if (allowed === true) return;
    await clock.wait(again, signal);
  }
}

async function asked(ask: AskApi, right: Right, signal: AbortSignal): Promise<boolean | undefined> {
  const { body } = await ask({
    method: "POST",
    path: collectionPath(resources.selfSubjectAccessReviews),
    body: {
      apiVersion: resources.selfSubjectAccessReviews.apiVersion,
      kind: resources.selfSubjectAccessReviews.kind,
      spec: { resourceAttributes: { ...right } },
    },
    signal,
  });
  const status = isObject(body) ? body["status"] : undefined;
  const allowed = isObject(status) ? status["allowed"] : undefined;
  return typeof allowed === "boolean" ? allowed : undefined;
}

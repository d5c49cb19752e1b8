/** Reviews sent to weft's own answers over HTTPS, as an API server sends them. */
import { decodeReview } from "../../src/core/admission/decode.ts";
import { nameOf } from "../../src/core/inject/pod/kinds.ts";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";
import type { Entry } from "../../src/core/registration/entries.ts";
import { webhookAnswers } from "../../src/webhook/reviews/handlers.ts";
import { installation, objectOr } from "./injection.ts";
import { exchange, post, serving } from "./serving.ts";
import type { Serving } from "./serving.ts";

export type Needs = Parameters<typeof webhookAnswers>[0];

const settings = installation();

/** Answers in a cluster whose namespaces say nothing and whose pods have no owners. */
export const answersWith = (needs: Partial<Needs> = {}): ReturnType<typeof webhookAnswers> =>
  webhookAnswers({
    installation: () => settings,
    namespaceNamed: () => ({}),
    namespaceFacts: () => ({ annotations: {}, labels: {} }),
    ownerNamed: () => undefined,
    version: "1.0.0",
    ...needs,
  });

/** A review as JSON text. */
export const reviewOf = (object: Json, request: JsonObject = {}): string => {
  const { kind, apiVersion } = objectOr(object);
  const kindText = typeof kind === "string" ? kind : "";
  const group = typeof apiVersion === "string" && apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
  const text = JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "u-1",
      kind: { group, version: "v1", kind: kindText },
      resource: { group, version: "v1", resource: `${kindText.toLowerCase()}s` },
      namespace: kind === "Namespace" ? nameOf(objectOr(object)) : "shop",
      operation: "CREATE",
      object,
      oldObject: null,
      dryRun: false,
      ...request,
    },
  });
  if (decodeReview(text).kind === "malformed") throw new Error(text);
  return text;
};

export interface Asking extends Serving {
  /** Status, and the response of the review. */
  readonly ask: (entry: Entry, review: string) => Promise<readonly [number, JsonObject]>;
}

/** A server with these answers; stopped by the test. */
export const askable = async (needs: Partial<Needs> = {}): Promise<Asking> => {
  const on = await serving(answersWith(needs));
  const ask = async (entry: Entry, review: string): Promise<readonly [number, JsonObject]> => {
    const answer = await exchange(on, post(review, `${entry.path}?timeout=2s`));
    const body = objectOr(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4)) as Json);
    return [Number(answer.slice(9, 12)), objectOr(body["response"])];
  };
  return { ...on, ask };
};

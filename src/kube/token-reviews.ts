/**
 * Whose tokens these are, as the API server says (authentication.k8s.io/v1 TokenReview). The answer for a token that is
 * good is remembered for a while: a proxy that restarts over and over brings the same one.
 *
 * Rights: create tokenreviews (authentication.k8s.io).
 */
import { createHash } from "node:crypto";
import { tokenAudience, tokenExpiry } from "../core/identity/token.ts";
import { isObject } from "../core/mesh/api.ts";
import type { Json, JsonObject } from "../core/mesh/api.ts";
import { gate } from "../core/mesh/gate.ts";
import type { AskApi } from "./api.ts";
import { limited } from "./limit.ts";
import { refusalText } from "./metadata.ts";

export interface TokenReviewsOptions {
  readonly ask: AskApi;
  readonly now: () => Date;
  /** Reviews asked for at once; others wait. */
  readonly most?: number;
  /** Answers remembered at once. */
  readonly mostRemembered?: number;
}

/** `status` of the review; rejects when the API server does not answer, or refuses to review. */
export type ReviewToken = (token: string) => Promise<Json>;

// A token ends with its pod, of which nobody tells: so it is not believed for long without asking.
const longestRemembered = 2 * 60_000;
const answerWithin = 10_000;
const path = "/apis/authentication.k8s.io/v1/tokenreviews";

export function tokenReviews({ ask, now, most = 32, mostRemembered = 16_384 }: TokenReviewsOptions): ReviewToken {
  const known = new Map<string, { readonly status: JsonObject; readonly until: number }>();
  const flights = new Map<string, Promise<Json>>();
  // Who calls has a limit on how many there are.
  const requests = gate({ most, mostWaiting: Infinity });

  const review = async (token: string): Promise<Json> => {
    const status = await requests.run(() => limited(undefined, answerWithin, (signal) => asked(ask, token, signal)));
    return status ?? null;
  };

  const remember = (key: string, token: string, status: Json): void => {
    if (!isObject(status) || status["authenticated"] !== true) return;
    const at = now().getTime();
    const until = Math.min(tokenExpiry(token) ?? at, at + longestRemembered);
    if (until <= at) return;
    known.set(key, { status, until });
    const oldest = known.size > mostRemembered ? known.keys().next().value : undefined;
    if (oldest !== undefined) known.delete(oldest);
  };

  return (token) => {
    // Tokens are secrets: none is kept after its review.
    const key = createHash("sha256").update(token).digest("base64");
    const entry = known.get(key);
    if (entry !== undefined && now().getTime() < entry.until) return Promise.resolve(entry.status);
    known.delete(key);
    const flying = flights.get(key);
    if (flying !== undefined) return flying;
    const flight = review(token)
      .then((status) => {
        remember(key, token, status);
        return status;
      })
      .finally(() => flights.delete(key));
    flights.set(key, flight);
    return flight;
  };
}

async function asked(ask: AskApi, token: string, signal: AbortSignal): Promise<Json> {
  const answer = await ask({
    method: "POST",
    path,
    body: {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      spec: { token, audiences: [tokenAudience] },
    },
    signal,
  });
  const { status, body } = answer;
  if (status !== 200 && status !== 201) throw new Error(`POST ${path}: ${refusalText(answer)}`);
  return isObject(body) ? (body["status"] ?? null) : null;
}

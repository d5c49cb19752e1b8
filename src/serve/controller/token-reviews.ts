/**
 * Whose tokens these are, as the API server says (authentication.k8s.io/v1 TokenReview). The answer is remembered for a
 * while: a proxy that restarts over and over brings the same one. What strangers send costs little: a token that tells by
 * itself that it is no good is asked for not at all, and an address whose tokens are refused has only so many reviewed.
 *
 * Rights: create tokenreviews (authentication.k8s.io).
 */
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import { createHash } from "node:crypto";
import { refusal } from "../../core/identity/refusals.ts";
import type { Refusal } from "../../core/identity/refusals.ts";
import { tokenAudience } from "../../core/mesh/control-plane.ts";
import { refusedUnseen as refusedUnseenOf, tokenClaims, tokenOwner } from "../../core/identity/token.ts";
import type { TokenClaims } from "../../core/identity/token.ts";
import { isObject } from "../../core/base/json/json.ts";
import type { Json } from "../../core/base/json/json.ts";
import { FairSemaphore } from "../../async/fair-semaphore.ts";
import type { FairCaller, FairSemaphoreLimits } from "../../async/fair-semaphore.ts";
import type { AskApi } from "../../kube/api.ts";
import { withTimeout } from "../../async/limit.ts";
import { refusalText } from "../../kube/metadata.ts";
import { bucket, buckets } from "../../async/rate.ts";
import { Flights } from "../../async/single-flight.ts";
import { Recent } from "../../core/base/memory/recent.ts";

export interface TokenReviewsOptions {
  readonly ask: AskApi;
  readonly now: () => Date;
  /** Reviews asked for at once; others wait. */
  readonly limits?: FairSemaphoreLimits;
  /** Answers remembered at once. */
  readonly mostRemembered?: number;
}

/** `caller`: an address, and whether anything there was certified before. */
export interface TokenReviews {
  /** `status` of the review, or why there was none. Rejects when the API server does not answer, or refuses to review. */
  readonly review: ReviewToken;
  /** Why there would be none, as far as that can be told at once; undefined: the API server may have to be asked. */
  readonly refusedUnseen: (token: string, caller: FairCaller) => Refusal | undefined;
}

type ReviewToken = (
  token: string,
  caller: FairCaller,
) => Promise<{ readonly status: Json } | { readonly refusal: Refusal }>;

// A token ends with its pod, of which nobody tells: so it is not believed for long without asking.
const goodRemembered = 2 * 60_000;
// The API server may not have heard of the pod yet; a proxy comes back after ten seconds.
const badRemembered = 5000;
const answerWithin = 10_000;
const path = collectionPath(resources.tokenReviews);
export const defaultLimits: FairSemaphoreLimits = { most: 32, mostOfStrangers: 24, mostWaiting: 1000 };

/** Tokens of an address that are refused: so many at once, and so many in a second. */
export const refusedOfStranger = { atOnce: 20, perSecond: 0.5 };
export const refusedOfKnown = { atOnce: 200, perSecond: 10 };
/** Tokens of issuers of which none was good yet: what changes its issuer is learnt of with the first one. */
export const ofOtherIssuers = { atOnce: 5, perSecond: 1 };

export function tokenReviews(options: TokenReviewsOptions): TokenReviews {
  const { ask, now, limits = defaultLimits, mostRemembered = 16_384 } = options;
  const known = new Recent<{ readonly status: Json; readonly since: number }>(mostRemembered);
  const flights = new Flights<Awaited<ReturnType<ReviewToken>>>();
  const turns = new FairSemaphore(limits);
  const milliseconds = (): number => now().getTime();
  const refused = {
    strangers: buckets(refusedOfStranger, milliseconds),
    known: buckets(refusedOfKnown, milliseconds),
  };
  const issuers = new Set<string>();
  const otherIssuers = bucket(ofOtherIssuers, milliseconds);

  const learn = (
    key: string,
    status: Json,
    claims: TokenClaims | undefined,
    { key: of, isKnown }: FairCaller,
  ): void => {
    const at = milliseconds();
    const isGood = isObject(status) && status["authenticated"] === true;
    if (!isGood) (isKnown ? refused.known : refused.strangers)(of).take();
    else if (claims?.issuer !== undefined && issuers.size < mostIssuers) issuers.add(claims.issuer);
    const until = isGood ? Math.min(claims?.expires ?? at, at + goodRemembered) : at + badRemembered;
    if (until > at) known.set(key, { status, since: at }, until);
  };

  const isOverLimit = ({ key, isKnown }: FairCaller): boolean =>
    (isKnown ? refused.known : refused.strangers)(key).wait() > 0;

  const isOfOtherIssuer = (claims: TokenClaims | undefined, { isKnown }: FairCaller): boolean =>
    !isKnown && claims?.issuer !== undefined && issuers.size > 0 && !issuers.has(claims.issuer);

  /** Nothing is taken: whoever is refused before anything else is looked at has cost nothing. */
  const overLimit = (claims: TokenClaims | undefined, caller: FairCaller): Refusal | undefined => {
    if (isOverLimit(caller)) return refusal("token_limit");
    return isOfOtherIssuer(claims, caller) && otherIssuers.wait() > 0 ? unknownIssuer : undefined;
  };

  const limit = (claims: TokenClaims | undefined, caller: FairCaller): Refusal | undefined => {
    const over = overLimit(claims, caller);
    if (over === undefined && isOfOtherIssuer(claims, caller)) otherIssuers.take();
    return over;
  };

  const review = async (key: string, token: string, caller: FairCaller): ReturnType<ReviewToken> => {
    const claims = tokenClaims(token);
    const refusal = refusedUnseenOf(token, claims, milliseconds()) ?? limit(claims, caller);
    if (refusal !== undefined) return { refusal };
    const status = await turns.run(caller, () =>
      withTimeout(undefined, answerWithin, (signal) => asked(ask, token, signal)),
    );
    if (status === undefined) return { refusal: overloaded };
    learn(key, status, claims, caller);
    return { status };
  };

  /** What was found of it, if that still counts: not once the clock was set back, which would let it count for longer. */
  const remembered = (key: string): { readonly status: Json } | undefined => {
    const found = known.get(key, milliseconds())?.value;
    return found !== undefined && found.since <= milliseconds() ? { status: found.status } : undefined;
  };

  const refusedUnseen: TokenReviews["refusedUnseen"] = (token, caller) => {
    const claims = tokenClaims(token);
    const early = refusedUnseenOf(token, claims, milliseconds());
    if (early !== undefined) return early;
    const found = remembered(keyOf(token));
    if (found === undefined) return overLimit(claims, caller);
    const owner = tokenOwner(found.status);
    return "refusal" in owner ? owner.refusal : undefined;
  };

  const reviewOnce: ReviewToken = (token, caller) => {
    const key = keyOf(token);
    const found = remembered(key);
    return found === undefined ? flights.join(key, () => review(key, token, caller)) : Promise.resolve(found);
  };
  return { review: reviewOnce, refusedUnseen };
}

/** Tokens are secrets: none is kept after its review. */
const keyOf = (token: string): string => createHash("sha256").update(token).digest("base64");

/** API servers have one, and another while it is changed. */
const mostIssuers = 16;

const overloaded = refusal("overloaded");
const unknownIssuer = refusal("token_limit", "of an issuer that is not known yet");

async function asked(ask: AskApi, token: string, signal: AbortSignal): Promise<Json> {
  const answer = await ask({
    method: "POST",
    path,
    body: {
      apiVersion: resources.tokenReviews.apiVersion,
      kind: "TokenReview",
      spec: { token, audiences: [tokenAudience] },
    },
    signal,
  });
  const { status, body } = answer;
  if (status !== 200 && status !== 201) throw new Error(`POST ${path}: ${refusalText(answer)}`);
  return isObject(body) ? (body["status"] ?? null) : null;
}

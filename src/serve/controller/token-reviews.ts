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
import type { Reviewed } from "../../grpc/identity-service.ts";
import type { AskApi } from "../../kube/api.ts";
import { withTimeout } from "../../async/limit.ts";
import { refusalText } from "../../kube/metadata.ts";
import { bucket, buckets } from "../../async/rate.ts";
import type { Bucket } from "../../async/rate.ts";
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

/** `caller`: an address, and whether anything there was certified before. */
export class TokenReviews {
  readonly #ask: AskApi;
  readonly #now: () => number;
  readonly #known: Recent<{ readonly status: Json; readonly since: number }>;
  readonly #flights = new Flights<Reviewed>();
  readonly #turns: FairSemaphore;
  readonly #budgets: TokenBudgets;

  constructor({ ask, now, limits = defaultLimits, mostRemembered = 16_384 }: TokenReviewsOptions) {
    this.#ask = ask;
    this.#now = () => now().getTime();
    this.#known = new Recent(mostRemembered);
    this.#turns = new FairSemaphore(limits);
    this.#budgets = new TokenBudgets(this.#now);
  }

  /** Rejects when the API server does not answer, or refuses to review. */
  async review(token: string, caller: FairCaller): Promise<Reviewed> {
    const key = keyOf(token);
    return this.#remembered(key) ?? this.#flights.join(key, () => this.#asked(key, token, caller));
  }

  /** Why there would be none, as far as that can be told at once; undefined: the API server may have to be asked. */
  refusedUnseen(token: string, caller: FairCaller): Refusal | undefined {
    const claims = tokenClaims(token);
    const early = refusedUnseenOf(token, claims, this.#now());
    if (early !== undefined) return early;
    const found = this.#remembered(keyOf(token));
    if (found === undefined) return this.#budgets.overLimit(claims, caller);
    const owner = tokenOwner(found.status);
    return "refusal" in owner ? owner.refusal : undefined;
  }

  /** What came with a token was refused: it counts as one that was, or malformed requests would be read without end. */
  onBadRequest(caller: FairCaller): void {
    this.#budgets.learn(false, undefined, caller);
  }

  /** What was found of it, if that still counts: not once the clock was set back, which would let it count for longer. */
  #remembered(key: string): { readonly status: Json } | undefined {
    const found = this.#known.get(key, this.#now())?.value;
    return found !== undefined && found.since <= this.#now() ? { status: found.status } : undefined;
  }

  async #asked(key: string, token: string, caller: FairCaller): Promise<Reviewed> {
    const claims = tokenClaims(token);
    const refusal = refusedUnseenOf(token, claims, this.#now()) ?? this.#budgets.take(claims, caller);
    if (refusal !== undefined) return { refusal };
    const status = await this.#turns.run(caller, () =>
      withTimeout(undefined, answerWithin, (signal) => asked(this.#ask, token, signal)),
    );
    if (status === undefined) return { refusal: overloaded };
    this.#learn(key, status, claims, caller);
    return { status };
  }

  #learn(key: string, status: Json, claims: TokenClaims | undefined, caller: FairCaller): void {
    const at = this.#now();
    const isGood = isObject(status) && status["authenticated"] === true;
    this.#budgets.learn(isGood, claims, caller);
    const until = isGood ? Math.min(claims?.expires ?? at, at + goodRemembered) : at + badRemembered;
    if (until > at) this.#known.set(key, { status, since: at }, until);
  }
}

/** What callers may have reviewed, by what came of the tokens before. */
class TokenBudgets {
  readonly #refusedOfStrangers: (address: string) => Bucket;
  readonly #refusedOfKnown: (address: string) => Bucket;
  /** Of which a token was good. */
  readonly #issuers = new Set<string>();
  readonly #otherIssuers: Bucket;

  constructor(now: () => number) {
    this.#refusedOfStrangers = buckets(refusedOfStranger, now);
    this.#refusedOfKnown = buckets(refusedOfKnown, now);
    this.#otherIssuers = bucket(ofOtherIssuers, now);
  }

  /** Nothing is taken: whoever is refused before anything else is looked at has cost nothing. */
  overLimit(claims: TokenClaims | undefined, caller: FairCaller): Refusal | undefined {
    if (this.#refusedOf(caller).wait() > 0) return refusal("token_limit");
    return this.#isOfOtherIssuer(claims, caller) && this.#otherIssuers.wait() > 0 ? unknownIssuer : undefined;
  }

  take(claims: TokenClaims | undefined, caller: FairCaller): Refusal | undefined {
    const over = this.overLimit(claims, caller);
    if (over === undefined && this.#isOfOtherIssuer(claims, caller)) this.#otherIssuers.take();
    return over;
  }

  learn(isGood: boolean, claims: TokenClaims | undefined, caller: FairCaller): void {
    if (!isGood) this.#refusedOf(caller).take();
    else if (claims?.issuer !== undefined && this.#issuers.size < mostIssuers) this.#issuers.add(claims.issuer);
  }

  #refusedOf({ key, isKnown }: FairCaller): Bucket {
    return (isKnown ? this.#refusedOfKnown : this.#refusedOfStrangers)(key);
  }

  #isOfOtherIssuer(claims: TokenClaims | undefined, { isKnown }: FairCaller): boolean {
    return !isKnown && claims?.issuer !== undefined && this.#issuers.size > 0 && !this.#issuers.has(claims.issuer);
  }
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

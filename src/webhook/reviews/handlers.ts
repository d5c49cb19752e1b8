/** The answers of weft's webhook, one for each purpose. */
import { adviser } from "./advise.ts";
import type { AdviceNeeds } from "./advise.ts";
import { mirrorReview } from "./mirror.ts";
import type { Answers } from "../paths.ts";
import { policyReview } from "./policy.ts";
import { AlikeReviews } from "./alike.ts";
import { reviewer } from "./inject.ts";
import type { AlikeInjections, ReviewNeeds } from "./inject.ts";

export function webhookAnswers(needs: ReviewNeeds & AdviceNeeds): Answers {
  // The way that a review came by makes no other answer of it: what is kept is kept for all.
  const alike: AlikeInjections = new AlikeReviews();
  return {
    inject: (entry) => reviewer(needs, entry, alike),
    rest: (entry) => reviewer(needs, entry, alike),
    mirror: () => mirrorReview,
    advise: () => adviser(needs),
    policy: () => policyReview,
  };
}

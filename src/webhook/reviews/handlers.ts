/** The answers of weft's webhook, one for each purpose. */
import { adviser } from "./advise.ts";
import type { AdviceNeeds } from "./advise.ts";
import { mirrorReview } from "./mirror.ts";
import type { Answers } from "../paths.ts";
import { policyReview } from "./policy.ts";
import { reviewer } from "./inject.ts";
import type { ReviewNeeds } from "./inject.ts";

export const webhookAnswers = (needs: ReviewNeeds & AdviceNeeds): Answers => ({
  inject: (entry) => reviewer(needs, entry),
  rest: (entry) => reviewer(needs, entry),
  mirror: () => mirrorReview,
  advise: () => adviser(needs),
  policy: () => policyReview,
});

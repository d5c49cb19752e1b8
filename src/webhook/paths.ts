/** Which path is answered by what: those of weft's registration, and those of registrations made like Linkerd's. */
import { entries } from "../core/registration/entries.ts";
import type { Entry, Purpose } from "../core/registration/entries.ts";
import type { AnswerReview } from "./answer.ts";

/** One path that takes reviews. */
export interface ReviewPath {
  readonly path: string;
  readonly answer: AnswerReview;
  /**
   * Its 503 says `Retry-After: 1`: the path may be registered with failurePolicy Fail, and the API server then asks
   * again until its time is up. Under Ignore that would only delay the pod.
   */
  readonly retried: boolean;
}

/** Makes the answer for an entry of each purpose; without an entry, for a path that may have been registered for any. */
export type Answers = Readonly<Record<Purpose, (entry?: Entry) => AnswerReview>>;

/** Every path that is served; the ones that most requests come to first. */
export const reviewPaths = (answers: Answers): readonly ReviewPath[] => {
  const inject = answers.inject();
  return [
    ...Object.values<Entry>(entries).map((entry) => ({
      path: entry.path,
      answer: answers[entry.purpose](entry),
      retried: entry.purpose === "inject" || entry.purpose === "policy",
    })),
    { path: "/inject", answer: inject, retried: true },
    // Linkerd registers this one, with Ignore unless told otherwise.
    { path: "/", answer: inject, retried: false },
  ];
};

/** What a proxy lets in where no policy says otherwise. */
import { quoted } from "../base/text/quote.ts";
import { closest } from "../base/text/similar.ts";

export const defaultPolicies = [
  "all-unauthenticated",
  "all-authenticated",
  "cluster-unauthenticated",
  "cluster-authenticated",
  "deny",
  "audit",
] as const;
export type DefaultPolicy = (typeof defaultPolicies)[number];

export const isDefaultPolicy = (text: string): text is DefaultPolicy => defaultPolicies.some((each) => each === text);

/**
 * What is to be said of a text that is no policy, though it is like one, such as `Deny` or `deny `: its author takes the
 * ports for closed. Undefined: it is a policy, or like none.
 */
export function nearMiss(text: string): string | undefined {
  const meant = isDefaultPolicy(text) ? undefined : closest(text, defaultPolicies);
  return meant === undefined
    ? undefined
    : `${quoted(text)} is not a policy, and closes nothing; did you mean ${quoted(meant)}?`;
}

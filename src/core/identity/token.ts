/** The answer to a TokenReview (authentication.k8s.io/v1): whose token it was (contract 2.3). */
import { isList, isObject } from "../mesh/api.ts";
import type { Json } from "../mesh/api.ts";
import { dnsLabel } from "../mesh/dns-label.ts";
import type { ServiceAccountRef } from "../mesh/identity.ts";
import { refusal } from "./refusals.ts";
import type { Refusal } from "./refusals.ts";

/** Tokens are made for it, so that one that leaks is good for nothing else. */
export const tokenAudience = "identity.l5d.io";

export interface TokenOwner extends ServiceAccountRef {
  /** The ServiceAccount's; empty when the API server does not say. */
  readonly uid: string;
}

/** `status` as the API server wrote it. */
export function tokenOwner(status: Json | undefined): { readonly owner: TokenOwner } | { readonly refusal: Refusal } {
  const { error, authenticated, audiences, user } = isObject(status) ? status : {};
  if (typeof error === "string" && error !== "") return { refusal: refusal("token_error", error) };
  if (authenticated !== true) return { refusal: refusal("token_refused") };
  // Without it the API server knew nothing of audiences, and reviewed the token for itself (TokenReviewStatus).
  if (!isList(audiences) || !audiences.includes(tokenAudience)) return { refusal: refusal("token_audience") };
  const { username, uid } = isObject(user) ? user : {};
  const name = typeof username === "string" ? username : "";
  const account = serviceAccountOfUser(name);
  if (account === undefined) return { refusal: refusal("user_name", name || "no user name") };
  return { owner: { ...account, uid: typeof uid === "string" ? uid : "" } };
}

/** Of `system:serviceaccount:<namespace>:<name>`, both DNS labels: dots would make one identity out of two. */
export function serviceAccountOfUser(user: string): ServiceAccountRef | undefined {
  const [system, kind, namespace = "", serviceAccount = "", ...more] = user.split(":");
  if (system !== "system" || kind !== "serviceaccount" || more.length > 0) return undefined;
  return [namespace, serviceAccount].every((name) => dnsLabel.test(name)) ? { namespace, serviceAccount } : undefined;
}

/** When a JWT ends by what it says itself, in milliseconds since 1970; undefined: it does not say. Nothing is verified. */
export function tokenExpiry(token: string): number | undefined {
  const [, claims = ""] = token.split(".");
  try {
    const { exp }: { readonly exp?: unknown } = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/")));
    return typeof exp === "number" ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

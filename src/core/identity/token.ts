/** The answer to a TokenReview (authentication.k8s.io/v1): whose token it was. */
import { isList, isObject } from "../base/json/json.ts";
import type { Json } from "../base/json/json.ts";
import { dnsLabel, isDnsSubdomain } from "../base/scalars/dns-label.ts";
import { accountFault } from "../mesh/identity.ts";
import type { ServiceAccountRef } from "../mesh/identity.ts";
import { refusal } from "./refusals.ts";
import { tokenAudience } from "../mesh/control-plane.ts";
import type { Refusal } from "./refusals.ts";

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
  if (account === undefined) return { refusal: refusalOfUser(name) };
  return { owner: { ...account, uid: typeof uid === "string" ? uid : "" } };
}

/** Kubernetes has service accounts that cannot be identities, too. */
function refusalOfUser(user: string): Refusal {
  const [, serviceAccount = ""] = /^system:serviceaccount:[^:]+:([^:]+)$/.exec(user) ?? [];
  const fault = isDnsSubdomain(serviceAccount) ? accountFault(serviceAccount) : undefined;
  return fault === undefined ? refusal("user_name", user || "no user name") : refusal("account_name", fault);
}

/** Of `system:serviceaccount:<namespace>:<name>`, both DNS labels: dots would make one identity out of two. */
export function serviceAccountOfUser(user: string): ServiceAccountRef | undefined {
  const [system, kind, namespace = "", serviceAccount = "", ...more] = user.split(":");
  if (system !== "system" || kind !== "serviceaccount" || more.length > 0) return undefined;
  return [namespace, serviceAccount].every((name) => dnsLabel.test(name)) ? { namespace, serviceAccount } : undefined;
}

/** What a JWT (RFC 7519) says of itself. Nothing is verified. */
export interface TokenClaims {
  readonly issuer: string | undefined;
  readonly audiences: readonly string[] | undefined;
  /** Milliseconds since 1970; undefined: it does not say. */
  readonly expires: number | undefined;
}

/** Undefined: it is no JWT, as are tokens of other makers. */
export function tokenClaims(token: string): TokenClaims | undefined {
  const [, claims = "", signature] = token.split(".", 4);
  if (signature === undefined) return undefined;
  try {
    const read: unknown = JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/")));
    if (typeof read !== "object" || read === null) return undefined;
    const { iss, aud, exp }: { readonly iss?: unknown; readonly aud?: unknown; readonly exp?: unknown } = read;
    const audiences = Array.isArray(aud) ? aud.filter((one) => typeof one === "string") : undefined;
    return {
      issuer: typeof iss === "string" ? iss : undefined,
      audiences: typeof aud === "string" ? [aud] : audiences,
      expires: typeof exp === "number" ? exp * 1000 : undefined,
    };
  } catch {
    return undefined;
  }
}

/** By so much the API server's clock may be behind; milliseconds. */
const skew = 60_000;

/** Why no API server would take it, as far as the token itself tells; undefined: it may be good. `now`: milliseconds. */
export function refusedUnseen(token: string, claims: TokenClaims | undefined, now: number): Refusal | undefined {
  // Others cannot be sent as the credentials (RFC 6750) that it is.
  if (!/^[\x20-\x7e]+$/.test(token)) return refusal("token_malformed");
  const { audiences, expires } = claims ?? {};
  if (audiences !== undefined && !audiences.includes(tokenAudience)) return refusal("token_audience");
  if (expires === undefined || now < expires + skew) return undefined;
  return refusal("token_expired");
}

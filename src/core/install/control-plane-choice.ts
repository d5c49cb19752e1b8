/** Whose control plane a mesh has: weft's own, or Linkerd's. */
import { issuerSchemes } from "../mesh/issuer-secret.ts";
import { domainsOf } from "../mesh/control-plane.ts";
import { isObject } from "../base/json/json.ts";
import type { JsonObject } from "../base/json/json.ts";
import { parseDuration, wholeMilliseconds } from "../base/scalars/duration.ts";
import type { Issue } from "../base/text/issue.ts";
import { strictly } from "../base/json/strict.ts";
import type { Kind } from "../base/json/strict.ts";
import type { Result } from "../base/text/result.ts";
import { allOf, failed, mapResult } from "../base/text/result.ts";
import type { IssuerScheme } from "../mesh/issuer-secret.ts";
import type { WeftValues } from "./weft-values.ts";
import type { ControlPlane, LeafDurations, Requested } from "./chosen.ts";

/** What is there of a mesh's CAs, be it given or installed. */
export interface Authorities {
  readonly trustAnchors: boolean;
  readonly issuer: boolean;
}

type Asking = Pick<WeftValues, "adoptLinkerd" | "controlPlane" | "identity.mode">;

/**
 * As it is said; else weft's own, unless trust anchors are there and no issuer: then somebody else's control plane has
 * the issuer, and it issues the identities.
 */
export function controlPlaneChoice(weft: Asking, { trustAnchors, issuer }: Authorities): ControlPlane["kind"] {
  if (weft.adoptLinkerd) return "linkerd";
  const isElsewhere = trustAnchors && !issuer && weft["identity.mode"] === "self";
  return weft.controlPlane ?? (isElsewhere ? "linkerd" : "own");
}

/** weft's own control plane answers where weft is. */
export function placeIssues(weft: WeftValues, chosen: ControlPlane["kind"], namespace: string): readonly Issue[] {
  const { adoptLinkerd, controlPlane, controlPlaneNamespace } = weft;
  if (adoptLinkerd && controlPlane === "own")
    return [{ at: "weft.controlPlane", message: "cannot be own where Linkerd is adopted: its control plane is used" }];
  return chosen === "own" && controlPlaneNamespace !== undefined && controlPlaneNamespace !== namespace
    ? [
        {
          at: "--linkerd-namespace",
          message: `has to be ${namespace}, as --namespace: weft's own control plane is installed with the webhook. For that of a running Linkerd give its --trust-anchors, and no issuer`,
        },
      ]
    : [];
}

export function controlPlaneOf(
  chosen: ControlPlane["kind"],
  linkerd: JsonObject,
  weft: WeftValues,
  { issuer, trustAnchors }: Pick<Requested, "issuer" | "trustAnchors">,
): Result<ControlPlane> {
  if (chosen === "linkerd")
    return issuer === undefined
      ? { value: { kind: "linkerd" } }
      : failed("--issuer-cert", "is for weft's own control plane; with Linkerd's, Linkerd has the issuer");
  const own = { kind: "own", trustDomain: domainsOf(linkerd).trustDomain } as const;
  const read = leafDurations(linkerd);
  if ("issues" in read) return read;
  const leaf = read.value;
  if (weft["identity.mode"] === "cert-manager") {
    const issuerRef = weft["identity.issuerRef"];
    if (issuerRef === undefined)
      return failed("weft.identity.issuerRef", "needed: the issuer of cert-manager's that signs the mesh's issuer");
    return { value: { ...own, leaf, issuer: { kind: "cert-manager", issuerRef } } };
  }
  if (issuer === undefined)
    return {
      // Without anchors that is what is told first.
      issues: trustAnchors === undefined ? [] : [noIssuer],
    };
  return { value: { ...own, leaf, issuer: { kind: "secret", scheme: schemeOf(linkerd), ...issuer } } };
}

const noIssuer: Issue = {
  at: "--issuer-cert",
  message:
    "needed with --issuer-key: trust anchors are given, and weft's own control plane signs with an issuer below them",
};

/** Linkerd's own values, with its usual ones. */
function leafDurations(linkerd: JsonObject): Result<LeafDurations> {
  const { issuanceLifetime = "24h", clockSkewAllowance = "20s" } = issuerValues(linkerd);
  const at = "identity.issuer";
  return mapResult(
    allOf([
      strictly(durationFrom("10s", "8760h"), issuanceLifetime, `${at}.issuanceLifetime`),
      strictly(durationFrom("0s", "1h"), clockSkewAllowance, `${at}.clockSkewAllowance`),
    ]),
    ([lifetime, clockSkew]) => ({ lifetime, clockSkew }),
  );
}

/** As it was written. */
const durationFrom = (least: string, most: string): Kind<string> => ({
  expects: `a duration from ${least} to ${most}`,
  read: (value) => {
    const milliseconds = typeof value === "string" ? millisecondsOf(value) : Number.NaN;
    const isWithin = milliseconds >= millisecondsOf(least) && milliseconds <= millisecondsOf(most);
    return typeof value === "string" && isWithin ? value : undefined;
  },
});

function millisecondsOf(text: string): number {
  const duration = parseDuration(text);
  return duration === undefined ? Number.NaN : Number(wholeMilliseconds(duration));
}

function issuerValues({ identity }: JsonObject): JsonObject {
  const issuer = isObject(identity) ? identity["issuer"] : undefined;
  return isObject(issuer) ? issuer : {};
}

/** Linkerd's own value says how the Secret is laid out. */
const schemeOf = (linkerd: JsonObject): IssuerScheme =>
  issuerValues(linkerd)["scheme"] === issuerSchemes.kubernetes ? issuerSchemes.kubernetes : issuerSchemes.linkerd;

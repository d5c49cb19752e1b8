/** Whose control plane a mesh has: weft's own, or Linkerd's. */
import { isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { parseDuration, wholeMilliseconds } from "../base/scalars/duration.ts";
import type { Issue } from "../base/text/issue.ts";
import { shownJson } from "../base/text/quote.ts";
import type { Result } from "../base/text/result.ts";
import { failed } from "../base/text/result.ts";
import type { IssuerScheme } from "./names.ts";
import type { WeftValues } from "./weft-values.ts";
import type { ControlPlane, LeafDurations, Asked } from "./chosen.ts";

export const linkerdNamespace = "linkerd";

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
  { issuer, trustAnchors }: Pick<Asked, "issuer" | "trustAnchors">,
): Result<ControlPlane> {
  if (chosen === "linkerd")
    return issuer === undefined
      ? { value: { kind: "linkerd" } }
      : failed("--issuer-cert", "is for weft's own control plane; with Linkerd's, Linkerd has the issuer");
  const own = { kind: "own", trustDomain: trustDomainOf(linkerd) } as const;
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

/** Never blank: as `withTrustDomain` has it in the settings. */
export const trustDomainOf = ({ identityTrustDomain, clusterDomain }: JsonObject): string =>
  [identityTrustDomain, clusterDomain].find((name): name is string => typeof name === "string" && name !== "") ??
  "cluster.local";

/** Linkerd's own values, with its usual ones (contract 2.4). */
function leafDurations(linkerd: JsonObject): Result<LeafDurations> {
  const { issuanceLifetime = "24h", clockSkewAllowance = "20s" } = issuerValues(linkerd);
  const lifetime = durationWithin(issuanceLifetime, 10_000, 8760 * hour);
  const clockSkew = durationWithin(clockSkewAllowance, 0, hour);
  const issues = [
    ...(lifetime === undefined ? [wrong("issuanceLifetime", "from 10s to 8760h", issuanceLifetime)] : []),
    ...(clockSkew === undefined ? [wrong("clockSkewAllowance", "from 0s to 1h", clockSkewAllowance)] : []),
  ];
  return lifetime === undefined || clockSkew === undefined ? { issues } : { value: { lifetime, clockSkew } };
}

const hour = 3_600_000;

/** As it was written, when it is one. */
function durationWithin(value: Json | undefined, least: number, most: number): string | undefined {
  const duration = typeof value === "string" ? parseDuration(value) : undefined;
  const milliseconds = duration === undefined ? -1 : Number(wholeMilliseconds(duration));
  return typeof value === "string" && milliseconds >= least && milliseconds <= most ? value : undefined;
}

const wrong = (name: string, range: string, value: Json | undefined): Issue => ({
  at: `identity.issuer.${name}`,
  message: `expected a duration ${range}, got ${shownJson(value ?? null)}`,
});

function issuerValues({ identity }: JsonObject): JsonObject {
  const issuer = isObject(identity) ? identity["issuer"] : undefined;
  return isObject(issuer) ? issuer : {};
}

/** Linkerd's own value says how the Secret is laid out (contract 2.6). */
const schemeOf = (linkerd: JsonObject): IssuerScheme =>
  issuerValues(linkerd)["scheme"] === "kubernetes.io/tls" ? "kubernetes.io/tls" : "linkerd.io/tls";

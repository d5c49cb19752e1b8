/** Whose control plane a mesh has: weft's own, or Linkerd's. */
import { isObject } from "../mesh/api.ts";
import type { JsonObject } from "../mesh/api.ts";
import type { Issue } from "../mesh/issue.ts";
import type { Asked, ControlPlane, IssuerScheme } from "./choices.ts";
import type { WeftValues } from "./weft-values.ts";

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
): { readonly value: ControlPlane } | { readonly issues: readonly Issue[] } {
  if (chosen === "linkerd")
    return issuer === undefined
      ? { value: { kind: "linkerd" } }
      : issue("--issuer-cert", "is for weft's own control plane; with Linkerd's, Linkerd has the issuer");
  const trustDomain = trustDomainOf(linkerd);
  if (weft["identity.mode"] === "cert-manager") {
    const issuerRef = weft["identity.issuerRef"];
    if (issuerRef === undefined)
      return issue("weft.identity.issuerRef", "needed: the issuer of cert-manager's that signs the mesh's issuer");
    return { value: { kind: "own", trustDomain, issuer: { kind: "cert-manager", issuerRef } } };
  }
  if (issuer === undefined)
    return {
      // Without anchors that is what is told first.
      issues: trustAnchors === undefined ? [] : [noIssuer],
    };
  return { value: { kind: "own", trustDomain, issuer: { kind: "secret", scheme: schemeOf(linkerd), ...issuer } } };
}

const noIssuer: Issue = {
  at: "--issuer-cert",
  message:
    "needed with --issuer-key: trust anchors are given, and weft's own control plane signs with an issuer below them",
};

const issue = (at: string, message: string) => ({ issues: [{ at, message }] });

/** Never blank: as `withTrustDomain` has it in the settings. */
export const trustDomainOf = ({ identityTrustDomain, clusterDomain }: JsonObject): string =>
  [identityTrustDomain, clusterDomain].find((name): name is string => typeof name === "string" && name !== "") ??
  "cluster.local";

/** Linkerd's own value says how the Secret is laid out (contract 2.6). */
function schemeOf({ identity }: JsonObject): IssuerScheme {
  const issuer = isObject(identity) ? identity["issuer"] : undefined;
  return isObject(issuer) && issuer["scheme"] === "kubernetes.io/tls" ? "kubernetes.io/tls" : "linkerd.io/tls";
}

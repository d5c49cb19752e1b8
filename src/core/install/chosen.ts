/** What an installation is made of, once everything about it is settled. */
import type { JsonObject } from "../base/json/json.ts";
import type { FailurePolicy, Timeouts } from "../registration/webhooks.ts";
import type { IssuerScheme } from "../mesh/issuer-secret.ts";
import type { WeftValues } from "./weft-values.ts";

export type ControlPlane =
  | { readonly kind: "own"; readonly issuer: Issuer; readonly trustDomain: string; readonly leaf: LeafDurations }
  /** Somebody else's. */
  | { readonly kind: "linkerd" };

/** Of workloads' certificates, as Linkerd writes durations. */
export interface LeafDurations {
  readonly lifetime: string;
  readonly clockSkew: string;
}

export type Issuer =
  /** Base64 of PEM. */
  | (Required<IssuerFiles> & { readonly kind: "secret" })
  | { readonly kind: "cert-manager"; readonly issuerRef: Readonly<Record<string, string>> };

/** Both base64 of PEM. */
export interface IssuerFiles {
  readonly certificate: string;
  readonly key: string;
  /** How the Secret is laid out that they are in already. */
  readonly scheme?: IssuerScheme;
}

export interface InstallOptions {
  /** weft's own. */
  readonly namespace: string;
  /** Where injected pods look for the control plane: weft's own namespace where that is weft's own. */
  readonly controlPlaneNamespace: string;
  readonly version: string;
  readonly weft: WeftValues;
  /** What somebody asked for, without what is usual: kept in the cluster, for the next version. */
  readonly given: JsonObject;
  readonly failurePolicy: FailurePolicy;
  readonly timeoutSeconds: Timeouts;
  readonly mesh: Mesh;
  readonly controlPlane: ControlPlane;
  readonly certificates: Certificates;
}

export type Mesh =
  /** Settings and trust anchors that are installed with weft. */
  | {
      readonly kind: "own";
      readonly values: JsonObject;
      readonly trustAnchors: string;
      /** Which mesh it is, for as long as it is installed. Blank: whoever keeps its manifests does not say. */
      readonly id: string;
    }
  /** Those of a running Linkerd, in whose namespace weft is installed. */
  | { readonly kind: "adopted" };

export type Certificates =
  | { readonly kind: "self" }
  | { readonly kind: "cert-manager" }
  /** All base64 of PEM. */
  | { readonly kind: "files"; readonly certificate: string; readonly key: string; readonly caBundle: string };

export interface Requested {
  readonly namespace: string;
  readonly version: string;
  /** Linkerd's values below the given ones: its chart's, or those of the running Linkerd. */
  readonly base: JsonObject;
  /** Values files and flags, one laid over the other. */
  readonly given: JsonObject;
  /** PEM; undefined: as the values have them. */
  readonly trustAnchors: string | undefined;
  /** Of the mesh that is there, as above; undefined: it has none yet. */
  readonly mesh?: string | undefined;
  /** The CA below the anchors that signs workloads' certificates; undefined: there is none, or it is cert-manager's. */
  readonly issuer?: IssuerFiles | undefined;
  readonly files: Omit<Extract<Certificates, { kind: "files" }>, "kind"> | undefined;
  readonly sha256: (text: string) => string;
}

/** How the Secret with the mesh's issuer is laid out. */

/** As Linkerd calls them: keys of its own, or those of TLS Secrets. */
export const issuerSchemes = { linkerd: "linkerd.io/tls", kubernetes: "kubernetes.io/tls" } as const;
export type IssuerScheme = (typeof issuerSchemes)[keyof typeof issuerSchemes];

interface Layout {
  readonly type: string;
  readonly certificate: string;
  readonly key: string;
}

/** Keys of the Secret with the issuer, which are the names of the files that it is mounted as. */
export const issuerLayouts: Readonly<Record<IssuerScheme, Layout>> = {
  [issuerSchemes.linkerd]: { type: "Opaque", certificate: "crt.pem", key: "key.pem" },
  [issuerSchemes.kubernetes]: { type: issuerSchemes.kubernetes, certificate: "tls.crt", key: "tls.key" },
};

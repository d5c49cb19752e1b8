/** Whether an API server will believe a serving certificate: the API server itself looks only when it calls. */
import { X509Certificate } from "node:crypto";
import type { Issue } from "../../core/base/text/issue.ts";
import { pemBlocks } from "./pem.ts";

export interface Trust {
  /** PEM chain, leaf first; one that can be read. */
  readonly certificate: string;
  /** PEM, as the API server is given it. */
  readonly caBundle: string;
  readonly host: string;
  /** What to call them in issues. */
  readonly names: { readonly certificate: string; readonly caBundle: string };
}

export function trustedBy({ certificate, caBundle, host, names }: Trust): readonly Issue[] {
  const chain = certificatesIn(certificate);
  const anchors = certificatesIn(caBundle);
  if (anchors.length === 0) return [{ at: names.caBundle, message: "has no PEM certificate that can be read" }];
  return [
    ...(chain[0]?.checkHost(host, { subject: "never" }) === undefined
      ? [{ at: names.certificate, message: `is not for ${host}, by which API servers call weft` }]
      : []),
    ...(isTrusted(chain, anchors)
      ? []
      : [{ at: names.certificate, message: `is not signed by a certificate in ${names.caBundle}` }]),
  ];
}

/** From the leaf up, as far as the chain goes; an anchor may also be the certificate itself. */
function isTrusted([first, ...others]: readonly X509Certificate[], anchors: readonly X509Certificate[]): boolean {
  if (first === undefined) return false;
  const signs = (issuer: X509Certificate): boolean => first.checkIssued(issuer) && first.verify(issuer.publicKey);
  if (anchors.some((anchor) => anchor.raw.equals(first.raw) || signs(anchor))) return true;
  const issuer = others.find(signs);
  return issuer !== undefined && isTrusted([issuer, ...others.filter((each) => each !== issuer)], anchors);
}

const certificatesIn = (pem: string): readonly X509Certificate[] =>
  pemBlocks(pem).flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });

/** Who signed whom. */
import type { X509Certificate } from "node:crypto";
import type { Steps } from "./climbed.ts";

export const isSignedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

/** Up to one of these, as Go's verification climbs: who is an anchor itself is trusted, too. */
export const towards = (anchors: readonly X509Certificate[]): Steps<X509Certificate> => ({
  isTrusted: (here) => anchors.some((anchor) => anchor.raw.equals(here.raw) || isSignedBy(here, anchor)),
  isSignedBy,
});

/** From a certificate up a chain whose others stand in any order, one way: who needs every way takes `waysUp`. */

export interface Steps<Certificate> {
  /** The climb ends there. */
  readonly isTrusted: (certificate: Certificate) => boolean;
  readonly isSignedBy: (certificate: Certificate, issuer: Certificate) => boolean;
}

/** Where it ends. Each step takes one more of the others, so there are no more steps than certificates. */
export function climbed<Certificate>(
  from: Certificate,
  others: readonly Certificate[],
  steps: Steps<Certificate>,
): { readonly last: Certificate; readonly isTrusted: boolean } {
  if (steps.isTrusted(from)) return { last: from, isTrusted: true };
  const issuer = others.find((each) => each !== from && steps.isSignedBy(from, each));
  if (issuer === undefined) return { last: from, isTrusted: false };
  return climbed(
    issuer,
    others.filter((each) => each !== issuer),
    steps,
  );
}

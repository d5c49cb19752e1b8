/** From a certificate up a chain whose others stand in any order, one way: who needs every way takes `waysUp`. */

export interface Steps<Certificate> {
  /** The climb ends there. */
  readonly isTrusted: (certificate: Certificate) => boolean;
  readonly isSignedBy: (certificate: Certificate, issuer: Certificate) => boolean;
}

/** No chain has more: Let's Encrypt's has two above its leaf. A bundle of thousands is looked through so often at most. */
const mostSteps = 16;

/** Where it ends. Each step takes one more of the others. */
export function climbed<Certificate>(
  from: Certificate,
  others: readonly Certificate[],
  steps: Steps<Certificate>,
  left = mostSteps,
): { readonly last: Certificate; readonly isTrusted: boolean } {
  if (steps.isTrusted(from)) return { last: from, isTrusted: true };
  const issuer = left === 0 ? undefined : others.find((each) => each !== from && steps.isSignedBy(from, each));
  if (issuer === undefined) return { last: from, isTrusted: false };
  return climbed(
    issuer,
    others.filter((each) => each !== issuer),
    steps,
    left - 1,
  );
}

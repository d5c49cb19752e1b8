/** What was read and checked about certificates. The shell reads X.509; here it is dates and who signed whom. */
import type { Issue } from "../base/text/issue.ts";

/** In milliseconds since 1970. */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** A certificate that may sign others. */
export interface Authority extends Validity {
  /** SHA-256 of it, in hexadecimal. */
  readonly fingerprint: string;
}

/** A certificate that serves; its key is at hand. */
export interface Leaf extends Validity {
  readonly fingerprint: string;
  /** DNS names and IP addresses. */
  readonly names: readonly string[];
  /** Fingerprint of the CA that signed it; absent when that is none of those at hand. */
  readonly signedBy?: string;
}

/** A Secret with certificates of weft's. What could not be read is not here, but in `errors`. */
export interface SecretFacts {
  /** It has none of weft's keys, as the manifests create it. */
  readonly empty: boolean;
  /** Every readable CA in it, wherever it stands. */
  readonly authorities: readonly Authority[];
  /** Fingerprints of the bundle `ca.crt`, in its order. */
  readonly trusted: readonly string[];
  /** The bundle is absent, or a part of it is no CA: others may have been in it. */
  readonly bundleBroken: boolean;
  /** The CA whose key is at hand. */
  readonly signer?: Authority;
  readonly leaf?: Leaf;
  /** What is unusable, each with the key of the Secret where it stands. */
  readonly errors: readonly Issue[];
}

/** What one writer knows from before. */
export interface Memory {
  /** The Secret with the CA as it last saw it whole. */
  readonly whole?: SecretFacts;
  /** The CAs that it last held to be trusted. */
  readonly trusted: readonly Authority[];
  /** Fingerprint of the CA that signed the leaf that serves. */
  readonly serving?: string;
}

/** When it was made: validities begin earlier than that. */
export const madeAt = ({ notBefore }: Validity, backdate: number): number => notBefore + backdate;

/** When two thirds of its life are over. One whose whole life is within the backdate is due when it ends. */
export const dueAt = (validity: Validity, backdate: number): number => {
  const made = Math.min(madeAt(validity, backdate), validity.notAfter);
  return made + ((validity.notAfter - made) * 2) / 3;
};

export const isValidAt = ({ notBefore, notAfter }: Validity, now: number): boolean =>
  notBefore <= now && now < notAfter;

/** Newest first; the fingerprint decides between equals, so that everybody comes to the same order. */
export const newestFirst = (certificates: readonly Authority[]): readonly Authority[] =>
  certificates.toSorted((a, b) => b.notBefore - a.notBefore || (a.fingerprint < b.fingerprint ? -1 : 1));

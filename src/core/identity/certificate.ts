/** An X.509 certificate as weft shows and compares it; whoever reads the bytes makes it. */
import type { Issue } from "../base/text/issue.ts";

export interface Certificate {
  readonly pem: string;
  readonly subject: string;
  /** DNS names it is for. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256, lower-case hex. */
  readonly fingerprint: string;
  readonly isAuthority: boolean;
}

export interface CertificatesRead {
  readonly certificates: readonly Certificate[];
  readonly issues: readonly Issue[];
}

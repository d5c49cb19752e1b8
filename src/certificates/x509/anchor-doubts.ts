/** Certificates among trust anchors that are of no use there: nobody is believed for their sake. */
import { X509Certificate } from "node:crypto";
import type { Issue } from "../../core/base/text/issue.ts";
import { certificatesIn } from "./pem.ts";

export interface AnchorDoubts {
  readonly issues: readonly Issue[];
  /** Every certificate has an issue: whoever trusts these trusts nobody. */
  readonly isAll: boolean;
}

/**
 * A certificate that cannot be read, one that is no CA, one that has expired. One of tomorrow may be there already. `at`:
 * what the text is called. A text without any certificate has no issue here.
 */
export function anchorDoubts(pem: string, at: string, now: Date): AnchorDoubts {
  const read = certificatesIn(pem, at, (block, place) => doubtsOf(new X509Certificate(block), place, now));
  const issues = read.flatMap((each) => ("issues" in each ? each.issues : each.value));
  return { issues, isAll: issues.length > 0 && issues.length === read.length };
}

function doubtsOf({ ca, subject, validToDate }: X509Certificate, at: string, now: Date): readonly Issue[] {
  const name = subject.replaceAll("\n", ", ");
  if (!ca) return [{ at, message: `${name} is not a CA, and so no trust anchor` }];
  return validToDate < now ? [{ at, message: `${name} expired at ${validToDate.toISOString()}` }] : [];
}

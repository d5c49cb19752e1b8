/** Certificates among trust anchors that are of no use there: nobody is believed for their sake. */
import { X509Certificate } from "node:crypto";
import type { Issue } from "../../core/base/text/issue.ts";
import { firstLineOf } from "../../core/base/text/words.ts";
import { pemBlocks } from "./pem.ts";

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
  const blocks = pemBlocks(pem);
  const issues = blocks.flatMap((block, index) => {
    const message = doubtOf(block, now);
    return message === undefined ? [] : [{ at: `${at}, certificate ${index + 1}`, message }];
  });
  return { issues, isAll: issues.length > 0 && issues.length === blocks.length };
}

function doubtOf(block: string, now: Date): string | undefined {
  try {
    const { ca, subject, validToDate } = new X509Certificate(block);
    const name = subject.replaceAll("\n", ", ");
    if (!ca) return `${name} is no CA, and so no trust anchor`;
    return validToDate < now ? `${name} expired at ${validToDate.toISOString()}` : undefined;
  } catch (error) {
    return `cannot be read: ${firstLineOf(error)}`;
  }
}

/** A file with the CA of somebody's certificates, as TLS takes it. */
import { X509Certificate } from "node:crypto";
import type { Issue } from "../../core/base/text/issue.ts";
import { firstLineOf } from "../../core/base/text/words.ts";
import type { Result } from "../../core/base/text/result.ts";
import { pemBlocks } from "./pem.ts";

export interface AuthorityFile {
  readonly paths: readonly string[];
  /** The PEM text of its certificates. */
  readonly parse: (texts: readonly string[]) => Result<string>;
}

/** What to read, and how; reading and watching is the caller's. */
export const authorityFile = (path: string): AuthorityFile => ({
  paths: [path],
  parse: ([text = ""]) => {
    const blocks = pemBlocks(text);
    if (blocks.length === 0) return { issues: [{ at: path, message: "has no PEM certificate" }] };
    const issues = blocks.flatMap((block, index) => issuesOf(block, `${path}, certificate ${index + 1}`));
    return issues.length > 0 ? { issues } : { value: blocks.join("\n") };
  },
});

function issuesOf(block: string, at: string): readonly Issue[] {
  try {
    return new X509Certificate(block).ca ? [] : [{ at, message: "is no CA" }];
  } catch (error) {
    return [{ at, message: `cannot be read: ${firstLineOf(error)}` }];
  }
}

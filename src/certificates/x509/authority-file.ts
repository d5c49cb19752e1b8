/** A file with the CA of somebody's certificates, as TLS takes it. */
import { X509Certificate } from "node:crypto";
import type { Result } from "../../core/base/text/result.ts";
import { allOf, failed, mapResult } from "../../core/base/text/result.ts";
import { certificatesIn } from "./pem.ts";

export interface AuthorityFile {
  readonly paths: readonly string[];
  /** The PEM text of its certificates. */
  readonly parse: (texts: readonly string[]) => Result<string>;
}

/** What to read, and how; reading and watching is the caller's. */
export const authorityFile = (path: string): AuthorityFile => ({
  paths: [path],
  parse: ([text = ""]) => {
    const read = certificatesIn(text, path, (pem, at) => ({ pem, at, isAuthority: new X509Certificate(pem).ca }));
    if (read.length === 0) return failed(path, "has no PEM certificate");
    const issues = read.flatMap((each) =>
      "issues" in each ? each.issues : each.value.isAuthority ? [] : [{ at: each.value.at, message: "is not a CA" }],
    );
    return issues.length > 0 ? { issues } : mapResult(allOf(read), (all) => all.map(({ pem }) => pem).join("\n"));
  },
});

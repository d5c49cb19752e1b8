/** The root of a mesh of linkerd 1.x: read from its files, and what it signs. */
import { X509Certificate } from "node:crypto";
import type { Issue } from "../../core/base/text/issue.ts";
import { allOf, failed, issuesOf } from "../../core/base/text/result.ts";
import type { Result } from "../../core/base/text/result.ts";
import type { NeededSecret } from "../../core/wrap/identities.ts";
import { clientUsages, dayOf, hasCommonName, serviceUsages } from "../../core/wrap/secrets.ts";
import type { SecretTexts } from "../../core/wrap/objects.ts";
import { chainIn, readPrivateKey } from "../x509/pem.ts";
import { canSign, makeLeaf } from "../x509/root.ts";

export interface NamedText {
  /** The file's. */
  readonly name: string;
  readonly text: string;
}

export interface Root {
  readonly pem: string;
  readonly certificate: X509Certificate;
}

/** One certificate of a CA that has not ended. */
export function readRoot({ name, text }: NamedText, now: Date): Result<Root> {
  const read = readRoots({ name, text });
  if ("issues" in read) return read;
  const [root, other] = read.value;
  if (root === undefined || other !== undefined)
    return failed(name, `has ${read.value.length} certificates, expected the root alone; --also-trust takes others`);
  const end = root.certificate.validToDate;
  if (end <= now) return failed(name, `ended ${dayOf(end.getTime())}: nothing can be signed beyond that`);
  return { value: root };
}

/** All certificates of a file, each of a CA. */
export function readRoots({ name, text }: NamedText): Result<readonly Root[]> {
  const read = chainIn(text, name, (block, at): Result<Root> => {
    const certificate = new X509Certificate(block);
    return certificate.ca ? { value: { pem: `${block.trim()}\n`, certificate } } : failed(at, "is not a CA");
  });
  return "issues" in read ? read : allOf(read.value);
}

/** Everything that speaks against signing with this key. */
export function keyIssues({ certificate }: Root, { name, text }: NamedText): readonly Issue[] {
  const key = readPrivateKey(text, name);
  if ("issues" in key) return issuesOf(key);
  if (!canSign(key.value))
    return [{ at: name, message: "cannot sign: expected a key of ECDSA (P-256, P-384, P-521) or RSA" }];
  return certificate.checkPrivateKey(key.value) ? [] : [{ at: name, message: "does not belong to --ca-cert" }];
}

/** Clocks that are a little behind must not find it "not yet valid". */
const backdate = 5 * 60_000;

/** A certificate and key for a Secret, until `end`; a root's key that was found to be right. */
export async function signed(
  { commonName, isClient }: NeededSecret,
  { pem }: Root,
  key: string,
  validity: { readonly now: Date; readonly end: Date },
): Promise<Pick<SecretTexts, "certificate" | "key">> {
  return makeLeaf(
    { certificate: pem, key },
    {
      commonName: hasCommonName(commonName) ? commonName : undefined,
      names: [commonName],
      usages: isClient ? clientUsages : serviceUsages,
      validity: { notBefore: new Date(validity.now.getTime() - backdate), notAfter: validity.end },
    },
  );
}

/** What the texts of a Secret of `weft wrap` say; whose key a text holds. */
import { X509Certificate, createPrivateKey, createPublicKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { firstLineOf } from "../../core/base/text/words.ts";
import { files } from "../../core/wrap/names.ts";
import type { SecretTexts } from "../../core/wrap/objects.ts";
import type { SecretFacts } from "../../core/wrap/secrets.ts";
import { pemBlocks } from "../x509/pem.ts";
import { isSignedBy } from "../x509/signed-by.ts";

/** `root`: undefined where nobody says who should have signed it. */
export function secretFacts({ certificate, key }: SecretTexts, root: X509Certificate | undefined): SecretFacts {
  const [block, ...others] = pemBlocks(certificate);
  if (block === undefined) return { kind: "unreadable", why: `${files.certificate} has no certificate` };
  try {
    const x509 = new X509Certificate(block);
    // OpenSSL's own words for the usages' identifiers.
    const usages = usageIds.flatMap(([id, usage]) => (x509.keyUsage.includes(id) ? [usage] : []));
    return {
      kind: "read",
      certificates: others.length + 1,
      commonName: /^CN=(.*)$/m.exec(x509.subject)?.[1],
      names: [...(x509.subjectAltName ?? "").matchAll(/DNS:([^,\s]+)/g)].map(([, name = ""]) => name),
      notBefore: x509.validFromDate.getTime(),
      notAfter: x509.validToDate.getTime(),
      usages,
      keyFits: keyOf(key) !== undefined && x509.checkPrivateKey(createPrivateKey(key)),
      isPkcs8: /^-----BEGIN PRIVATE KEY-----/m.test(key),
      isSignedByRoot: root !== undefined && isSignedBy(x509, root),
    };
  } catch (error) {
    return { kind: "unreadable", why: `${files.certificate} cannot be read: ${firstLineOf(error)}` };
  }
}

const usageIds = [
  ["1.3.6.1.5.5.7.3.1", "serverAuth"],
  ["1.3.6.1.5.5.7.3.2", "clientAuth"],
] as const;

function keyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

const privateKey = /-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----[^-]*-----END ([A-Z0-9]+ )*PRIVATE KEY-----/g;

/** Whose key: public keys, in a form to compare, of the private keys in a text. */
export const keysIn = (text: string): readonly string[] =>
  (text.match(privateKey) ?? []).flatMap((block) => {
    const key = keyOf(block);
    return key === undefined ? [] : [publicText(createPublicKey(key))];
  });

/** Of the certificates in a text; what cannot be read is left out. */
export const publicKeysIn = (pem: string): readonly string[] =>
  pemBlocks(pem).flatMap((block) => {
    try {
      return [publicText(new X509Certificate(block).publicKey)];
    } catch {
      return [];
    }
  });

const publicText = (key: KeyObject): string => key.export({ type: "spki", format: "der" }).toString("base64");

/** Requests for certificates (PKCS#10, RFC 2986) from proxies, and the leaves that are signed for them (contract 2.4). */
import type { Pkcs10CertificateRequest } from "@peculiar/x509";
import type { CsrFacts } from "../core/identity/request.ts";
import type { X509 } from "./x509.ts";

export interface CertificateRequest {
  readonly facts: CsrFacts;
  readonly parsed: Pkcs10CertificateRequest;
}

/** Reads DER, and verifies the request's own signature. Strangers send these: what cannot be read is said in words. */
export async function readRequest(
  x509: X509,
  der: Uint8Array,
): Promise<CertificateRequest | { readonly malformed: string }> {
  try {
    const parsed = new x509.Pkcs10CertificateRequest(ownCopy(der));
    const { commonNames, dnsNames, otherNames } = namesOf(x509, parsed);
    const key = keyName(parsed.publicKey.algorithm);
    const signatureValid = await isSigned(parsed);
    return { facts: { signatureValid, commonNames, dnsNames, otherNames, key }, parsed };
  } catch (error) {
    return { malformed: error instanceof Error ? error.message : String(error) };
  }
}

/** Throws for names of kinds that the library does not know. */
function namesOf(
  x509: X509,
  request: Pkcs10CertificateRequest,
): Pick<CsrFacts, "commonNames" | "dnsNames" | "otherNames"> {
  const names = request.extensions.flatMap((extension) =>
    extension instanceof x509.SubjectAlternativeNameExtension ? extension.names.items : [],
  );
  return {
    commonNames: request.subjectName.getField("CN"),
    dnsNames: names.flatMap(({ type, value }) => (type === "dns" ? [value] : [])),
    otherNames: names.flatMap(({ type, value }) => (type === "dns" ? [] : [`${type}:${value}`])),
  };
}

/** A key or a signature of a kind that nobody here can verify is none. */
const isSigned = (request: Pkcs10CertificateRequest): Promise<boolean> => request.verify().catch(() => false);

const keyName = ({ name, namedCurve }: Algorithm & { readonly namedCurve?: string }): string =>
  name === "ECDSA" ? `EC ${namedCurve ?? "curve unknown"}` : name;

interface Algorithm {
  readonly name: string;
}

// gRPC's buffers are parts of bigger ones; the library takes whole ones.
const ownCopy = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

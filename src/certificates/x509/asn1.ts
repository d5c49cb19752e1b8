/**
 * The parts that @peculiar/x509 is made of, for what is done 10,000 times in a row: its own classes write and read each
 * part of a certificate several times over (a request read, verified and signed takes 2.7 ms with them, 0.7 ms here).
 */
import type * as CsrModule from "@peculiar/asn1-csr";
import type * as SchemaModule from "@peculiar/asn1-schema";
import type * as CertificateModule from "@peculiar/asn1-x509";
import type * as X509Module from "@peculiar/x509";
import { x509Library } from "./x509.ts";

export interface Libraries {
  readonly x509: typeof X509Module;
  readonly schema: typeof SchemaModule;
  readonly certificate: typeof CertificateModule;
  readonly csr: typeof CsrModule;
}

/** Loaded when they are needed, as they cost a part of a second. */
export async function libraries(): Promise<Libraries> {
  const [x509, schema, certificate, csr] = await Promise.all([
    x509Library(),
    import("@peculiar/asn1-schema"),
    import("@peculiar/asn1-x509"),
    import("@peculiar/asn1-csr"),
  ]);
  return { x509, schema, certificate, csr };
}

/** In a buffer of its own, which the libraries want: Node's are parts of bigger ones. */
export const ownBuffer = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

/** Object identifiers. */
export const oids = {
  commonName: "2.5.4.3",
  subjectAlternativeName: "2.5.29.17",
  extensionRequest: "1.2.840.113549.1.9.14",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
} as const;

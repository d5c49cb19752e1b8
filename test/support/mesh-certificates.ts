/** A mesh's CA, and leaves for whatever name, as Certify gives them (contract 2.4). */
import { webcrypto } from "node:crypto";
import { makeAnchor, makeIssuer } from "../../src/certificates/mesh/authority.ts";
import { algorithm, keyDer, newKeys, pemPair, serialNumber, x509Library } from "../../src/certificates/x509/x509.ts";

const hour = 3_600_000;
export const validity = { notBefore: new Date(Date.now() - hour), notAfter: new Date(Date.now() + hour) };

export interface MeshCertificates {
  readonly anchors: string;
  /** Chain and key of somebody with this identity, PEM. */
  readonly leaf: (identity: string) => Promise<{ readonly chain: string; readonly key: string }>;
}

export async function meshCertificates(trustDomain = "cluster.local"): Promise<MeshCertificates> {
  const anchor = await makeAnchor({ trustDomain, validity });
  const issuer = await makeIssuer({ anchor, trustDomain, validity });
  const x509 = await x509Library();
  const parent = new x509.X509Certificate(issuer.certificate);
  const signingKey = await webcrypto.subtle.importKey("pkcs8", keyDer(issuer.key), algorithm, false, ["sign"]);
  return {
    anchors: anchor.certificate,
    leaf: async (identity) => {
      const keys = await newKeys();
      const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        subject: [{ CN: [identity.slice(0, 64)] }],
        issuer: parent.subjectName,
        ...validity,
        publicKey: keys.publicKey,
        signingKey,
        signingAlgorithm: algorithm,
        extensions: [
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
          new x509.ExtendedKeyUsageExtension([serverAuth, clientAuth]),
          new x509.SubjectAlternativeNameExtension([{ type: "dns", value: identity }]),
        ],
      });
      const pem = await pemPair(x509, certificate.toString("pem"), keys);
      return { chain: `${pem.certificate}${issuer.certificate}`, key: pem.key };
    },
  };
}

/** Certificates for the tests of `weft check`: CAs with a key, and what they sign. */
import { generate } from "selfsigned";

export interface Authority {
  readonly cert: string;
  readonly key: string;
}

const day = 86_400_000;
const ending = (pem: string): string => `${pem.trimEnd()}\n`;

interface Life {
  readonly from: Date;
  readonly days: number;
}

const base = ({ from, days }: Life) => ({
  keyType: "ec" as const,
  curve: "P-256" as const,
  algorithm: "sha256",
  notBeforeDate: from,
  notAfterDate: new Date(from.getTime() + days * day),
});

/** Signed by itself, or by another. */
export async function authority(name: string, life: Life, by?: Authority): Promise<Authority> {
  const { cert, private: key } = await generate([{ name: "commonName", value: name }], {
    ...base(life),
    ...(by === undefined ? {} : { ca: by }),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { cert: ending(cert), key };
}

/** PEM of a leaf for that DNS name. */
export async function leaf(name: string, by: Authority, life: Life): Promise<string> {
  const { cert } = await generate([{ name: "commonName", value: name }], {
    ...base(life),
    ca: by,
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "subjectAltName", altNames: [{ type: 2, value: name }] },
    ],
  });
  return ending(cert);
}

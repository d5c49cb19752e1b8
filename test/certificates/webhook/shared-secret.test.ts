import { expect } from "chai";
import { generateKeyPairSync } from "node:crypto";
import { generate } from "selfsigned";
import { issueLeaf, makeAuthority } from "../../../src/certificates/webhook/authority.ts";
import { selfSigned } from "../../../src/certificates/x509/self-signed.ts";
import type { PemPair } from "../../../src/certificates/x509/pem.ts";
import { readSecret } from "../../../src/certificates/webhook/shared-secret.ts";
import type { SecretTexts } from "../../../src/certificates/webhook/shared-secret.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";

const validity = { notBefore: new Date("2026-01-01T00:00:00Z"), notAfter: new Date("2027-01-01T00:00:00Z") };
const garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

interface Made {
  readonly one: PemPair;
  readonly other: PemPair;
  readonly leaf: PemPair;
  readonly otherLeaf: PemPair;
  readonly noCa: PemPair;
  readonly otherCurve: PemPair;
  readonly forClients: string;
}

const texts = ({ one, leaf }: Made): SecretTexts => ({
  "ca.crt": one.certificate,
  "signer.crt": one.certificate,
  "ca.key": one.key,
  "tls.crt": leaf.certificate,
  "tls.key": leaf.key,
});
const rsaKey = (): string =>
  generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  }).privateKey;

interface Good {
  readonly trusted: number;
  readonly bundleBroken: boolean;
  readonly signer: boolean;
  readonly leaf: boolean;
  readonly signedBy: boolean;
}
const all: Good = { trusted: 1, bundleBroken: false, signer: true, leaf: true, signedBy: true };

const rows: readonly [
  claim: string,
  change: (made: Made) => SecretTexts,
  good: Partial<Good>,
  errors: readonly string[],
][] = [
  ["all of it", () => ({}), {}, []],
  [
    "two CAs in the bundle",
    ({ one, other }) => ({ "ca.crt": one.certificate + other.certificate }),
    { trusted: 2 },
    [],
  ],
  ["a chain without its CA", ({ leaf }) => ({ "tls.crt": leaf.certificate.replace(/-\n-.*$/s, "-\n") }), {}, []],
  [
    "the good CA beside garbage",
    ({ one }) => ({ "ca.crt": garbage + one.certificate }),
    { bundleBroken: true },
    ["ca.crt, certificate 1: cannot be read"],
  ],
  [
    "the good CA beside words",
    ({ one }) => ({ "ca.crt": `words\n${one.certificate}` }),
    { bundleBroken: true },
    ["ca.crt: has text beside its certificates"],
  ],
  [
    "no bundle, and the CA of the chain and of the signer",
    () => ({ "ca.crt": "" }),
    { trusted: 0, bundleBroken: true },
    [],
  ],
  [
    "nothing in a bundle of words",
    () => ({ "ca.crt": "words" }),
    { trusted: 0, bundleBroken: true },
    ["ca.crt: has no PEM certificate"],
  ],
  [
    "no leaf for a CA",
    ({ noCa }) => ({ "ca.crt": noCa.certificate }),
    { trusted: 0, bundleBroken: true },
    ["ca.crt: CN=a.b.svc is not a CA"],
  ],
  [
    "no CA without the right to sign",
    ({ noCa }) => ({ "signer.crt": noCa.certificate, "ca.key": noCa.key }),
    { signer: false },
    ["signer.crt: CN=a.b.svc is not a CA"],
  ],
  [
    "no CA with another's key",
    ({ other }) => ({ "ca.key": other.key }),
    { signer: false },
    ["signer.crt: is not the certificate of the key in ca.key"],
  ],
  ["no CA without its key", () => ({ "ca.key": "" }), { signer: false }, ["ca.key: is absent"]],
  [
    "no CA whose key is garbage",
    () => ({ "ca.key": "garbage" }),
    { signer: false },
    ["ca.key: is not an unencrypted private key in PEM form"],
  ],
  [
    "no CA on a curve that weft does not sign with",
    ({ otherCurve }) => ({ "signer.crt": otherCurve.certificate, "ca.key": otherCurve.key }),
    { signer: false },
    ["ca.key: is not a key on curve P-256"],
  ],
  [
    "no leaf with another's key",
    () => ({ "tls.key": rsaKey() }),
    { leaf: false, signedBy: false },
    ["tls.crt: is not the certificate of the key in tls.key"],
  ],
  ["no leaf without its key", () => ({ "tls.key": "" }), { leaf: false, signedBy: false }, ["tls.key: is absent"]],
  [
    "no leaf that is garbage",
    () => ({ "tls.crt": garbage }),
    { leaf: false, signedBy: false },
    ["tls.crt: cannot be read"],
  ],
  [
    "no leaf that is for clients",
    ({ forClients, leaf }) => ({ "tls.crt": forClients, "tls.key": leaf.key }),
    { leaf: false, signedBy: false },
    ["tls.crt: is not for servers"],
  ],
  [
    "a leaf of a CA that is not there, and that it is signed by nobody known",
    ({ otherLeaf }) => ({ "tls.crt": otherLeaf.certificate.replace(/-\n-.*$/s, "-\n"), "tls.key": otherLeaf.key }),
    { signedBy: false },
    [],
  ],
  [
    "a leaf of a CA that is in its chain alone",
    ({ otherLeaf }) => ({ "tls.crt": otherLeaf.certificate, "tls.key": otherLeaf.key }),
    {},
    [],
  ],
];

describe("the Secret that the replicas share gives", () => {
  let made: Made;
  before(async () => {
    const [one, other] = await Promise.all([makeAuthority(validity), makeAuthority(validity)]);
    const [leaf, otherLeaf, noCa] = await Promise.all([
      issueLeaf(one, ["a.b.svc"], validity),
      issueLeaf(other, ["a.b.svc"], validity),
      selfSigned({ names: ["a.b.svc"], ...validity }),
    ]);
    made = {
      one,
      other,
      leaf,
      otherLeaf,
      noCa,
      otherCurve: await authorityOnP384(),
      forClients: asForClients(leaf.certificate),
    };
  });

  for (const [claim, change, good, errors] of rows) {
    it(claim, () => {
      const { facts, signer, leaf } = readSecret({ ...texts(made), ...change(made) });
      // What OpenSSL says of it comes last.
      expect(facts.errors.map((each) => issueText(each).replace(/: error:.*$/, ""))).to.deep.equal(errors);
      expect({
        trusted: facts.trusted.length,
        bundleBroken: facts.bundleBroken,
        signer: signer !== undefined && facts.signer !== undefined,
        leaf: leaf !== undefined && facts.leaf !== undefined,
        signedBy: facts.leaf?.signedBy !== undefined,
      }).to.deep.equal({ ...all, ...good });
      expect(facts.empty).to.equal(false);
    });
  }

  it("nothing, when it is as it was installed", () => {
    expect(readSecret({ other: "of somebody else" }).facts).to.deep.equal({
      empty: true,
      authorities: [],
      trusted: [],
      bundleBroken: true,
      errors: [],
    });
  });

  it("a leaf's names and times", () => {
    const { leaf } = readSecret(texts(made)).facts;
    expect([leaf?.names, leaf?.notBefore, leaf?.notAfter]).to.deep.equal([
      ["a.b.svc"],
      validity.notBefore.getTime(),
      validity.notAfter.getTime(),
    ]);
  });

  it("never a key in a fault", () => {
    const { facts } = readSecret({ ...texts(made), "ca.key": made.one.key.slice(0, -60), "tls.key": made.other.key });
    const told = JSON.stringify(facts.errors);
    for (const line of made.other.key.split("\n").slice(1, -2)) expect(told).not.to.include(line.slice(0, 20));
  });
});

const authorityOnP384 = async (): Promise<PemPair> => {
  const { cert, private: key } = await generate([{ name: "commonName", value: "P-384" }], {
    keyType: "ec",
    curve: "P-384",
    algorithm: "sha384",
    extensions: [{ name: "basicConstraints", cA: true, critical: true }],
  });
  return { certificate: `${cert.trimEnd()}\n`, key };
};

/** id-kp-clientAuth in place of id-kp-serverAuth; the signature is wrong then, which is not looked at here. */
const asForClients = (pem: string): string => {
  const der = Buffer.from(pem.replace(/-----END.*$/s, "").replace(/-----BEGIN CERTIFICATE-----/, ""), "base64");
  const at = der.indexOf(Buffer.from("06082b06010505070301", "hex"));
  der[at + 9] = 2;
  return `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`;
};

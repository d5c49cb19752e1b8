import { generateKeyPairSync } from "node:crypto";
import { expect } from "chai";
import fc from "fast-check";
import type { Json } from "../../../src/core/base/json/json.ts";
import { holdsPrivateKey, privateKeyIssues } from "../../../src/core/mesh/private-keys.ts";
import { testMesh } from "../../support/certificates.ts";
import { anyCharacter, runs } from "../../support/properties.ts";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pkcs8 = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const sec1 = privateKey.export({ type: "sec1", format: "pem" }).toString();
const encrypted = privateKey
  .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" })
  .toString();
const [rsaKey, dsaKey] = [
  generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
  generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 }).privateKey,
];
const rsa = rsaKey.export({ type: "pkcs8", format: "pem" }).toString();
const rsaPkcs1 = rsaKey.export({ type: "pkcs1", format: "pem" }).toString();
const dsa = dsaKey.export({ type: "pkcs8", format: "pem" }).toString();
const bare = (text: string): string => text.replaceAll(/-----.*-----\n/g, "");
const spki = publicKey.export({ type: "spki", format: "pem" }).toString();
const named = (name: string): string => `-----BEGIN ${name}-----\nMIIB\n-----END ${name}-----\n`;
const base64 = (text: string): string => Buffer.from(text).toString("base64");

describe("a private key", () => {
  const held: readonly [claim: string, text: string][] = [
    ["PKCS #8", pkcs8],
    ["of EC", sec1],
    ["encrypted", encrypted],
    ["of RSA", named("RSA PRIVATE KEY")],
    ["of DSA", named("DSA PRIVATE KEY")],
    ["of OpenSSH", named("OPENSSH PRIVATE KEY")],
    ["of PGP", named("PGP PRIVATE KEY BLOCK")],
    ["of SSH2", "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----"],
    ["behind a certificate", `${named("CERTIFICATE")}${pkcs8}`],
    ["in one line", pkcs8.replaceAll("\n", String.raw`\n`)],
    ["in base64", base64(pkcs8)],
    ["in base64 of lines", base64(pkcs8).replaceAll(/.{20}/g, "$&\n")],
    ...[pkcs8, sec1, encrypted, rsa, rsaPkcs1, dsa].map(
      (key, index) => [`${index + 1}, without the lines of PEM`, bare(key)] as [string, string],
    ),
    ["without the lines of PEM, behind a word", `key: ${bare(pkcs8)}`],
    ["without the lines of PEM, in one line", bare(rsa).replaceAll("\n", "")],
    ["of OpenSSH, without the lines of PEM", Buffer.from("openssh-key-v1\0\0\0\0\u0004none").toString("base64")],
    ["in base64url", Buffer.from(sec1).toString("base64url")],
  ];
  for (const [claim, text] of held) it(`${claim} is found`, () => expect(holdsPrivateKey(text)).to.equal(true));

  const free: readonly [claim: string, text: string][] = [
    ["a certificate", named("CERTIFICATE")],
    ["a public key", spki],
    ["a certificate in base64", base64(named("CERTIFICATE"))],
    ["a public key without the lines of PEM", bare(spki)],
    ["words about one", "put the PRIVATE KEY into a Secret"],
    ["nothing", ""],
  ];
  for (const [claim, text] of free) it(`${claim} is none`, () => expect(holdsPrivateKey(text)).to.equal(false));

  it("is no certificate without the lines of PEM", async () => {
    const { anchor } = await testMesh();
    expect(holdsPrivateKey(bare(anchor.certificate))).to.equal(false);
  });

  it("is found wherever it stands in a longer text, in base64 too", () => {
    const around = fc.string({ unit: anyCharacter, maxLength: 40 });
    fc.assert(
      fc.property(around, around, fc.constantFrom(pkcs8, sec1, encrypted), (before, after, key) => {
        const text = `${before}${key}${after}`;
        expect([holdsPrivateKey(text), holdsPrivateKey(base64(text))]).to.deep.equal([true, true]);
      }),
      runs(300),
    );
  });
});

describe("values with private keys", () => {
  const refusal = "holds a private key; settings are for everybody to read, so keep it in a Secret";
  const rows: readonly [claim: string, values: Json, places: readonly string[]][] = [
    ["have none", { proxy: { image: { name: "x" } }, identityTrustAnchorsPEM: named("CERTIFICATE") }, []],
    ["anywhere", { a: [{ b: pkcs8 }, "x"], c: { d: { e: base64(sec1) } } }, ["a.0.b", "c.d.e"]],
    ["but where the chart has them", { proxyInjector: { keyPEM: pkcs8, caBundle: pkcs8 } }, ["proxyInjector.caBundle"]],
    ["but the issuer's", { identity: { issuer: { tls: { keyPEM: pkcs8, crtPEM: "x" } } } }, []],
    [
      "of the same name elsewhere",
      { keyPEM: pkcs8, x: { proxyInjector: { keyPEM: sec1 } } },
      ["keyPEM", "x.proxyInjector.keyPEM"],
    ],
    ["themselves", pkcs8, [""]],
  ];
  for (const [claim, values, places] of rows) {
    it(`${claim}: ${places.join(", ") || "nothing"} is refused`, () => {
      expect(privateKeyIssues(values)).to.deep.equal(places.map((at) => ({ at, message: refusal })));
    });
  }

  it("are never quoted, also as names", () => {
    const issues = privateKeyIssues({ a: { [pkcs8]: { b: sec1 } } }, "values");
    expect(issues).to.deep.equal([
      { at: "values.a", message: `a name in it ${refusal}` },
      { at: "values.a.….b", message: refusal },
    ]);
  });

  it("may be as deep as they like", () => {
    let deep: Json = pkcs8;
    for (let index = 0; index < 20_000; index += 1) deep = [deep];
    expect(privateKeyIssues({ deep })).to.have.length(1);
  });
});

import { expect } from "chai";
import { generateKeyPairSync } from "node:crypto";
import { selfSigned } from "../../../src/certificates/x509/self-signed.ts";
import type { PemPair } from "../../../src/certificates/x509/pem.ts";
import { servingPair } from "../../../src/certificates/webhook/serving-pair.ts";
import { tlsDir } from "../../../src/certificates/webhook/tls-dir.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";

const now = new Date("2026-06-01T00:00:00Z");
const pairFor = (name: string, to = "2027-01-01T00:00:00Z"): Promise<PemPair> =>
  selfSigned({ names: [name], notBefore: new Date("2026-01-01T00:00:00Z"), notAfter: new Date(to) });

describe("a serving pair", () => {
  let one: PemPair;
  let other: PemPair;
  let old: PemPair;
  before(async () => {
    [one, other, old] = await Promise.all([pairFor("one"), pairFor("other"), pairFor("old", "2026-05-31T23:59:59Z")]);
  });

  it("is one whose halves belong together", () => {
    const read = servingPair(one, now);
    expect(read).to.have.property("value");
    if (!("value" in read)) return;
    const { fingerprint, ...rest } = read.value;
    expect(rest).to.deep.equal({ ...one, names: "DNS:one", notAfter: new Date("2027-01-01T00:00:00Z") });
    expect(fingerprint).to.match(/^[0-9a-f]{64}$/);
  });
  it("may be a chain, leaf first, with words in between", () => {
    const certificate = `leaf\n${one.certificate}issuer\n${other.certificate}`;
    const read = servingPair({ certificate, key: one.key }, now);
    expect("value" in read && read.value.names).to.equal("DNS:one");
  });

  const encrypted = (): string =>
    generateKeyPairSync("ec", {
      namedCurve: "prime256v1",
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" },
    }).privateKey;
  const cut = (pem: string): string => pem.replace(/\n.{20}/, "\n");

  const rows: readonly [claim: string, pair: () => PemPair, issues: readonly RegExp[]][] = [
    [
      "a key of another certificate",
      () => ({ ...one, key: other.key }),
      [/^tls\.key: is not the key of the certificate in tls\.crt$/],
    ],
    [
      "a chain with the leaf last",
      () => ({ certificate: other.certificate + one.certificate, key: one.key }),
      [/^tls\.key: is not the key/],
    ],
    ["a leaf that has expired", () => old, [/^tls\.crt: expired at 2026-05-31T23:59:59\.000Z$/]],
    [
      "one that has expired and another's key",
      () => ({ ...old, key: one.key }),
      [/^tls\.key: is not the key/, /^tls\.crt: expired/],
    ],
    [
      "no PEM at all",
      () => ({ certificate: "certificate", key: "key" }),
      [/^tls\.crt: has no PEM certificate$/, /^tls\.key: is not an unencrypted private key in PEM form: /],
    ],
    [
      "two empty files",
      () => ({ certificate: "", key: "" }),
      [/^tls\.crt: has no PEM certificate$/, /^tls\.key: is not an unencrypted/],
    ],
    [
      "a certificate cut short, second in the chain",
      () => ({ certificate: one.certificate + cut(other.certificate), key: one.key }),
      [/^tls\.crt, certificate 2: cannot be read: /],
    ],
    ["a key that wants a password", () => ({ ...one, key: encrypted() }), [/^tls\.key: is not an unencrypted/]],
    [
      "a certificate in place of the key",
      () => ({ ...one, key: one.certificate }),
      [/^tls\.key: is not an unencrypted/],
    ],
  ];
  for (const [claim, pair, issues] of rows) {
    it(`is not ${claim}`, () => {
      const read = servingPair(pair(), now);
      const texts = "issues" in read ? read.issues.map(issueText) : [];
      expect(texts).to.have.length(issues.length);
      for (const [index, pattern] of issues.entries()) expect(texts[index]).to.match(pattern);
    });
  }

  it("never shows the key in an issue", () => {
    const read = servingPair({ ...one, key: cut(one.key) }, now);
    const texts = JSON.stringify(read);
    expect(texts).to.match(/issues/);
    for (const line of one.key.split("\n").slice(1, -2)) expect(texts).not.to.include(line.slice(0, 30));
  });

  it("comes from a folder, whose files name the issues", () => {
    const { paths, parse } = tlsDir("/tls", () => now);
    expect(paths).to.deep.equal(["/tls/tls.crt", "/tls/tls.key"]);
    expect("value" in parse([one.certificate, one.key])).to.equal(true);
    const read = parse([one.certificate, other.key]);
    expect("issues" in read && read.issues.map(({ at }) => at)).to.deep.equal(["/tls/tls.key"]);
  });
});

import { expect } from "chai";
import { X509Certificate, createPrivateKey } from "node:crypto";
import { connect, createServer } from "node:tls";
import type { AddressInfo } from "node:net";
import { issueLeaf, makeAuthority } from "../../../src/certificates/webhook/authority.ts";
import { pemBlocks } from "../../../src/certificates/x509/pem.ts";
import type { PemPair } from "../../../src/certificates/x509/pem.ts";

const now = Date.now();
const validity = { notBefore: new Date(now - 3_600_000), notAfter: new Date(now + 86_400_000) };
const inSeconds = (date: Date): number => Math.floor(date.getTime() / 1000);
const names = ["weft-injector.weft.svc", "localhost", "127.0.0.1", "::1"];
/** Object identifiers of extensions, as they are encoded. */
const subjectKeyId = Buffer.from("0603551d0e", "hex");
const authorityKeyId = Buffer.from("0603551d23", "hex");

describe("a CA of weft's own", () => {
  let one: PemPair;
  let other: PemPair;
  let leaf: PemPair;
  before(async () => {
    [one, other] = await Promise.all([makeAuthority(validity), makeAuthority(validity)]);
    leaf = await issueLeaf(one, names, validity);
  });

  it("may sign leaves and nothing else", () => {
    const read = new X509Certificate(one.certificate);
    expect([read.ca, read.checkIssued(read), read.verify(read.publicKey)]).to.deep.equal([true, true, true]);
    expect(read.checkPrivateKey(createPrivateKey(one.key))).to.equal(true);
    expect(read.publicKey.asymmetricKeyDetails).to.deep.equal({ namedCurve: "prime256v1" });
    expect(read.raw.includes(subjectKeyId)).to.equal(true);
    // Basic constraints: critical, a CA, path length 0 (RFC 5280, section 4.2.1.9).
    expect(read.raw.includes(Buffer.from("0603551d130101ff040830060101ff020100", "hex"))).to.equal(true);
    expect([inSeconds(read.validFromDate), inSeconds(read.validToDate)]).to.deep.equal([
      inSeconds(validity.notBefore),
      inSeconds(validity.notAfter),
    ]);
  });

  it("is told from the next one by its name, its serial and its key", () => {
    const [a, b] = [new X509Certificate(one.certificate), new X509Certificate(other.certificate)];
    expect(a.subject).to.match(/^CN=weft webhook CA [0-9a-f]{12}$/);
    expect(a.subject).not.to.equal(b.subject);
    expect(a.serialNumber).to.match(/^01[0-9A-F]{32}$/);
    expect(a.serialNumber).not.to.equal(b.serialNumber);
    expect(one.key).not.to.equal(other.key);
  });

  it("signs a leaf for servers, with itself behind it in the chain", () => {
    const [text = "", ca = "", ...more] = pemBlocks(leaf.certificate);
    const [read, issuer] = [new X509Certificate(text), new X509Certificate(ca)];
    expect(more).to.deep.equal([]);
    expect(issuer.fingerprint256).to.equal(new X509Certificate(one.certificate).fingerprint256);
    expect(read.subject).to.equal("CN=weft-injector.weft.svc");
    expect(read.subjectAltName).to.equal(
      "DNS:weft-injector.weft.svc, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
    );
    expect(read.keyUsage).to.deep.equal(["1.3.6.1.5.5.7.3.1"]);
    expect([read.ca, read.checkIssued(issuer), read.verify(issuer.publicKey)]).to.deep.equal([false, true, true]);
    expect([read.raw.includes(subjectKeyId), read.raw.includes(authorityKeyId)]).to.deep.equal([true, true]);
    expect(read.serialNumber).to.match(/^01[0-9A-F]{32}$/);
  });

  it("signs with a key in OpenSSL's own form", async () => {
    const key = createPrivateKey(one.key).export({ type: "sec1", format: "pem" }).toString();
    const { certificate } = await issueLeaf({ ...one, key }, names, validity);
    expect(new X509Certificate(certificate).verify(new X509Certificate(one.certificate).publicKey)).to.equal(true);
  });

  it("gives no leaf a common name that is too long", async () => {
    const long = `${"a".repeat(60)}.${"b".repeat(60)}.svc`;
    const { certificate } = await issueLeaf(one, [long], validity);
    expect(new X509Certificate(certificate).subject).to.equal("CN=weft");
  });

  const shakeHands = async (bundle: string): Promise<string> => {
    const server = createServer({ cert: leaf.certificate, key: leaf.key, minVersion: "TLSv1.3" });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      return await new Promise((resolve) => {
        const socket = connect({ port, host: "127.0.0.1", ca: bundle, servername: "weft-injector.weft.svc" }, () => {
          resolve("trusted");
          socket.destroy();
        });
        socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      });
    } finally {
      server.close();
    }
  };
  const bundles: readonly [claim: string, bundle: () => string, expected: string][] = [
    ["trusts it alone", () => one.certificate, "trusted"],
    ["trusts it and an older one", () => one.certificate + other.certificate, "trusted"],
    ["trusts it and a newer one", () => other.certificate + one.certificate, "trusted"],
    ["trusts another one alone", () => other.certificate, "SELF_SIGNED_CERT_IN_CHAIN"],
  ];
  for (const [claim, bundle, expected] of bundles) {
    it(`is ${expected === "trusted" ? "believed" : "not believed"} by a client that ${claim}`, async () => {
      expect(await shakeHands(bundle())).to.equal(expected);
    });
  }
});

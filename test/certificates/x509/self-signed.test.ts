import { expect } from "chai";
import { X509Certificate } from "node:crypto";
import { selfSigned } from "../../../src/certificates/x509/self-signed.ts";

const notBefore = new Date("2026-01-01T00:00:00Z");
const notAfter = new Date("2027-01-01T00:00:00Z");

describe("a certificate of weft's own making", () => {
  it("says what it was asked to say", async () => {
    const names = ["weft.linkerd.svc", "localhost", "127.0.0.1", "::1"];
    const { certificate } = await selfSigned({ names, notBefore, notAfter });
    const leaf = new X509Certificate(certificate);
    expect({
      subject: leaf.subject,
      names: leaf.subjectAltName,
      from: leaf.validFromDate,
      to: leaf.validToDate,
      ca: leaf.ca,
      use: leaf.keyUsage,
      key: leaf.publicKey.asymmetricKeyDetails?.namedCurve,
      signedByItself: leaf.verify(leaf.publicKey),
      ends: certificate.endsWith("-----END CERTIFICATE-----\n"),
    }).to.deep.equal({
      subject: "CN=weft.linkerd.svc",
      names: "DNS:weft.linkerd.svc, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
      from: notBefore,
      to: notAfter,
      ca: false,
      // id-kp-serverAuth
      use: ["1.3.6.1.5.5.7.3.1"],
      key: "prime256v1",
      signedByItself: true,
      ends: true,
    });
  });
  it("is another one each time", async () => {
    const made = [1, 2].map(() => selfSigned({ names: ["localhost"], notBefore, notAfter }));
    const [one, two] = await Promise.all(made);
    expect(one?.key).not.to.equal(two?.key);
  });
  it("has a common name even where a name is too long for one", async () => {
    const long = `${"a".repeat(60)}.${"b".repeat(60)}.svc`;
    const { certificate } = await selfSigned({ names: [long], notBefore, notAfter });
    const leaf = new X509Certificate(certificate);
    expect([leaf.subject, leaf.subjectAltName]).to.deep.equal(["CN=weft", `DNS:${long}`]);
  });
});

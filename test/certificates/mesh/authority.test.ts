import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { makeAnchor, makeIssuer } from "../../../src/certificates/mesh/authority.ts";

const day = 86_400_000;
const from = new Date(Math.floor(Date.now() / 1000) * 1000 - 60_000);
const after = (days: number): Date => new Date(from.getTime() + days * day);
const trustDomain = "cluster.local";

const openssl = (...args: readonly string[]): string => execFileSync("openssl", args, { encoding: "utf8" });

describe("certificates/mesh-authority", () => {
  it("anchor and issuer are named as Linkerd's, live as long as is said, and form a chain", async () => {
    const anchor = await makeAnchor({ trustDomain, validity: { notBefore: from, notAfter: after(3650) } });
    const issuer = await makeIssuer({ anchor, trustDomain, validity: { notBefore: from, notAfter: after(365) } });
    const [root, below] = [new X509Certificate(anchor.certificate), new X509Certificate(issuer.certificate)];
    expect([root.subject, below.subject]).to.deep.equal([
      "CN=root.linkerd.cluster.local",
      "CN=identity.linkerd.cluster.local",
    ]);
    expect([root.ca, below.ca]).to.deep.equal([true, true]);
    expect([root.validToDate, below.validToDate]).to.deep.equal([after(3650), after(365)]);
    expect(below.checkIssued(root) && below.verify(root.publicKey)).to.equal(true);
    expect(root.serialNumber).to.not.equal(below.serialNumber);
  });

  it("an issuer ends with its anchor at the latest", async () => {
    const anchor = await makeAnchor({ trustDomain, validity: { notBefore: from, notAfter: after(10) } });
    const issuer = await makeIssuer({ anchor, trustDomain, validity: { notBefore: from, notAfter: after(365) } });
    expect(new X509Certificate(issuer.certificate).validToDate).to.deep.equal(after(10));
  });

  it("a trust domain too long for a common name is left out of it", async () => {
    const long = `${"a".repeat(60)}.example`;
    const anchor = await makeAnchor({ trustDomain: long, validity: { notBefore: from, notAfter: after(10) } });
    expect(new X509Certificate(anchor.certificate).subject).to.equal("CN=root.linkerd");
  });

  it("openssl accepts them, and sees the path lengths and key identifiers", async () => {
    const anchor = await makeAnchor({ trustDomain, validity: { notBefore: from, notAfter: after(10) } });
    const issuer = await makeIssuer({ anchor, trustDomain, validity: { notBefore: from, notAfter: after(5) } });
    const folder = mkdtempSync(join(tmpdir(), "weft-mesh-authority-"));
    try {
      const [root, below] = [join(folder, "root.pem"), join(folder, "issuer.pem")];
      writeFileSync(root, anchor.certificate);
      writeFileSync(below, issuer.certificate);
      expect(openssl("verify", "-x509_strict", "-CAfile", root, below)).to.match(/OK/);
      const text = openssl("x509", "-in", below, "-noout", "-text");
      expect(text).to.match(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
      expect(text).to.match(/Key Usage: critical\s+Certificate Sign, CRL Sign/);
      expect(text).to.match(/Authority Key Identifier/);
      expect(text).to.match(/ecdsa-with-SHA256/);
      expect(openssl("x509", "-in", root, "-noout", "-text")).to.match(/CA:TRUE, pathlen:1/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

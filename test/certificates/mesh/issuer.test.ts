import { execFileSync } from "node:child_process";
import { X509Certificate, createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { runs } from "../../support/properties.ts";
import { selfSigned } from "../../../src/certificates/x509/self-signed.ts";
import { issueLeaf } from "../../../src/certificates/webhook/authority.ts";
import { makeAnchor, makeIssuer } from "../../../src/certificates/mesh/authority.ts";
import { meshIssuer } from "../../../src/certificates/mesh/issuer.ts";
import type { MeshIssuer, SignableRequest } from "../../../src/certificates/mesh/issuer.ts";
import { pemBlocks } from "../../../src/certificates/x509/pem.ts";
import type { PemPair } from "../../../src/certificates/x509/pem.ts";
import { libraries } from "../../../src/certificates/x509/asn1.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";
import { workloadRequest } from "../../support/proxy-client.ts";
import { identityNamed, issuerNames, loaded, testMesh, trustDomain } from "../../support/certificates.ts";
import type { TestMesh } from "../../support/certificates.ts";
import { oddRequest } from "../../support/odd-request.ts";

const now = Math.floor(Date.now() / 1000) * 1000;
const hour = 3_600_000;
const identity = identityNamed("web", "shop");
const plan = { dnsName: identity, validity: { notBefore: now - 20_000, notAfter: now + hour } };

const openssl = (...args: readonly string[]): string => execFileSync("openssl", args, { encoding: "utf8" });
const pem = (der: Uint8Array): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString("base64")}\n-----END CERTIFICATE-----\n`;

async function requestOf(issuer: MeshIssuer, der: Uint8Array): Promise<SignableRequest> {
  const read = issuer.readRequest(der);
  if ("malformed" in read) throw new Error(read.malformed);
  return read;
}

async function issuesOf(pair: PemPair, anchors: string, at = now): Promise<readonly string[]> {
  const read = meshIssuer(await libraries(), { ...pair, anchors, names: issuerNames }, new Date(at));
  return "issues" in read ? read.issues.map(issueText) : [];
}

describe("certificates/mesh-issuer", () => {
  let mesh: TestMesh;
  let csr: Buffer;
  const folder = mkdtempSync(join(tmpdir(), "weft-mesh-issuer-"));
  const file = (name: string, text: string | Uint8Array): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  before(async () => {
    mesh = await testMesh(now);
    ({ csr } = await workloadRequest(identity));
  });
  after(() => rmSync(folder, { recursive: true }));

  describe("a leaf", () => {
    it("is what Linkerd's is, as openssl reads it", async () => {
      const request = await requestOf(mesh.issuer, csr);
      const leaf = await request.sign({ ...plan, uri: "spiffe://cluster.local/ns/shop/sa/web" });
      const text = openssl("x509", "-inform", "DER", "-in", file("leaf.der", leaf), "-noout", "-text");
      expect(text).to.match(/Version: 3 /);
      expect(text).to.match(/Signature Algorithm: ecdsa-with-SHA256/);
      expect(text).to.match(new RegExp(`Subject: CN ?= ?${identity}\n`));
      expect(text).to.match(/Issuer: CN ?= ?identity.linkerd.cluster.local\n/);
      expect(text).to.match(/Key Usage: critical\s+Digital Signature, Key Encipherment\n/);
      expect(text).to.match(/Extended Key Usage: \n\s+TLS Web Server Authentication, TLS Web Client Authentication\n/);
      expect(text).to.match(
        new RegExp(`Subject Alternative Name: \n\\s+DNS:${identity}, URI:spiffe://cluster.local/ns/shop/sa/web\n`),
      );
      expect(text).to.not.match(/Basic Constraints/);
      const key = openssl("req", "-inform", "DER", "-in", file("csr.der", csr), "-noout", "-pubkey");
      const read = new X509Certificate(leaf);
      expect(read.publicKey.equals(createPublicKey(key))).to.equal(true);
      expect([read.validFromDate.getTime(), read.validToDate.getTime()]).to.deep.equal([
        plan.validity.notBefore,
        plan.validity.notAfter,
      ]);
    });

    it("openssl trusts it, for servers and for clients, with the intermediates alone", async () => {
      const leaf = file("leaf.pem", pem(await (await requestOf(mesh.issuer, csr)).sign(plan)));
      const between = file("between.pem", mesh.issuer.intermediates.map(pem).join(""));
      const root = file("root.pem", mesh.anchor.certificate);
      for (const purpose of ["sslserver", "sslclient"]) {
        const words = openssl("verify", "-purpose", purpose, "-CAfile", root, "-untrusted", between, leaf);
        expect(words).to.match(/: OK/);
      }
    });

    it("each one has a serial of its own, positive and of 128 random bits", async () => {
      const request = await requestOf(mesh.issuer, csr);
      const leaves = await Promise.all(Array.from({ length: 20 }, () => request.sign(plan)));
      const serials = leaves.map((leaf) => new X509Certificate(leaf).serialNumber);
      for (const serial of serials) expect(serial).to.match(/^01[0-9A-F]{32}$/);
      expect(new Set(serials).size).to.equal(20);
    });

    it("with no subject its names are critical", async () => {
      const odd = await oddRequest({ names: [{ type: "dns", value: identity }] });
      const leaf = await (await requestOf(mesh.issuer, odd)).sign(plan);
      const text = openssl("x509", "-inform", "DER", "-in", file("bare.der", leaf), "-noout", "-text");
      expect(text).to.match(/Subject Alternative Name: critical\n/);
      const root = file("root.pem", mesh.anchor.certificate);
      const between = file("between.pem", mesh.issuer.intermediates.map(pem).join(""));
      expect(openssl("verify", "-CAfile", root, "-untrusted", between, file("bare.pem", pem(leaf)))).to.match(/OK/);
    });

    it("asks for nothing that its request asks for: extensions are ours", async () => {
      const odd = await oddRequest({ commonNames: ["a", "b"], names: [{ type: "dns", value: "evil.example" }] });
      const leaf = new X509Certificate(await (await requestOf(mesh.issuer, odd)).sign(plan));
      expect(leaf.subject).to.equal(`CN=${identity}`);
      expect(leaf.subjectAltName).to.equal(`DNS:${identity}`);
    });
  });

  describe("a request", () => {
    const dns = { type: "dns" as const, value: identity };
    const rows: readonly [claim: string, der: () => Promise<Buffer>, facts: object][] = [
      [
        "of a proxy",
        () => Promise.resolve(csr),
        { signatureValid: true, commonNames: [identity], dnsNames: [identity], otherNames: [], key: "EC P-256" },
      ],
      [
        "with all that may be in one",
        () =>
          oddRequest({
            commonNames: ["a", "b"],
            names: [
              dns,
              { type: "email", value: "a@b.example" },
              { type: "ip", value: "10.0.0.1" },
              { type: "url", value: "spiffe://x/y" },
            ],
            key: "P-521",
          }),
        {
          signatureValid: true,
          commonNames: ["a", "b"],
          dnsNames: [identity],
          otherNames: ["email:a@b.example", "ip:10.0.0.1", "uri:spiffe://x/y"],
          key: "EC P-521",
        },
      ],
      [
        "with an RSA key",
        () => oddRequest({ key: "RSA" }),
        { signatureValid: true, commonNames: [], dnsNames: [], otherNames: [], key: "RSA 2048" },
      ],
    ];
    for (const [claim, der, facts] of rows)
      it(`says what it says: ${claim}`, async () => {
        expect((await requestOf(mesh.issuer, await der())).facts).to.deep.equal(facts);
      });

    it("made by openssl is read as well", async () => {
      const words =
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -outform DER " +
        `-subj /CN=${identity.slice(0, 60)}/O=shop -addext subjectAltName=DNS:${identity} -keyout`;
      const made = execFileSync("openssl", [...words.split(" "), join(folder, "key.pem")], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      const { facts, sign } = await requestOf(mesh.issuer, made);
      expect(facts).to.deep.include({ signatureValid: true, dnsNames: [identity], key: "EC P-256" });
      // Of its subject nothing is copied.
      expect(new X509Certificate(await sign(plan)).subject).to.equal(`CN=${identity}`);
    });

    it("in another form of BER is malformed, though it is signed: whole, and within its names", async () => {
      const told = (der: Uint8Array): string => {
        const read = mesh.issuer.readRequest(der);
        return "malformed" in read ? read.malformed : "read";
      };
      expect(told(csr)).to.equal("read");
      expect(told(Buffer.concat([csr, Buffer.of(0)]))).to.equal(
        `it is not DER: it goes on after its end, at byte ${csr.length}`,
      );
      expect(csr[1]).to.equal(0x82);
      const indefinite = Buffer.concat([Buffer.of(0x30, 0x80), csr.subarray(4), Buffer.of(0, 0)]);
      expect(told(indefinite)).to.match(/^it is not DER: at byte 1 there is no length/);
      const long = Buffer.concat([Buffer.of(0x30, 0x83, 0), csr.subarray(2)]);
      expect(told(long)).to.match(/^it is not DER: at byte 1 there is no length, or one in more bytes than it takes$/);
      const within = await oddRequest({ names: [dns], trailing: true });
      expect(told(within)).to.match(/^it is not DER: it goes on after its end/);
    });

    it("a byte that is another one makes it malformed or not signed, or the same; strangers' bytes are malformed", async () => {
      const whole = (await requestOf(mesh.issuer, csr)).facts;
      await fc.assert(
        fc.asyncProperty(fc.nat(csr.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
          const broken = Buffer.from(csr);
          broken.writeUInt8(broken.readUInt8(at) ^ change, at);
          const read = mesh.issuer.readRequest(broken);
          // The outermost length is not under the signature.
          if ("facts" in read && read.facts.signatureValid) expect(read.facts).to.deep.equal(whole);
        }),
        runs(150),
      );
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
          expect(mesh.issuer.readRequest(bytes)).to.have.property("malformed");
        }),
      );
      // Boxes in boxes: deeper than any stack.
      expect(mesh.issuer.readRequest(Buffer.alloc(16_000, Buffer.from("3080", "hex")))).to.have.property("malformed");
    });
  });

  describe("an issuer", () => {
    it("is loaded with what is worth knowing of it", () => {
      const { subject, fingerprint, validity, intermediates } = mesh.issuer;
      const read = new X509Certificate(mesh.issuerPem.certificate);
      expect(subject).to.equal("CN=identity.linkerd.cluster.local");
      expect(fingerprint).to.equal(createHash("sha256").update(read.raw).digest("hex"));
      expect(validity).to.deep.equal({ notBefore: now - hour, notAfter: now + 100 * hour });
      expect(intermediates.map((der) => Buffer.from(der))).to.deep.equal([read.raw]);
    });

    it("with a key in OpenSSL's own form signs as well", async () => {
      const key = createPrivateKey(mesh.issuerPem.key).export({ type: "sec1", format: "pem" }).toString();
      const issuer = await loaded({ ...mesh.issuerPem, key }, mesh.anchor.certificate);
      const leaf = new X509Certificate(await (await requestOf(issuer, csr)).sign(plan));
      expect(leaf.verify(new X509Certificate(mesh.issuerPem.certificate).publicKey)).to.equal(true);
    });

    it("that is itself the anchor signs, and goes along with its leaves", async () => {
      const issuer = await loaded(mesh.anchor, mesh.anchor.certificate);
      expect(issuer.intermediates).to.have.length(1);
      const leaf = new X509Certificate(await (await requestOf(issuer, csr)).sign(plan));
      expect(leaf.checkIssued(new X509Certificate(mesh.anchor.certificate))).to.equal(true);
    });

    it("with its anchor behind it in the file keeps that to itself", async () => {
      const certificate = mesh.issuerPem.certificate + mesh.anchor.certificate;
      expect((await loaded({ ...mesh.issuerPem, certificate }, mesh.anchor.certificate)).intermediates).to.have.length(
        1,
      );
    });

    it("under one of several anchors is under the anchors", async () => {
      const other = await testMesh(now);
      const anchors = other.anchor.certificate + mesh.anchor.certificate;
      expect((await loaded(mesh.issuerPem, anchors)).anchors).to.equal(anchors);
    });

    for (const curve of ["P-384", "P-521"] as const)
      it(`of a CA made by openssl with ${curve} signs leaves that openssl trusts`, async () => {
        const [key, certificate] = [join(folder, `${curve}.key`), join(folder, `${curve}.pem`)];
        const words =
          `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:${curve} -nodes -days 2 -subj /CN=root ` +
          "-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -keyout";
        execFileSync("openssl", [...words.split(" "), key, "-out", certificate], { stdio: "ignore" });
        const read = { certificate: openssl("x509", "-in", certificate), key: openssl("pkey", "-in", key) };
        const issuer = await loaded(read, read.certificate, Date.now() + 1000);
        const leaf = file("below.pem", pem(await (await requestOf(issuer, csr)).sign(plan)));
        expect(openssl("verify", "-x509_strict", "-CAfile", certificate, leaf)).to.match(/OK/);
        // `makeIssuer` under somebody else's anchor, whose key identifier need not be made as ours are.
        const validity = { notBefore: new Date(now - hour), notAfter: new Date(now + hour) };
        const below = await makeIssuer({ anchor: read, trustDomain, validity });
        const issued = file("issuer-below.pem", below.certificate);
        expect(openssl("verify", "-x509_strict", "-CAfile", certificate, issued)).to.match(/OK/);
      });

    type Bad = readonly [claim: string, issues: readonly RegExp[], given: () => Promise<[PemPair, string, number?]>];
    const validity = { notBefore: new Date(now - hour), notAfter: new Date(now + hour) };
    const rows: readonly Bad[] = [
      [
        "no certificates, no key",
        [
          /^tls.crt: has no PEM certificate$/,
          /^ca-bundle.crt: has no PEM certificate$/,
          /^tls.key: is not an unencrypted/,
        ],
        () => Promise.resolve([{ certificate: "", key: "" }, ""]),
      ],
      [
        "what is not a certificate",
        [/^ca-bundle.crt, certificate 2: cannot be read: /],
        () =>
          Promise.resolve([
            mesh.issuerPem,
            `${mesh.anchor.certificate}-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n`,
          ]),
      ],
      [
        "another mesh's anchors",
        [/^tls.crt: is signed by CN=root.linkerd.cluster.local, and leads to none of the trust anchors: CN=root.link/],
        async () => [mesh.issuerPem, (await testMesh(now)).anchor.certificate],
      ],
      [
        "another's key",
        [/^tls.key: is not the key of the certificate in tls.crt$/],
        async () => [{ ...mesh.issuerPem, key: (await testMesh(now)).issuerPem.key }, mesh.anchor.certificate],
      ],
      [
        "expired, with the anchor",
        [/^tls.crt: CN=identity.* expired at 20/, /^ca-bundle.crt: CN=root.* expired at 20/],
        () => Promise.resolve([mesh.issuerPem, mesh.anchor.certificate, now + 101 * hour]),
      ],
      [
        "a leaf",
        [/^tls.crt, certificate 1: CN=a.example is not a CA \(basic constraints\)/],
        async () => [await issueLeaf(mesh.anchor, ["a.example"], validity), mesh.anchor.certificate],
      ],
      [
        "a leaf that signs itself",
        [/^tls.crt: CN=weft is not a CA/],
        async () => {
          const pair = await selfSigned({ names: [], ...validity });
          return [pair, pair.certificate];
        },
      ],
      [
        "below a CA that allows none below it",
        [/^ca-bundle.crt: CN=identity.linkerd.cluster.local allows 0 CAs below it \(path length\), there are 1$/],
        async () => [await makeIssuer({ anchor: mesh.issuerPem, trustDomain, validity }), mesh.issuerPem.certificate],
      ],
      [
        "an RSA CA",
        [/^tls.crt: has a key of type RSA 2048, expected ECDSA with P-256, P-384, P-521$/],
        async () => {
          const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
          const key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
          const args = ["-subj", "/CN=rsa", "-days", "2", "-addext", "basicConstraints=critical,CA:TRUE"];
          const certificate = openssl("req", "-x509", "-key", file("rsa.pem", key), ...args);
          return [{ certificate, key }, certificate, Date.now() + 1000];
        },
      ],
    ];
    for (const [claim, issues, given] of rows)
      it(`is refused: ${claim}`, async () => {
        const found = await issuesOf(...(await given()));
        expect(found, found.join("\n")).to.have.length(issues.length);
        for (const [index, issue] of issues.entries()) expect(found[index]).to.match(issue);
      });

    it("with other CAs behind it in its file has them go along, anchors apart", async () => {
      const root = await makeAnchor({ trustDomain, validity });
      const anchors = mesh.anchor.certificate;
      const certificate = mesh.issuerPem.certificate + root.certificate + mesh.anchor.certificate;
      const issuer = await loaded({ ...mesh.issuerPem, certificate }, anchors);
      expect(issuer.intermediates).to.have.length(2);
    });
  });

  it("the control plane's own certificate has both names, a new key, and its issuer behind it", async () => {
    const names = [identityNamed("linkerd-identity", "linkerd"), identityNamed("linkerd-destination", "linkerd")];
    const made = await Promise.all([1, 2].map(() => mesh.issuer.servingPair(names, plan.validity)));
    const [one, other] = made;
    const [leaf = "", issuer = "", ...more] = pemBlocks(one?.certificate ?? "");
    const read = new X509Certificate(leaf);
    expect(more).to.deep.equal([]);
    expect(read.subjectAltName).to.equal(names.map((name) => `DNS:${name}`).join(", "));
    expect(read.verify(new X509Certificate(issuer).publicKey)).to.equal(true);
    expect(read.checkPrivateKey(createPrivateKey(one?.key ?? ""))).to.equal(true);
    expect(one?.key).to.not.equal(other?.key);
  });
});

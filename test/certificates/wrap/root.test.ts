/** Certificates of `weft wrap` between TLS clients and servers that ask each other for them, as linkerd 1.x does. */
import { execFileSync } from "node:child_process";
import { X509Certificate, createPrivateKey, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import tls from "node:tls";
import { expect } from "chai";
import fc from "fast-check";
import type { PemPair } from "../../../src/certificates/x509/pem.ts";
import { makeRoot } from "../../../src/certificates/x509/root.ts";
import { keyIssues, readRoot, readRoots, signed } from "../../../src/certificates/wrap/root.ts";
import type { Root } from "../../../src/certificates/wrap/root.ts";
import { keysIn, publicKeysIn, secretFacts } from "../../../src/certificates/wrap/secret-facts.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";
import { newFolder } from "../../support/folder.ts";
import { runs } from "../../support/properties.ts";

const now = new Date();
const day = 86_400_000;
const later = (days: number): Date => new Date(now.getTime() + days * day);
const validity = { notBefore: new Date(now.getTime() - 10 * day), notAfter: later(3650) };
const newRoot = (commonName = "weft wrap root"): Promise<PemPair> => makeRoot({ commonName, validity });

function rootOf(pair: PemPair): Root {
  const read = readRoot({ name: "ca.pem", text: pair.certificate }, now);
  if ("issues" in read) throw new Error(JSON.stringify(read.issues));
  return read.value;
}

const secretFor = (commonName: string, isClient = false) => ({
  name: "s",
  namespace: "prod",
  identity: commonName,
  commonName,
  isClient,
});

const leaf = (root: PemPair, commonName: string, { isClient = false, end = later(1), at = now } = {}) =>
  signed(secretFor(commonName, isClient), rootOf(root), root.key, { now: at, end });

interface End {
  readonly certificate: string;
  readonly key: string;
  readonly roots: string;
}

/** Whether a client that expects a name is answered; as in section "TLS as linkerd does it" both look at each other. */
async function answered(server: End, client: End, expected: string): Promise<boolean> {
  const listener = tls.createServer(
    {
      cert: server.certificate,
      key: server.key,
      ca: server.roots,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: "TLSv1.2",
    },
    (socket) => socket.end("yes"),
  );
  // A client that is refused is told so.
  listener.on("tlsClientError", () => undefined);
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  try {
    return await new Promise((resolve) => {
      const socket = tls.connect({
        host: "127.0.0.1",
        port,
        cert: client.certificate,
        key: client.key,
        ca: client.roots,
        checkServerIdentity: (_host, peer) => tls.checkServerIdentity(expected, peer),
      });
      let text = "";
      socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
      socket.on("error", () => resolve(false));
      socket.on("close", () => resolve(text === "yes"));
    });
  } finally {
    listener.close();
  }
}

describe("wrap: certificates", () => {
  let root: PemPair;
  let other: PemPair;
  before(async () => {
    [root, other] = await Promise.all([newRoot(), newRoot()]);
  });

  const withRoots = (pair: Pick<End, "certificate" | "key">, ...roots: readonly PemPair[]): End => ({
    ...pair,
    roots: roots.map(({ certificate }) => certificate).join(""),
  });

  it("of a root are those of a CA that signs no other CAs", () => {
    const { certificate } = rootOf(root);
    expect(certificate.ca).to.equal(true);
    expect(certificate.subject).to.equal("CN=weft wrap root");
    expect(certificate.checkPrivateKey(createPrivateKey(root.key))).to.equal(true);
  });

  const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
  it("are taken by a peer that expects the name and trusts the root, whatever the name; the key is PKCS#8", async () => {
    await fc.assert(
      fc.asyncProperty(label, fc.option(label, { nil: undefined }), async (service, namespace) => {
        const name = namespace === undefined ? service : `${service}.${namespace}`;
        const made = await leaf(root, name);
        const end = withRoots(made, root);
        expect(await answered(end, end, name)).to.equal(true);
        expect(await answered(end, end, `not-${name}`.slice(0, 60))).to.equal(false);
        expect(secretFacts(end, rootOf(root).certificate)).to.deep.include({
          certificates: 1,
          names: [name],
          commonName: name.length <= 64 ? name : undefined,
          usages: ["serverAuth", "clientAuth"],
          keyFits: true,
          isPkcs8: true,
          isSignedByRoot: true,
        });
      }),
      runs(20),
    );
  });

  it("are refused where they are another Service's, another root's, ended, or a client's", async () => {
    const own = withRoots(await leaf(root, "web"), root);
    const client = withRoots(await leaf(root, "client.front", { isClient: true }), root);
    expect(await answered(own, client, "web"), "own").to.equal(true);
    expect(await answered(withRoots(await leaf(root, "other"), root), client, "web"), "another Service's").to.equal(
      false,
    );
    expect(await answered(withRoots(await leaf(other, "web"), root), client, "web"), "another root's").to.equal(false);
    expect(
      await answered(own, withRoots(await leaf(other, "client.front", { isClient: true }), root), "web"),
      "another root's client",
    ).to.equal(false);
    const ended = await leaf(root, "web", {
      at: new Date(now.getTime() - 2 * day),
      end: new Date(now.getTime() - day),
    });
    expect(await answered(withRoots(ended, root), client, "web"), "ended").to.equal(false);
    expect(await answered(client, client, "client.front"), "a client's").to.equal(false);
  });

  it("of a name with more than 64 characters have no common name", async () => {
    const name = `${"x".repeat(60)}.${"y".repeat(20)}`;
    const made = withRoots(await leaf(root, name), root);
    expect(new X509Certificate(made.certificate).subject ?? "").to.not.include("CN=");
    expect(await answered(made, made, name)).to.equal(true);
  });

  it("through a change of the root are taken by whoever is a step ahead or behind", async () => {
    const [old, next] = [root, other];
    const steps = await Promise.all(
      [
        { signer: old, roots: [old] },
        { signer: old, roots: [old, next] },
        { signer: next, roots: [next, old] },
        { signer: next, roots: [next] },
      ].map(async ({ signer, roots }) => withRoots(await leaf(signer, "web"), ...roots)),
    );
    const meetings = steps.flatMap((server, index) =>
      [index - 1, index, index + 1].flatMap((client) => {
        const peer = steps[client];
        return peer === undefined ? [] : [answered(server, peer, "web")];
      }),
    );
    expect(await Promise.all(meetings)).to.not.include(false);
    const [first, , , last] = steps;
    if (first === undefined || last === undefined) throw new Error("four steps");
    expect(await answered(last, first, "web"), "who knows the old root alone").to.equal(false);
  });

  it("are signed by a root that OpenSSL made of RSA, too", async () => {
    const folder = await newFolder();
    const [keyFile, file] = [folder.at("cakey.pem"), folder.at("ca.pem")];
    const args = ["-subj", "/CN=root", "-days", "20", "-addext", "basicConstraints=critical,CA:TRUE"];
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", keyFile, "-out", file, ...args],
      {
        stdio: "ignore",
      },
    );
    const [certificate, key] = [readFileSync(file, "utf8"), readFileSync(keyFile, "utf8")];
    await folder.destroy();
    const made = withRoots(await leaf({ certificate, key }, "web"), { certificate, key });
    expect(await answered(made, made, "web")).to.equal(true);
  });

  const issues: readonly [claim: string, read: () => readonly string[], expected: readonly string[]][] = [
    ["no certificate", () => read("x"), ["ca.pem: has no PEM certificate"]],
    [
      "two roots",
      () => read(root.certificate + other.certificate),
      ["ca.pem: has 2 certificates, expected the root alone; --also-trust takes others"],
    ],
    [
      "a root that has ended",
      () => read(root.certificate, later(4000)),
      [`ca.pem: ended ${later(3650).toISOString().slice(0, 10)}: nothing can be signed beyond that`],
    ],
    [
      "another's key",
      () => keyIssues(rootOf(root), { name: "key.pem", text: other.key }).map(issueText),
      ["key.pem: does not belong to --ca-cert"],
    ],
    [
      "a key that does not sign",
      () => keyIssues(rootOf(root), { name: "key.pem", text: ed25519 }).map(issueText),
      ["key.pem: cannot sign: expected a key of ECDSA (P-256, P-384, P-521) or RSA"],
    ],
    ["its own key", () => keyIssues(rootOf(root), { name: "key.pem", text: root.key }).map(issueText), []],
  ];
  const read = (text: string, at = now): readonly string[] => {
    const result = readRoot({ name: "ca.pem", text }, at);
    return "issues" in result ? result.issues.map(issueText) : [];
  };
  for (const [claim, told, expected] of issues) {
    it(`tell of ${claim}`, () => {
      expect(told()).to.deep.equal(expected);
    });
  }

  it("tell of one that is no CA", async () => {
    const { certificate } = await leaf(root, "web");
    expect(readRoots({ name: "more.pem", text: certificate })).to.deep.equal({
      issues: [{ at: "more.pem", message: "is not a CA" }],
    });
  });

  it("whose key a text holds is told, whatever stands around it", () => {
    expect(keysIn(`x\n${root.key}y`)).to.deep.equal(publicKeysIn(root.certificate));
    expect(keysIn("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----")).to.deep.equal([]);
  });
});

const ed25519 = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();

import { expect } from "chai";
import { throwAwayAnchor } from "../support/certificates.ts";
import { selfSigned } from "../../src/certificates/x509/self-signed.ts";
import { installationOf, installationLines } from "../../src/serve/installation.ts";

const day = 86_400_000;
const now = new Date("2026-06-01T00:00:00Z");
const from = (days: number): Date => new Date(now.getTime() + days * day);

describe("trust anchors of an installation", () => {
  const lines = (text: string): readonly string[] => {
    const files = { settings: undefined, trustAnchors: { name: "ca.crt", text }, controlPlaneNamespace: "linkerd" };
    const loaded = installationOf(files, now);
    if ("issues" in loaded) return loaded.issues.map(({ at, message }) => `refused: ${at}: ${message}`);
    return installationLines(loaded.value);
  };
  const anchor = (begins: number, ends: number): Promise<string> =>
    throwAwayAnchor({ notBefore: from(begins), notAfter: from(ends) });
  const key = "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n";
  const leaf = async (): Promise<string> =>
    (await selfSigned({ names: ["web"], notBefore: from(-1), notAfter: from(1) })).certificate;
  const expired = "CN=root.linkerd.cluster.local expired at 2026-05-31T00:00:00.000Z";

  const rows: readonly [claim: string, text: () => Promise<string>, lines: readonly string[]][] = [
    ["are fine", () => anchor(-1, 1), []],
    ["may be those of tomorrow", () => anchor(1, 2), []],
    ["have expired", () => anchor(-2, -1), [`ca.crt (--trust-anchors): ${expired}`]],
    [
      "are, the second of them, no CA",
      async () => (await anchor(-1, 1)) + (await leaf()),
      ["ca.crt (--trust-anchors), certificate 2: CN=web is not a CA, and so no trust anchor"],
    ],
    [
      "cannot be read",
      () => Promise.resolve("-----BEGIN CERTIFICATE-----\nMC4=\n-----END CERTIFICATE-----\n"),
      ["ca.crt (--trust-anchors): cannot be read: "],
    ],
    [
      "are no certificates",
      () => Promise.resolve("anchors"),
      ["ca.crt (--trust-anchors): is not PEM text with certificates; proxies will not trust anybody"],
    ],
    [
      "come with a private key",
      async () => (await anchor(-1, 1)) + key,
      [
        "refused: ca.crt (--trust-anchors): holds a private key; settings are for everybody to read, so keep it in a Secret",
      ],
    ],
  ];
  for (const [claim, text, expected] of rows) {
    it(claim, async () => {
      const told = lines(await text());
      // What OpenSSL says at the end is its own.
      expect(
        told.map((line, index) => line.slice(0, line.includes("cannot be read") ? expected[index]?.length : undefined)),
      ).to.deep.equal(expected);
    });
  }
});

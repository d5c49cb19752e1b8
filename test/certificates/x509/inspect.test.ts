import { expect } from "chai";
import { readCertificates, refusal } from "../../../src/certificates/x509/inspect.ts";
import { mostCertificates } from "../../../src/certificates/x509/pem.ts";
import { authority, lasting, serverPair } from "../../support/certificates.ts";

const from = new Date("2026-02-01T00:00:00Z");
const during = lasting(from, 90);

describe("certificates looked at from outside", () => {
  it("says what a certificate says", async () => {
    const ca = await authority("weft-ca", during);
    const { certificate: pem } = await ca.sign({ name: "weft-injector.weft.svc", during });
    const { certificates, issues } = readCertificates(`a comment\n${pem}`);
    expect(issues).to.deep.equal([]);
    expect(
      certificates.map(({ subject, names, notBefore, notAfter }) => [subject, names, notBefore, notAfter]),
    ).to.deep.equal([["weft-injector.weft.svc", ["weft-injector.weft.svc"], from, new Date("2026-05-02T00:00:00Z")]]);
    expect(certificates[0]?.fingerprint).to.match(/^[0-9a-f]{64}$/);
  });

  it("names the certificate of a bundle that cannot be read, and reads the others", async () => {
    const { certificate } = await authority("weft-ca", during);
    const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    const { certificates, issues } = readCertificates(certificate + broken);
    expect(certificates).to.have.length(1);
    expect(issues.map(({ at }) => at)).to.deep.equal(["certificate 2"]);
  });

  it("reads none of more than are read in one go, copies aside", async () => {
    const { certificate } = await authority("weft-ca", during);
    const different = Array.from({ length: mostCertificates + 1 }, (_, index) =>
      certificate.replace("BEGIN CERTIFICATE-----", `$&${"\n".repeat(index)}`),
    );
    const { certificates, issues } = readCertificates(different.join(""));
    expect([certificates, issues.map(({ message }) => message)]).to.deep.equal([
      [],
      ["has 513 different certificates, and may have 512: leave out those not in use"],
    ]);
    expect(readCertificates(certificate.repeat(mostCertificates + 1)).issues).to.deep.equal([]);
  });

  it("finds nothing in a text without certificates", () => {
    expect(readCertificates("none")).to.deep.equal({ certificates: [], issues: [] });
  });

  describe("who trusts whom", () => {
    let pem: Readonly<Record<"ca" | "other" | "sameName" | "middle" | "leaf" | "below" | "alone", string>>;
    before(async () => {
      const [ca, other, sameName] = await Promise.all(["a", "b", "a"].map((name) => authority(name, during)));
      if (ca === undefined || other === undefined || sameName === undefined) throw new Error("not made");
      const middle = await ca.below("middle", during);
      const alone = await serverPair(["web.svc"], lasting(from, 300));
      pem = {
        ca: ca.certificate,
        other: other.certificate,
        sameName: sameName.certificate,
        middle: middle.certificate,
        leaf: (await ca.sign({ name: "web.svc", during })).certificate,
        below: (await middle.sign({ name: "web.svc", during })).certificate,
        alone: alone.certificate,
      };
    });

    type Name = "ca" | "other" | "sameName" | "middle" | "leaf" | "below" | "alone";
    const rows: readonly [claim: string, chain: readonly Name[], trusted: readonly Name[], why: string | undefined][] =
      [
        ["a leaf of a CA that is trusted", ["leaf"], ["ca"], undefined],
        ["a leaf of one CA of two", ["leaf"], ["other", "ca"], undefined],
        ["a leaf that brings its CA along", ["leaf", "ca"], ["ca"], undefined],
        ["a leaf of another CA", ["leaf"], ["other"], "it is signed by a, the entry trusts b"],
        [
          "a CA that it brings along is not trusted for that",
          ["leaf", "ca"],
          ["other"],
          "it is signed by a, the entry trusts b",
        ],
        [
          "the same name with another key",
          ["leaf"],
          ["sameName"],
          "it is signed by a, the entry trusts a with another key",
        ],
        ["a leaf of an intermediate that comes along", ["below", "middle"], ["ca"], undefined],
        ["a leaf of an intermediate that is missing", ["below"], ["ca"], "it is signed by middle, the entry trusts a"],
        ["an intermediate that is trusted itself", ["below", "middle"], ["middle"], undefined],
        ["a leaf that is trusted itself", ["alone"], ["alone"], undefined],
        ["a leaf is not a CA, not even its own's", ["leaf"], ["alone"], "it is signed by a, the entry trusts web.svc"],
        ["nobody is trusted", ["leaf"], [], "it is signed by a, the entry trusts none"],
        ["nothing is served", [], ["ca"], "there is no certificate"],
      ];
    for (const [claim, chain, trusted, why] of rows) {
      it(claim, () => {
        const read = (names: readonly Name[]) => readCertificates(names.map((name) => pem[name]).join("")).certificates;
        expect(refusal(read(chain), read(trusted))).to.equal(why);
      });
    }
  });
});

/** Which Secrets are made, and why; with a clock that is given. */
import { expect } from "chai";
import type { SecretFacts, State, Terms } from "../../../src/core/wrap/secrets.ts";
import { secretTexts, stateOf } from "../../../src/core/wrap/secrets.ts";

const day = 86_400_000;
const start = Date.UTC(2026, 11, 1);
const needed = { name: "l5d-web", namespace: "prod", identity: "web", commonName: "web", isClient: false };
const texts = { certificate: "C", key: "K", roots: "R" };
const terms: Terms = { now: start, renewBefore: undefined, newEnd: start + 90 * day, roots: "R" };
const good: Extract<SecretFacts, { kind: "read" }> = {
  kind: "read",
  certificates: 1,
  commonName: "web",
  names: ["web"],
  notBefore: start,
  notAfter: start + 90 * day,
  usages: ["serverAuth", "clientAuth"],
  keyFits: true,
  isPkcs8: true,
  isSignedByRoot: true,
};
const long = `${"x".repeat(63)}.y`;

const state = (facts: SecretFacts, given: Partial<Terms> = {}, secret = needed): State =>
  stateOf(secret, texts, () => facts, { ...terms, ...given });

describe("wrap certs: what is made", () => {
  const rows: readonly [
    claim: string,
    facts: SecretFacts,
    why: string | undefined,
    given?: Partial<Terms>,
    secret?: typeof needed,
  ][] = [
    ["nothing is wrong", good, undefined],
    ["a moment before a third of its life", good, undefined, { now: start + 60 * day - 1, newEnd: start + 150 * day }],
    [
      "at exactly a third of its life",
      good,
      "it ends 2027-03-01",
      { now: start + 60 * day, newEnd: start + 150 * day },
    ],
    [
      "within --renew-before",
      good,
      "it ends 2027-03-01",
      { now: start + 30 * day, newEnd: start + 150 * day, renewBefore: 60 * day },
    ],
    [
      "before --renew-before",
      good,
      undefined,
      { now: start + 60 * day, newEnd: start + 150 * day, renewBefore: 30 * day - 1 },
    ],
    [
      "a new one would end no later, as the root does",
      good,
      undefined,
      { now: start + 80 * day, newEnd: start + 90 * day },
    ],
    ["it has ended", good, "it ended 2027-03-01", { now: start + 90 * day }],
    ["it cannot be read", { kind: "unreadable", why: "no certificate" }, "no certificate"],
    ["a chain", { ...good, certificates: 2 }, "certificate.pem has 2 certificates; linkerd sends the first alone"],
    ["the key of another", { ...good, keyFits: false }, "key and certificate do not belong together"],
    ["a key in another form", { ...good, isPkcs8: false }, "key.pem is not PKCS#8, the only form that linkerd reads"],
    ["another root", { ...good, isSignedByRoot: false }, "another root signed it"],
    ["another name", { ...good, names: ["wbe"] }, "it is for wbe, not web"],
    ["no name", { ...good, names: [] }, "it is for no name, not web"],
    ["several names", { ...good, names: ["web", "other"] }, "it is for web, other, not web"],
    ["usages of a client", { ...good, usages: ["clientAuth"] }, "its usages are clientAuth"],
    [
      "usages of a server, for a client",
      good,
      "its usages are serverAuth, clientAuth",
      {},
      { ...needed, isClient: true },
    ],
    [
      "no common name, where it has more than 64 characters",
      { ...good, names: [long], commonName: undefined },
      undefined,
      {},
      { ...needed, commonName: long },
    ],
  ];
  for (const [claim, facts, why, given, secret] of rows) {
    it(claim, () => {
      expect(state(facts, given, secret)).to.deep.equal(
        why === undefined ? { kind: "good", notAfter: good.notAfter } : { kind: "make", why },
      );
    });
  }

  it("one that is not there", () => {
    expect(stateOf(needed, undefined, () => good, terms)).to.deep.equal({ kind: "make", why: "it is missing" });
  });

  it("other roots to be trusted keep certificate and key", () => {
    expect(state(good, { roots: "R2" })).to.deep.equal({ kind: "new bundle", texts, notAfter: good.notAfter });
  });

  it("Secrets are read as kubectl prints them and as weft does; what is no base64 is empty", () => {
    const metadata = { name: "l5d-web", namespace: "prod" };
    const read = (object: object) => secretTexts([{ kind: "Secret", metadata, ...object }], "").get("prod/l5d-web");
    expect(
      read({ data: { "certificate.pem": btoa("C"), "key.pem": btoa("K"), "cacertificate.pem": btoa("R") } }),
    ).to.deep.equal(texts);
    expect(read({ stringData: { "certificate.pem": "C", "key.pem": "K", "cacertificate.pem": "R" } })).to.deep.equal(
      texts,
    );
    expect(read({ data: { "key.pem": "%" } })).to.deep.equal({ certificate: "", key: "", roots: "" });
  });
});

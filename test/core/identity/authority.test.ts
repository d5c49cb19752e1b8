import { expect } from "chai";
import { judgeAuthority } from "../../../src/core/identity/authority.ts";
import type { AuthorityFacts, CertificateFacts } from "../../../src/core/identity/authority.ts";

const ca: CertificateFacts = {
  at: "tls.crt",
  subject: "CN=issuer",
  issuer: "CN=root",
  isAuthority: true,
  maySign: true,
  pathLength: undefined,
  key: "EC P-256",
  notBefore: 1000,
  notAfter: 8000,
};
const issuer = { ...ca, pathLength: 0 };
const root: CertificateFacts = { ...ca, at: "ca.crt", subject: "CN=root", notAfter: 9000 };
const facts = (change: Partial<AuthorityFacts>): AuthorityFacts => ({
  issuer,
  keyMatches: true,
  keyAt: "tls.key",
  paths: [[issuer, root]],
  anchors: [root],
  now: 5000,
  ...change,
});
/** An issuer that differs, below the root. */
const other = (change: Partial<CertificateFacts>): Partial<AuthorityFacts> => {
  const changed = { ...issuer, ...change };
  return { issuer: changed, paths: [[changed, root]] };
};

describe("core/identity/authority", () => {
  const between = { ...ca, at: "tls.crt, certificate 2", subject: "CN=between", pathLength: 1, notAfter: 7000 };
  const good: readonly [claim: string, change: Partial<AuthorityFacts>, expected: object][] = [
    ["an issuer below a root", {}, { notBefore: 1000, notAfter: 8000 }],
    ["a CA between", { paths: [[issuer, between, root]] }, { notBefore: 1000, notAfter: 7000 }],
    [
      "the better of two ways",
      {
        paths: [
          [issuer, between, root],
          [issuer, root],
        ],
      },
      { notBefore: 1000, notAfter: 8000 },
    ],
    [
      "the way without a fault, be it the shorter-lived",
      {
        paths: [
          [issuer, { ...root, maySign: false }],
          [issuer, between, root],
        ],
      },
      { notBefore: 1000, notAfter: 7000 },
    ],
    ["the root itself", { issuer: root, paths: [[root]] }, { notBefore: 1000, notAfter: 9000 }],
    ["another curve", other({ key: "EC P-384" }), { notBefore: 1000, notAfter: 8000 }],
    ["an RSA root", { paths: [[issuer, { ...root, key: "RSA 4096" }]] }, { notBefore: 1000, notAfter: 8000 }],
  ];
  for (const [claim, change, expected] of good)
    it(`may sign: ${claim}`, () => expect(judgeAuthority(facts(change))).to.deep.equal({ value: expected }));

  const bad: readonly [claim: string, change: Partial<AuthorityFacts>, issues: readonly string[]][] = [
    [
      "no CA",
      other({ isAuthority: false }),
      ["tls.crt: CN=issuer is not a CA (basic constraints), so nobody believes what it signs"],
    ],
    [
      "may not sign",
      other({ maySign: false }),
      ["tls.crt: CN=issuer may not sign certificates (key usage without keyCertSign)"],
    ],
    ["expired", { now: 8001 }, ["tls.crt: CN=issuer expired at 1970-01-01T00:00:08.000Z"]],
    ["of tomorrow", other({ notBefore: 6000 }), ["tls.crt: CN=issuer is not valid before 1970-01-01T00:00:06.000Z"]],
    [
      "RSA",
      other({ key: "RSA 2048" }),
      ["tls.crt: has a key of type RSA 2048, expected ECDSA with P-256, P-384, P-521"],
    ],
    ["another's key", { keyMatches: false }, ["tls.key: is not the key of the certificate in tls.crt"]],
    ["another root", { paths: [] }, ["tls.crt: is signed by CN=root, and leads to none of the trust anchors: CN=root"]],
    [
      "a root that has expired",
      { paths: [[issuer, { ...root, notAfter: 4000 }]] },
      ["ca.crt: CN=root expired at 1970-01-01T00:00:04.000Z"],
    ],
    [
      "a root that allows no CA below it",
      { paths: [[issuer, { ...root, pathLength: 0 }]] },
      ["ca.crt: CN=root allows 0 CAs below it (path length), there are 1"],
    ],
    [
      "everything at once",
      { ...other({ isAuthority: false, key: "ed25519" }), keyMatches: false, paths: [] },
      [
        "tls.crt: has a key of type ed25519, expected ECDSA with P-256, P-384, P-521",
        "tls.key: is not the key of the certificate in tls.crt",
        "tls.crt: CN=issuer is not a CA (basic constraints), so nobody believes what it signs",
        "tls.crt: is signed by CN=root, and leads to none of the trust anchors: CN=root",
      ],
    ],
  ];
  for (const [claim, change, issues] of bad)
    it(`may not sign: ${claim}`, () => {
      const judged = judgeAuthority(facts(change));
      expect("issues" in judged ? judged.issues.map(({ at, message }) => `${at}: ${message}`) : []).to.deep.equal(
        issues,
      );
    });

  const root6 = { ...root, notBefore: 6000 };
  const times: readonly [claim: string, change: Partial<AuthorityFacts>, goodFrom: number | undefined][] = [
    ["an issuer of tomorrow", other({ notBefore: 6000 }), 6000],
    ["a root of tomorrow", { paths: [[issuer, root6]] }, 6000],
    ["an issuer and a root, the later of both", { ...other({ notBefore: 7000 }), now: 500 }, 7000],
    [
      "the sooner of two roots",
      {
        paths: [
          [issuer, { ...root6, notBefore: 7000 }],
          [issuer, root6],
        ],
      },
      6000,
    ],
    [
      "the better of two roots",
      {
        paths: [
          [issuer, { ...root6, maySign: false }],
          [issuer, { ...root6, notBefore: 7000 }],
        ],
      },
      7000,
    ],
    ["a root of tomorrow, when the issuer has expired", { paths: [[issuer, { ...root, notBefore: 8500 }]] }, undefined],
    ["an issuer of tomorrow with another's key", { ...other({ notBefore: 6000 }), keyMatches: false }, undefined],
    ["an issuer that has expired", { now: 8001 }, undefined],
  ];
  for (const [claim, change, goodFrom] of times)
    it(`time heals it, or not: ${claim}`, () => {
      const judged = judgeAuthority(facts(change));
      expect("issues" in judged && judged.goodFrom).to.equal(goodFrom);
    });
});

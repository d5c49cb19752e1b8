import { expect } from "chai";
import { refusedUnseen, serviceAccountOfUser, tokenClaims, tokenOwner } from "../../../src/core/identity/token.ts";
import type { Json } from "../../../src/core/base/json/json.ts";

const user = { username: "system:serviceaccount:shop:web", uid: "u-1" };
const good = { authenticated: true, audiences: ["identity.l5d.io"], user };

describe("core/identity/token", () => {
  const rows: readonly [claim: string, status: Json | undefined, found: object | string][] = [
    ["a service account", good, { namespace: "shop", serviceAccount: "web", uid: "u-1" }],
    [
      "without uid",
      { ...good, user: { username: user.username } },
      { namespace: "shop", serviceAccount: "web", uid: "" },
    ],
    [
      "among other audiences",
      { ...good, audiences: ["api", "identity.l5d.io"] },
      { namespace: "shop", serviceAccount: "web", uid: "u-1" },
    ],
    ["an error counts before all else", { ...good, error: "invalid bearer token" }, "INVALID_ARGUMENT token_error"],
    ["not authenticated", { authenticated: false }, "FAILED_PRECONDITION token_refused"],
    ["not authenticated in so many words", { ...good, authenticated: "true" }, "FAILED_PRECONDITION token_refused"],
    ["no status", undefined, "FAILED_PRECONDITION token_refused"],
    ["a status that is none", null, "FAILED_PRECONDITION token_refused"],
    ["a server that knows no audiences", { authenticated: true, user }, "INVALID_ARGUMENT token_audience"],
    ["another audience", { ...good, audiences: ["api"] }, "INVALID_ARGUMENT token_audience"],
    ["a person", { ...good, user: { username: "jane" } }, "INVALID_ARGUMENT user_name"],
    [
      "an account with dots",
      { ...good, user: { username: "system:serviceaccount:shop:my.sa" } },
      "INVALID_ARGUMENT account_name",
    ],
    [
      "an account of 64 characters",
      { ...good, user: { username: `system:serviceaccount:shop:${"s".repeat(64)}` } },
      "INVALID_ARGUMENT account_name",
    ],
    [
      "an account that no cluster has",
      { ...good, user: { username: "system:serviceaccount:shop:-" } },
      "INVALID_ARGUMENT user_name",
    ],
    ["nobody", { authenticated: true, audiences: ["identity.l5d.io"] }, "INVALID_ARGUMENT user_name"],
  ];
  for (const [claim, status, found] of rows)
    it(`whose it is: ${claim}`, () => {
      const read = tokenOwner(status);
      if ("owner" in read) expect(read.owner).to.deep.equal(found);
      else expect(`${read.refusal.code} ${read.refusal.reason}`).to.equal(found);
    });

  const users: readonly [name: string, isOne: boolean][] = [
    ["system:serviceaccount:shop:web", true],
    [`system:serviceaccount:${"n".repeat(63)}:w`, true],
    ["system:serviceaccount:shop:web:more", false],
    ["system:serviceaccount:shop", false],
    ["system:serviceaccount:shop:", false],
    ["system:serviceaccount::web", false],
    ["system:node:shop:web", false],
    ["system:node:worker-1", false],
    ["other:serviceaccount:shop:web", false],
    // Else `web.eu` in `shop` would be `web` in `eu` with a shop behind it.
    ["system:serviceaccount:shop:web.eu", false],
    ["system:serviceaccount:sh.op:web", false],
    ["system:serviceaccount:shop:Web", false],
    ["system:serviceaccount:shop:-web", false],
    ["system:serviceaccount:shop:web\n", false],
    [`system:serviceaccount:${"n".repeat(64)}:w`, false],
  ];
  for (const [name, isOne] of users)
    it(`${JSON.stringify(name)} is ${isOne ? "a" : "no"} service account`, () => {
      expect(serviceAccountOfUser(name) !== undefined).to.equal(isOne);
    });

  const jwt = (claims: object): string => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
  const expiries: readonly [claim: string, token: string, found: number | undefined][] = [
    ["as it says", jwt({ exp: 1_800_000_000 }), 1_800_000_000_000],
    ["with letters that base64 has not", jwt({ exp: 1, sub: "ÿ~ÿ?ÿ>" }), 1000],
    ["no exp", jwt({}), undefined],
    ["exp in words", jwt({ exp: "soon" }), undefined],
    ["no claims", "e30..c2ln", undefined],
    ["claims of null", "e30.bnVsbA.c2ln", undefined],
    ["no JWT", "token", undefined],
    ["nothing", "", undefined],
  ];
  for (const [claim, token, found] of expiries)
    it(`when it ends: ${claim}`, () => expect(tokenClaims(token)?.expires).to.equal(found));

  it("a JWT's issuer and audiences are as it says", () => {
    expect(tokenClaims(jwt({ iss: "https://a", aud: "x", exp: 1 }))).to.deep.equal({
      issuer: "https://a",
      audiences: ["x"],
      expires: 1000,
    });
    expect(tokenClaims(jwt({ iss: 1, aud: ["x", 2, "y"] }))).to.deep.equal({
      issuer: undefined,
      audiences: ["x", "y"],
      expires: undefined,
    });
  });

  const now = 1_800_000_000_000;
  const unseen: readonly [claim: string, token: string, reason: string | undefined][] = [
    ["that may be good", jwt({ aud: ["identity.l5d.io"], exp: now / 1000 + 1 }), undefined],
    ["that says nothing", jwt({}), undefined],
    ["that is not a JWT", "token", undefined],
    ["for nobody's ears", jwt({ aud: [] }), "token_audience"],
    ["for the API server", jwt({ aud: ["https://kubernetes.default.svc"] }), "token_audience"],
    ["for another, as a text", jwt({ aud: "vault" }), "token_audience"],
    ["that has just expired", jwt({ exp: now / 1000 - 59 }), undefined],
    ["that has expired", jwt({ exp: now / 1000 - 60 }), "token_expired"],
    ["with a line break", "a\nb", "token_malformed"],
    ["of letters beyond ASCII", "ä", "token_malformed"],
  ];
  for (const [claim, token, reason] of unseen)
    it(`a token ${claim} is ${reason === undefined ? "reviewed" : "refused unseen"}`, () =>
      expect(refusedUnseen(token, tokenClaims(token), now)?.reason).to.equal(reason));
});

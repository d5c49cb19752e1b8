import { expect } from "chai";
import { refusalRows, refusal } from "../../../src/core/identity/refusals.ts";
import { longest, refusedCall, refusedRequest, refusedToken } from "../../../src/core/identity/request.ts";
import type { CallFacts, CsrFacts, RequestFacts, TokenFacts } from "../../../src/core/identity/request.ts";

const identity = "web.shop.serviceaccount.identity.linkerd.cluster.local";
const good: CsrFacts = {
  signatureValid: true,
  commonNames: [identity],
  dnsNames: [identity],
  otherNames: [],
  key: "EC P-256",
};
type Facts = CallFacts & RequestFacts;
const asked: Facts = {
  issuer: { notBefore: 1000, notAfter: 9000 },
  now: 5000,
  identity,
  tokenLength: 900,
  requestLength: 340,
  request: good,
};
const withRequest = (change: Partial<CsrFacts>): Partial<Facts> => ({ request: { ...good, ...change } });

describe("core/identity/request", () => {
  type Found = readonly [code: string, reason: string] | undefined;
  const rows: readonly [claim: string, change: Partial<Facts>, found: Found][] = [
    ["all is well", {}, undefined],
    ["an empty common name is none", withRequest({ commonNames: [""] }), undefined],
    ["no subject at all", withRequest({ commonNames: [] }), undefined],
    ["no issuer", { issuer: undefined }, ["UNAVAILABLE", "issuer_missing"]],
    ["no issuer, and nothing asked", { issuer: undefined, identity: "" }, ["UNAVAILABLE", "issuer_missing"]],
    ["no identity", { identity: "" }, ["INVALID_ARGUMENT", "identity_missing"]],
    ["no token", { tokenLength: 0 }, ["INVALID_ARGUMENT", "token_missing"]],
    ["the longest token", { tokenLength: longest.token }, undefined],
    ["a longer token", { tokenLength: longest.token + 1 }, ["INVALID_ARGUMENT", "token_missing"]],
    ["no request", { requestLength: 0 }, ["INVALID_ARGUMENT", "request_missing"]],
    ["the longest request", { requestLength: longest.request }, undefined],
    ["a longer request", { requestLength: longest.request + 1 }, ["INVALID_ARGUMENT", "request_malformed"]],
    ["a longer name than any", { identity: "a".repeat(254) }, ["FAILED_PRECONDITION", "name_mismatch"]],
    ["no DER", { request: { malformed: "too short" } }, ["INVALID_ARGUMENT", "request_malformed"]],
    ["signed by nobody", withRequest({ signatureValid: false }), ["INVALID_ARGUMENT", "request_signature"]],
    ["an issuer at its last moment", { now: 9000 }, undefined],
    ["an issuer that has expired", { now: 9001 }, ["UNKNOWN", "issuer_invalid"]],
    ["an issuer at its first moment", { now: 1000 }, undefined],
    ["an issuer of tomorrow", { now: 999 }, ["UNKNOWN", "issuer_invalid"]],
    ["two names", withRequest({ dnsNames: [identity, "b.example"] }), ["FAILED_PRECONDITION", "dns_names"]],
    ["the name twice", withRequest({ dnsNames: [identity, identity] }), ["FAILED_PRECONDITION", "dns_names"]],
    ["no name", withRequest({ dnsNames: [] }), ["FAILED_PRECONDITION", "dns_names"]],
    ["another name", withRequest({ dnsNames: ["b.example"] }), ["FAILED_PRECONDITION", "name_mismatch"]],
    [
      "the name in capitals",
      withRequest({ dnsNames: [identity.toUpperCase()] }),
      ["FAILED_PRECONDITION", "name_mismatch"],
    ],
    ["another common name", withRequest({ commonNames: ["b.example"] }), ["FAILED_PRECONDITION", "common_name"]],
    [
      "a second common name",
      withRequest({ commonNames: [identity, "b.example"] }),
      ["FAILED_PRECONDITION", "common_name"],
    ],
    ["an address", withRequest({ otherNames: ["ip:10.0.0.1"] }), ["FAILED_PRECONDITION", "other_names"]],
    [
      "several faults: the first row",
      withRequest({ dnsNames: [], otherNames: ["email:a@b"] }),
      ["FAILED_PRECONDITION", "dns_names"],
    ],
  ];
  for (const [claim, change, found] of rows)
    it(`before the review: ${claim}`, () => {
      const facts = { ...asked, ...change };
      const refused = refusedCall(facts) ?? refusedRequest(facts);
      expect(refused && [refused.code, refused.reason]).to.deep.equal(found);
    });

  const token: TokenFacts = { identity, tokenIdentity: identity, key: "EC P-256" };
  const tokenRows: readonly [claim: string, change: Partial<TokenFacts>, found: Found][] = [
    ["all is well", {}, undefined],
    ["P-384", { key: "EC P-384" }, undefined],
    ["P-521", { key: "EC P-521" }, undefined],
    ["somebody else's token", { tokenIdentity: "b.example" }, ["FAILED_PRECONDITION", "identity_mismatch"]],
    ["an RSA key", { key: "RSASSA-PKCS1-v1_5" }, ["INTERNAL", "key_type"]],
    ["a curve that nobody else takes", { key: "EC K-256" }, ["INTERNAL", "key_type"]],
    ["an Edwards curve", { key: "Ed25519" }, ["INTERNAL", "key_type"]],
  ];
  for (const [claim, change, found] of tokenRows)
    it(`after the review: ${claim}`, () => {
      const refused = refusedToken({ ...token, ...change });
      expect(refused && [refused.code, refused.reason]).to.deep.equal(found);
    });

  it("a message names what was found, in one line that a header can hold", () => {
    const { message } = refusal("name_mismatch", `a\n${"b".repeat(2000)}`);
    expect(message).to.match(/^the request's DNS name is not the identity asked for: a b+$/);
    expect(message.length).to.be.lessThan(700);
  });

  it("reasons are words for a metric", () => {
    for (const reason of Object.keys(refusalRows)) expect(reason).to.match(/^[a-z]+(_[a-z]+)*$/);
  });
});

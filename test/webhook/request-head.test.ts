import { expect } from "chai";
import { headOf, namespaceIn, uidIn } from "../../src/webhook/request-head.ts";

const sent = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u-7","kind":{"group":"","version":"v1","kind":"Pod"},"name":"web","namespace":"shop","operation":"CREATE"`;

describe("the head of a review", () => {
  const rows: readonly [claim: string, body: string, uid: string | undefined, namespace: string][] = [
    ["as an API server sends it", sent, "u-7", "shop"],
    ["with blanks", '{ "request" : { "uid" : "u-7", "namespace" : "shop"', "u-7", "shop"],
    ["with a uid that could break a line", String.raw`{"request":{"uid":"a\nb"}}`, undefined, ""],
    ["with a uid that is too long", `{"request":{"uid":"${"x".repeat(65)}"}}`, undefined, ""],
    ["that comes too late", `{"x":"${"x".repeat(1024)}",${sent.slice(1)}`, undefined, ""],
    ["of no JSON", "\0".repeat(5000), undefined, ""],
  ];
  for (const [claim, body, uid, namespace] of rows) {
    it(claim, () => {
      const head = headOf(Buffer.from(body));
      expect([uidIn(head), namespaceIn(head)]).to.deep.equal([uid, namespace]);
    });
  }
});

import { expect } from "chai";
import { decodeReview } from "../../../src/core/admission/decode.ts";
import type { Json } from "../../../src/core/base/json/json.ts";

const review = (request: Json | undefined, others: Readonly<Record<string, Json>> = {}): string =>
  JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request, ...others });

describe("a review that cannot be used", () => {
  const rows: readonly [claim: string, text: string, code: string, message: string][] = [
    ["nothing", "", "not_json", "the body is not JSON: it is empty"],
    ["blanks", " \n", "not_json", "the body is not JSON: it is empty"],
    ["half of it", '{"kind":', "not_json", "the body is not JSON: it ends too early"],
    ["YAML", "kind: AdmissionReview", "not_json", "the body is not JSON: unexpected text"],
    ["a list", "[]", "wrong_kind", "expected an AdmissionReview, got a list"],
    ["null", "null", "wrong_kind", "expected an AdmissionReview, got null"],
    ["another kind", '{"kind":"Pod"}', "wrong_kind", 'expected kind AdmissionReview, got "Pod"'],
    ["no kind", "{}", "wrong_kind", "expected kind AdmissionReview, got none"],
    ["a kind that is a number", '{"kind":1}', "wrong_kind", "expected kind AdmissionReview, got a number"],
    [
      "another version",
      review({}, { apiVersion: "admission.k8s.io/v2" }),
      "wrong_version",
      'expected apiVersion admission.k8s.io/v1 or admission.k8s.io/v1beta1, got "admission.k8s.io/v2"',
    ],
    ["no request", review(undefined), "no_request", "the AdmissionReview has no request"],
    ["a request that is text", review("x"), "no_request", "the AdmissionReview has no request"],
    ["no uid", review({}), "no_uid", "the request has no uid"],
    ["an empty uid", review({ uid: "" }), "no_uid", "the request has no uid"],
    [
      "an object that is a list",
      review({ uid: "1", object: [] }),
      "no_object",
      "request.object is a list, expected an object",
    ],
  ];
  for (const [claim, text, code, message] of rows) {
    it(claim, () => {
      expect(decodeReview(text)).to.deep.equal({
        kind: "malformed",
        code,
        message,
        uid: code === "no_object" ? "1" : "",
      });
    });
  }
});

describe("a review", () => {
  it("is read, what it does not say as empty", () => {
    expect(decodeReview(review({ uid: "1" }, { apiVersion: "admission.k8s.io/v1beta1" }))).to.deep.equal({
      kind: "request",
      request: {
        apiVersion: "admission.k8s.io/v1beta1",
        uid: "1",
        kind: { group: "", kind: "" },
        resource: "",
        namespace: "",
        operation: "",
        subResource: "",
        dryRun: false,
        complete: false,
        object: undefined,
        oldObject: undefined,
      },
    });
  });

  it("is read in full, and what weft does not know is no matter", () => {
    const request = {
      uid: "1",
      kind: { group: "apps", version: "v1", kind: "Deployment" },
      resource: { group: "apps", version: "v1", resource: "deployments" },
      namespace: "shop",
      operation: "UPDATE",
      subResource: "status",
      dryRun: true,
      object: { kind: "Deployment" },
      userInfo: { username: "someone" },
      oldObject: { kind: "Deployment", metadata: {} },
    };
    expect(decodeReview(review(request))).to.deep.equal({
      kind: "request",
      request: {
        apiVersion: "admission.k8s.io/v1",
        uid: "1",
        kind: { group: "apps", kind: "Deployment" },
        resource: "deployments",
        namespace: "shop",
        operation: "UPDATE",
        subResource: "status",
        dryRun: true,
        complete: true,
        object: { kind: "Deployment" },
        oldObject: { kind: "Deployment", metadata: {} },
      },
    });
  });

  it("takes fields of the wrong type for absent, as they are none of weft's business", () => {
    const decoded = decodeReview(review({ uid: "1", kind: "Pod", namespace: 1, operation: null, dryRun: "true" }));
    expect(decoded.kind === "request" && decoded.request).to.deep.include({
      namespace: "",
      operation: "",
      dryRun: false,
    });
  });
});

describe("a review is complete", () => {
  const pods = { group: "", version: "v1", resource: "pods" };
  const whole = {
    uid: "1",
    kind: { group: "", version: "v1", kind: "Pod" },
    resource: pods,
    operation: "CREATE",
    userInfo: { username: "system:anonymous" },
    object: {},
  };
  const rows: readonly [claim: string, request: Json, complete: boolean][] = [
    ["with all that an API server says", whole, true],
    ["that is of a deletion, without an object", { ...whole, operation: "DELETE", object: null, oldObject: {} }, true],
    ["that is of a connection", { ...whole, operation: "CONNECT" }, true],
    ["not with a uid alone", { uid: "1" }, false],
    ["not without its user", { ...whole, userInfo: undefined }, false],
    ["not of a user without a name", { ...whole, userInfo: { username: "", groups: ["system:masters"] } }, false],
    ["not of a user that is a text", { ...whole, userInfo: "admin" }, false],
    ["not without a kind", { ...whole, kind: {} }, false],
    ["not without the kind's version", { ...whole, kind: { group: "", kind: "Pod" } }, false],
    ["not without the resource's version", { ...whole, resource: { group: "", resource: "pods" } }, false],
    ["not without an operation", { ...whole, operation: undefined }, false],
    ["not with an operation that is none", { ...whole, operation: "create" }, false],
    ["not without the object that is created", { ...whole, object: null }, false],
    ["not with an object that is deleted", { ...whole, operation: "DELETE" }, false],
  ] as const;
  for (const [claim, request, complete] of rows) {
    it(claim, () => {
      expect(decodeReview(review(request)))
        .to.deep.include({ kind: "request" })
        .and.to.have.nested.property("request.complete", complete);
    });
  }
});

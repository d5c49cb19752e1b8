import { expect } from "chai";
import { pass, respond } from "../../../src/core/admission/respond.ts";
import type { Piece } from "../../../src/core/admission/patch-text.ts";
import { inject } from "../../../src/core/inject/inject.ts";
import type { Injection } from "../../../src/core/inject/outcome/injection.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { asking, exposing, injectedInto, installation, pod, requestFor } from "../../support/injection.ts";

const asked = { apiVersion: "admission.k8s.io/v1", uid: "u-1" } as const;
const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");
const encode = (pieces: readonly Piece[]): string =>
  base64(pieces.map((piece) => (typeof piece === "string" ? piece : piece.text())).join(""));
const reviewOf = (injection: Injection): JsonObject => JSON.parse(respond(asked, injection, encode).body) as JsonObject;

describe("the answer", () => {
  const outcome = {
    subject: { kind: "pod", name: "web" },
    owner: { kind: "pod", name: "web" },
    annotationAt: "",
    warnings: [],
  } as const;
  const patch = [{ op: "add", path: "/a", value: "é\ud800" }] as const;
  const rows: readonly [claim: string, injection: Injection, response: JsonObject][] = [
    [
      "injected",
      { ...outcome, kind: "injected", object: {}, patch },
      {
        allowed: true,
        auditAnnotations: { decision: "injected" },
        patchType: "JSONPatch",
        patch: base64(JSON.stringify(patch)),
      },
    ],
    [
      "updated, with nothing to do",
      { ...outcome, kind: "updated", object: {}, patch: [] },
      { allowed: true, auditAnnotations: { decision: "updated" } },
    ],
    [
      "annotated",
      { ...outcome, kind: "annotated", object: {}, patch, reasons: ["host_network_enabled", "unsupported_resource"] },
      {
        allowed: true,
        auditAnnotations: { decision: "annotated", reasons: "host_network_enabled,unsupported_resource" },
        patchType: "JSONPatch",
        patch: base64(JSON.stringify(patch)),
      },
    ],
    [
      "skipped, with a warning",
      {
        ...outcome,
        kind: "skipped",
        reasons: ["host_network_enabled"],
        warnings: [{ about: "x", rank: 0, text: 'a "b"\n' }],
      },
      {
        allowed: true,
        warnings: [String.raw`pod/web: a "b"\n`],
        auditAnnotations: { decision: "skipped", reasons: "host_network_enabled" },
      },
    ],
    [
      "refused",
      { kind: "refused", issues: [{ at: "/spec", message: "expected an object, got 1" }] },
      {
        allowed: false,
        status: { metadata: {}, message: "the object cannot be decoded: /spec: expected an object, got 1" },
      },
    ],
  ];
  for (const [claim, injection, response] of rows) {
    it(claim, () => {
      expect(reviewOf(injection)).to.deep.equal({
        kind: "AdmissionReview",
        apiVersion: "admission.k8s.io/v1",
        response: { uid: "u-1", ...response },
      });
    });
  }

  it("S-55: a fault of the settings is HTTP 500 and no denial: the failurePolicy decides", () => {
    const broken = installation({ clusterNetworks: "x", "proxyInit.iptablesMode": "y" });
    const { status, body } = respond(asked, inject(requestFor(asking(), { installation: broken })), encode);
    expect([status, JSON.parse(body)]).to.deep.equal([
      500,
      {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        message:
          'weft cannot inject with these settings: clusterNetworks: "x" is not a network in CIDR form; proxyInit.iptablesMode: "y" is not one of nft, legacy',
        reason: "InternalError",
        code: 500,
      },
    ]);
  });

  it("S-18: settings that cannot inject are no matter for pods that do not ask, and for Services", () => {
    const broken = { installation: installation({ clusterNetworks: "x" }) };
    const service = { apiVersion: "v1", kind: "Service", metadata: {}, spec: { ports: [{ port: 3306 }] } };
    for (const object of [pod(), pod({ containers: [exposing(3306)] }), service]) {
      expect(respond(asked, inject(requestFor(object, broken)), encode).body).to.include('"allowed":true');
    }
  });

  it("repeats version and uid of the request, whatever the uid is", () => {
    const odd = { apiVersion: "admission.k8s.io/v1beta1", uid: '"}\n' } as const;
    expect(JSON.parse(pass(odd).body)).to.deep.equal({
      kind: "AdmissionReview",
      apiVersion: "admission.k8s.io/v1beta1",
      response: { uid: '"}\n', allowed: true },
    });
    expect(JSON.parse(respond(odd, inject(requestFor(asking())), encode).body)).to.have.nested.property(
      "response.uid",
      '"}\n',
    );
  });

  it("does not repeat the request, and is short where there is nothing to do", () => {
    const again = inject(requestFor(injectedInto(asking())));
    expect(respond(asked, again, encode).body.length).to.be.below(200);
  });
});

/** The code of the HTTP handler over arbitrary bodies: an answer to everything, JSON of the API server's form. */
import { expect } from "chai";
import fc from "fast-check";
import { inject } from "../../src/core/inject/inject.ts";
import type { InjectRequest } from "../../src/core/inject/request.ts";
import { injectManually } from "../../src/core/inject/manual.ts";
import type { Annotations, Json, JsonObject } from "../../src/core/base/json/json.ts";
import { reviewer } from "../../src/webhook/reviews/inject.ts";
import type { Answer } from "../../src/webhook/answer.ts";
import { patched } from "../conformance/own.ts";
import { annotations, arbitraryPod, installations, text } from "../support/arbitrary-pod.ts";
import { installation, itemsAt, objectOr, plain, pod, requestFor } from "../support/injection.ts";
import { runs } from "../support/properties.ts";
import { placesIn, replaced } from "./places.ts";

const neverLate = { at: Infinity, signal: () => new AbortController().signal };

/** The answer to a body, in a cluster where every namespace has these annotations. */
const answerTo = (body: string | Buffer, namespace: Annotations = {}, request?: InjectRequest): Promise<Answer> =>
  reviewer({
    installation: () => request?.installation ?? installation(),
    namespaceNamed: () => namespace,
    ownerNamed: () => undefined,
    version: "1.0.0",
  })(Buffer.from(body), neverLate);

const reviewOf = (object: Json): string =>
  JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "1",
      kind: { group: "", version: "v1", kind: "Pod" },
      namespace: "shop",
      operation: "CREATE",
      object,
    },
  });

const responseOf = ({ body }: Answer): JsonObject => objectOr(objectOr(JSON.parse(body) as Json)["response"]);

describe("any body", () => {
  it("of bytes gets an answer that is JSON", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          text,
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        ),
        async (body) => {
          const answer = await answerTo(body);
          expect(answer.status).to.equal(400);
          expect(JSON.parse(answer.body)).to.include({ kind: "Status", status: "Failure" });
        },
      ),
      runs(100),
    );
  });

  it("of JSON with holes and wrong types gets an answer that is JSON", async () => {
    const whole = { ...(JSON.parse(reviewOf(pod({ annotations: { "linkerd.io/inject": "enabled" } }))) as JsonObject) };
    const places = placesIn(whole);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 1 }), async (place, value) => {
        const answer = await answerTo(JSON.stringify(replaced(whole, place, value)));
        const said = JSON.parse(answer.body) as JsonObject;
        expect([200, 400]).to.include(answer.status);
        expect(said["kind"]).to.equal(answer.status === 200 ? "AdmissionReview" : "Status");
        if (answer.status === 200 && place[0] === "request" && place[1] !== "uid") {
          expect(responseOf(answer)["uid"]).to.equal("1");
        }
      }),
      runs(200),
    );
  });

  it("of a pod gets a patch that applies, and warnings that are text", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryPod(), annotations, async (object, namespace) => {
        const answer = await answerTo(reviewOf(object), namespace);
        const response = responseOf(answer);
        expect([answer.status, response["uid"], response["allowed"]]).to.deep.equal([200, "1", true]);
        const after = patched(JSON.parse(JSON.stringify(object)) as JsonObject, response);
        expect(Object.hasOwn(response, "patchType")).to.equal(after !== undefined);
        for (const warning of (response["warnings"] ?? []) as readonly Json[]) expect(warning).to.be.a("string");
      }),
      runs(150),
    );
  });
});

describe("webhook, library and manual injection", () => {
  it("agree on containers and volumes of a pod that asks in a namespace without annotations", async () => {
    const asking = arbitraryPod({
      annotations: annotations.map((own) => {
        // Without a list of its own that can be used, a pod has the default one: by hand the whole, as in Linkerd.
        const { "config.linkerd.io/opaque-ports": list = "" } = own;
        const usable = list.length > 1000 ? "" : list;
        return { ...own, "config.linkerd.io/opaque-ports": usable, "linkerd.io/inject": "enabled" };
      }),
    });
    await fc.assert(
      fc.asyncProperty(asking, installations, async (object, installed) => {
        const request = requestFor(object, { installation: installed });
        const library = inject(request);
        const manual = injectManually({ object, installation: installed, added: {}, createdBy: "weft/cli 1.0.0" });
        if (library.kind !== "injected" || manual.kind !== "injected") return fc.pre(false);
        const answer = await answerTo(reviewOf(object), {}, request);
        const webhook = patched(JSON.parse(JSON.stringify(object)) as JsonObject, responseOf(answer));
        expect(partsOf(plain(library.object))).to.equal(partsOf(webhook ?? {}));
        expect(partsOf(plain(manual.object))).to.equal(partsOf(webhook ?? {}));
      }),
      runs(100),
    );
  });
});

describe("numbers beyond 2^53", () => {
  it("of untouched fields are no business of the patch", async () => {
    const review = reviewOf(pod({ annotations: { "linkerd.io/inject": "enabled" }, spec: { x: "BIG", y: ["BIG"] } }));
    const answer = await answerTo(review.replaceAll('"BIG"', "12345678901234567890123"));
    const patch = Buffer.from(String(responseOf(answer)["patch"]), "base64").toString("utf8");
    expect(patch)
      .to.include("linkerd-proxy")
      .and.not.to.match(/1234567890123|1\.23456789/);
  });

  it("of annotations keep every digit", async () => {
    const wait = {
      "linkerd.io/inject": "enabled",
      "config.linkerd.io/proxy-enable-native-sidecar": "false",
      "config.alpha.linkerd.io/proxy-wait-before-exit-seconds": "9007199254740993",
    };
    const answer = await answerTo(reviewOf(pod({ annotations: wait })));
    const patch = Buffer.from(String(responseOf(answer)["patch"]), "base64").toString("utf8");
    expect(patch).to.include('"/bin/sleep","9007199254740993"');
  });
});

/** Containers and volumes as JSON. */
const partsOf = (object: JsonObject): string =>
  JSON.stringify(["initContainers", "containers", "volumes"].map((list) => itemsAt(object, "spec", list)));

import { expect } from "chai";
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { entries } from "../../../src/core/registration/entries.ts";
import { adviser } from "../../../src/webhook/reviews/advise.ts";
import type { Answer } from "../../../src/webhook/answer.ts";
import { asked, namespaceWith, serviceWith, workload } from "../../support/advice.ts";
import { annotations, arbitraryPod } from "../../support/arbitrary-pod.ts";
import { asking as askingPod, installation, objectOr, plain } from "../../support/injection.ts";
import { runs } from "../../support/properties.ts";
import { askable, reviewOf } from "../../support/reviews.ts";
import type { Asking, Needs } from "../../support/reviews.ts";
import { placesIn, replaced } from "../places.ts";

const typo = { "linkerd.io/injct": "enabled" };
const deployment = workload("Deployment", typo);
const line = 'deployment/web: annotation "linkerd.io/injct" is unknown; did you mean linkerd.io/inject?';

describe("a review at apply time", () => {
  let open: Asking | undefined;
  const start = async (needs: Partial<Needs> = {}): Promise<Asking> => (open = await askable(needs));
  afterEach(async () => {
    await open?.stop();
    open = undefined;
  });
  const warningsOf = async (review: string, needs: Partial<Needs> = {}): Promise<Json | undefined> => {
    const { ask } = await start(needs);
    const [status, response] = await ask(entries.advise, review);
    expect([status, response["uid"], response["allowed"]]).to.deep.equal([200, "u-1", true]);
    expect(Object.keys(response)).not.to.include("patch");
    return response["warnings"];
  };

  const rows: readonly [claim: string, review: string, warnings: readonly string[] | undefined][] = [
    ["of a new workload is answered with advice", reviewOf(deployment), [line]],
    ["of a workload that is as it should be says nothing", reviewOf(workload("Deployment", asked)), undefined],
    [
      "of a changed template is answered with advice",
      reviewOf(deployment, { operation: "UPDATE", oldObject: workload("Deployment", asked) }),
      [line],
    ],
    [
      "of what did not change says nothing",
      reviewOf({ ...deployment, status: {} }, { operation: "UPDATE", oldObject: deployment }),
      undefined,
    ],
    ["of a removal says nothing", reviewOf(deployment, { operation: "DELETE" }), undefined],
    [
      "of a removal without object says nothing",
      reviewOf(null, { operation: "DELETE", oldObject: deployment }),
      undefined,
    ],
    ["of a part says nothing", reviewOf(deployment, { operation: "UPDATE", subResource: "scale" }), undefined],
    [
      "of a Namespace is answered with advice",
      reviewOf(namespaceWith(typo)),
      ['namespace/shop: annotation "linkerd.io/injct" of the namespace is unknown; did you mean linkerd.io/inject?'],
    ],
    [
      "of a Service is answered with advice",
      reviewOf(serviceWith({ "config.linkerd.io/opaque-ports": "99" })),
      ['service/db: config.linkerd.io/opaque-ports: "99" is not a port of this Service'],
    ],
    ["of a pod says nothing: its own review does", reviewOf(askingPod({ annotations: typo })), undefined],
    ["of another kind says nothing", reviewOf({ ...deployment, kind: "ConfigMap", apiVersion: "v1" }), undefined],
  ];
  for (const [claim, review, warnings] of rows) {
    it(claim, async () => expect(await warningsOf(review)).to.deep.equal(warnings));
  }

  it("knows the namespace, its annotations and its labels", async () => {
    const names: string[] = [];
    const namespaceFacts: Needs["namespaceFacts"] = (name) => {
      names.push(name);
      return { annotations: asked, labels: { "pod-security.kubernetes.io/enforce": "baseline" } };
    };
    const warnings = await warningsOf(reviewOf(workload("DaemonSet")), { namespaceFacts });
    expect((warnings as readonly Json[])[0]).to.match(/^daemonset\/web: pods will be refused: /);
    expect(names).to.deep.equal(["shop"]);
  });

  describe("does not wait for a namespace", () => {
    const facts: readonly [claim: string, namespaceFacts: Needs["namespaceFacts"]][] = [
      ["that cannot be read", () => Promise.reject(new Error("refused"))],
      [
        "that cannot be read at all",
        () => {
          throw new Error("broken");
        },
      ],
      ["that is not there", () => undefined],
      ["that takes long", () => new Promise(() => undefined)],
    ];
    for (const [claim, namespaceFacts] of facts) {
      it(claim, async () => {
        const patience: number[] = [];
        const asked: Needs["namespaceFacts"] = (name, deadline) => {
          patience.push(deadline.at - performance.now());
          return namespaceFacts(name, deadline);
        };
        expect(await warningsOf(reviewOf(deployment), { namespaceFacts: asked })).to.deep.equal([line]);
        expect(patience).to.have.length(1);
        expect(patience[0]).to.be.at.most(500);
      });
    }
    it("that is being made", async () => {
      const names: string[] = [];
      const namespaceFacts: Needs["namespaceFacts"] = (name) => (names.push(name), new Promise(() => undefined));
      await warningsOf(reviewOf(namespaceWith(asked)), { namespaceFacts });
      expect(names).to.deep.equal([]);
    });
  });
});

describe("advice on anything", () => {
  const neverLate = { at: Infinity, signal: () => new AbortController().signal };
  const settings = installation();
  const answerTo = (body: string): Promise<Answer> =>
    adviser({ installation: () => settings, namespaceFacts: () => ({ annotations: asked, labels: {} }) })(
      Buffer.from(body),
      neverLate,
    );
  const expectAllowed = ({ status, body, record }: Answer): void => {
    const answer = objectOr(JSON.parse(body) as Json);
    if (record?.result === "malformed") expect([status, answer["kind"]]).to.deep.equal([400, "Status"]);
    else expect([status, objectOr(answer["response"])["allowed"]]).to.deep.equal([200, true]);
  };
  const kinds = fc.constantFrom("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Namespace", "Service");

  it("never denies: any JSON", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 3 }), async (request, object) => {
        expectAllowed(await answerTo(JSON.stringify(request)));
        const review = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" };
        expectAllowed(await answerTo(JSON.stringify({ ...review, request })));
        expectAllowed(await answerTo(JSON.stringify({ ...review, request: { uid: "u-1", object } })));
      }),
      runs(100),
    );
  });

  it("never denies: objects with holes and wrong types", async () => {
    const whole = (kind: string): JsonObject => ({
      ...workload(kind, asked, { metadata: { annotations: typo, labels: { app: "web" }, ownerReferences: [{}] } }),
      ...(kind === "Service" || kind === "Namespace" ? { ...serviceWith(typo), kind } : {}),
    });
    const places = kinds.chain((kind) => fc.tuple(fc.constant(kind), fc.constantFrom(...placesIn(whole(kind)))));
    await fc.assert(
      fc.asyncProperty(places, fc.jsonValue({ maxDepth: 1 }), fc.boolean(), async ([kind, place], value, isOld) => {
        const odd = objectOr(replaced(whole(kind), place, value));
        const update = { operation: "UPDATE", oldObject: isOld ? odd : whole(kind) };
        expectAllowed(await answerTo(reviewOf({ ...odd, kind: odd["kind"] ?? kind }, { kind: { group: "", kind } })));
        expectAllowed(await answerTo(reviewOf({ ...(isOld ? whole(kind) : odd), kind }, update)));
      }),
      runs(200),
    );
  });

  it("never denies: workloads of any pod", async () => {
    await fc.assert(
      fc.asyncProperty(kinds, arbitraryPod(), annotations, async (kind, pod, own) => {
        const template = { metadata: pod["metadata"], spec: pod["spec"] } as JsonObject;
        const object = plain({ ...workload(kind, {}, { metadata: { annotations: own } }), spec: { template } });
        expectAllowed(await answerTo(reviewOf(object)));
      }),
      runs(100),
    );
  });
});

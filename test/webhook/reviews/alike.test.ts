import { expect } from "chai";
import fc from "fast-check";
import type { Annotations, Json, JsonObject } from "../../../src/core/base/json/json.ts";
import type { RecordedAnswer } from "../../../src/webhook/answer.ts";
import { AlikeReviews, likenessOf } from "../../../src/webhook/reviews/alike.ts";
import type { Likeness } from "../../../src/webhook/reviews/alike.ts";
import { reviewer } from "../../../src/webhook/reviews/inject.ts";
import type { ReviewNeeds } from "../../../src/webhook/reviews/inject.ts";
import { arbitraryPod } from "../../support/arbitrary-pod.ts";
import { installation, pod } from "../../support/injection.ts";
import { runs } from "../../support/properties.ts";

const token = "kube-api-access-7kq2x";
const deadline = { at: Infinity, signal: () => new AbortController().signal };
const settings = installation();
const enabled: Annotations = { "linkerd.io/inject": "enabled" };

/** In the order of an API server. */
const reviewOf = (object: Json, uid = "u-1", request: JsonObject = {}): string =>
  JSON.stringify({
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    request: { uid, kind: { group: "", kind: "Pod" }, namespace: "shop", operation: "CREATE", object, ...request },
  });

const mounting = (name: string): JsonObject => ({
  ...pod(),
  spec: {
    volumes: [{ name }],
    containers: [
      {
        name: "app",
        volumeMounts: [{ name, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true }],
      },
    ],
  },
});

const needs: ReviewNeeds = {
  installation: () => settings,
  namespaceNamed: () => enabled,
  ownerNamed: () => undefined,
  version: "1.0.0",
};

const likeness = (text: string): Likeness => likenessOf(text) ?? { uid: "", token: "", rest: "" };

describe("what reviews are alike in", () => {
  const rows: readonly [claim: string, text: string, expected: Partial<Likeness> | undefined][] = [
    ["a uid and no token", reviewOf(pod()), { uid: "u-1", token: "" }],
    ["the name of the volume with the token", reviewOf(mounting(token)), { uid: "u-1", token }],
    [
      "another order than an API server's",
      JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" }),
      undefined,
    ],
    ["a uid with an escape", reviewOf(pod(), 'a"b'), undefined],
    ["a name as the plugin makes up none", reviewOf(mounting("kube-api-access-7KQ2X")), undefined],
    ["text that is very long", reviewOf(pod({ annotations: { a: "x".repeat(20_000) } })), undefined],
    ["text that has a blank already", reviewOf(pod()).replace("shop", "sh\0p"), undefined],
  ];
  for (const [claim, text, expected] of rows) {
    it(`is found, or is not: ${claim}`, () => {
      const found = likenessOf(text);
      if (expected === undefined) expect(found).to.equal(undefined);
      else expect(found).to.include(expected);
    });
  }

  it("is the text without the two, wherever the name stands", () => {
    const [one, other] = [
      likeness(reviewOf(mounting(token), "1")),
      likeness(reviewOf(mounting(token.replace("7", "8")), "2")),
    ];
    expect(one.rest).to.equal(other.rest);
    expect(one.rest).to.not.include("kube-api-access");
  });

  it("is not the same where a second name is", () => {
    const two = (first: string, second: string): string =>
      likeness(reviewOf({ ...mounting(first), metadata: { labels: { second } } })).rest;
    const [a, b] = ["kube-api-access-aaaaa", "kube-api-access-bbbbb"];
    expect(two(a, b)).to.not.equal(two(b, b));
  });
});

describe("reviews that are alike", () => {
  it("get the answer that they would get by themselves", async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryPod(),
        fc.stringMatching(/^[a-z0-9]{5}$/),
        fc.boolean(),
        async (object, suffix, mounts) => {
          const asText = (name: string, uid: string): string =>
            reviewOf(
              mounts
                ? { ...object, spec: { ...(object["spec"] as JsonObject), ...(mounting(name)["spec"] as JsonObject) } }
                : object,
              uid,
            );
          const alike = reviewer(needs);
          for (const uid of ["first-uid", "another-uid"]) await alike(Buffer.from(asText(token, uid)), deadline);
          const text = Buffer.from(asText(`kube-api-access-${suffix}`, "second-uid"));
          const { record, ...given } = await alike(text, deadline);
          const { record: alone, ...expected } = await reviewer(needs)(text, deadline);
          expect(given).to.deep.equal(expected);
          expect({ ...record, injection: undefined }).to.deep.equal({ ...alone, injection: undefined });
        },
      ),
      runs(150),
    );
  });

  it("are not injected again", async () => {
    const kept = new AlikeReviews<never>();
    const marked: RecordedAnswer = {
      status: 200,
      body: '{"response":{"uid":"u-1","allowed":true}}',
      record: {
        uid: "u-1",
        kind: "",
        namespace: "",
        owner: "",
        name: "",
        result: "skipped",
        reasons: [],
        warnings: [],
        dryRun: false,
        complete: false,
      },
    };
    const first = likeness(reviewOf(pod()));
    kept.keep(first, undefined as never, marked, () => "");
    expect(kept.get(first)).to.equal(undefined);
    kept.keep(first, undefined as never, marked, () => "");
    const like = likeness(reviewOf(pod(), "u-2"));
    const answer = kept.get(like)?.answerTo(like);
    expect(answer?.body).to.equal('{"response":{"uid":"u-2","allowed":true}}');
    expect(answer?.record.uid).to.equal("u-2");
  });

  const changes: readonly [what: string, change: Partial<ReviewNeeds>][] = [
    ["the namespace", { namespaceNamed: () => ({ "linkerd.io/inject": "disabled" }) }],
    ["that there is the namespace", { namespaceNamed: () => undefined }],
    ["the owner", { ownerNamed: () => ({ owners: [{ kind: "Deployment", name: "web" }] }) }],
    ["the settings", { installation: () => installation({ proxy: { logLevel: "trace" } }) }],
  ];
  for (const [what, change] of changes) {
    it(`get another answer once something else has changed: ${what}`, async () => {
      const now: { needs: ReviewNeeds } = { needs };
      const alike = reviewer({
        ...needs,
        installation: () => now.needs.installation(),
        namespaceNamed: (name, until) => now.needs.namespaceNamed(name, until),
        ownerNamed: (kind, namespace, name, until) => now.needs.ownerNamed(kind, namespace, name, until),
      });
      const object = { ...mounting(token), metadata: { ownerReferences: [{ kind: "ReplicaSet", name: "web-1" }] } };
      const text = Buffer.from(reviewOf(object));
      await alike(text, deadline);
      const before = await alike(text, deadline);
      now.needs = { ...needs, ...change };
      const { body } = await alike(text, deadline);
      expect(body).to.not.equal(before.body);
      expect(body).to.equal((await reviewer(now.needs)(text, deadline)).body);
    });
  }

  const named: readonly [what: string, review: (name: string) => Buffer][] = [
    ["a namespace", (namespace) => Buffer.from(reviewOf(pod(), "u-1", { namespace }))],
    [
      "an owner",
      (name) => Buffer.from(reviewOf({ ...pod(), metadata: { ownerReferences: [{ kind: "ReplicaSet", name }] } })),
    ],
    ["a pod", (name) => Buffer.from(reviewOf({ ...pod(), metadata: { name } }))],
  ];
  for (const [what, review] of named) {
    it(`are none where a name like the token's is that of ${what}`, async () => {
      const others: ReviewNeeds = {
        ...needs,
        namespaceNamed: (name) => (name === token ? {} : enabled),
        ownerNamed: (_kind, _namespace, name) => ({ owners: [{ kind: "Deployment", name: `of-${name}` }] }),
      };
      const alike = reviewer(others);
      for (let each = 0; each < 2; each += 1) await alike(review(token), deadline);
      const other = review("kube-api-access-other");
      expect(await alike(other, deadline)).to.deep.equal(await reviewer(others)(other, deadline));
    });
  }

  it("are kept in a bounded number of bytes, what namespaces say among them", async () => {
    const now = { annotations: enabled };
    const kept = new AlikeReviews<never>();
    const alike = reviewer({ ...needs, namespaceNamed: () => now.annotations }, undefined, kept);
    const texts = Array.from({ length: 100 }, (_, index) => reviewOf(pod({ annotations: { a: `${index}` } })));
    for (const text of texts) {
      now.annotations = { ...enabled, "config.linkerd.io/none": "x".repeat(200_000) };
      for (let each = 0; each < 2; each += 1) await alike(Buffer.from(text), deadline);
    }
    expect(texts.filter((text) => kept.get(likeness(text)) !== undefined).length).to.be.within(1, 25);
  });

  it("are kept in a bounded number of bytes, the last ones", () => {
    const kept = new AlikeReviews<number>();
    const texts = Array.from({ length: 2000 }, (_, index) =>
      likeness(reviewOf(pod({ annotations: { a: `${index}` } }))),
    );
    const answer = { status: 200, body: `{"uid":"u-1"${" ".repeat(8000)}}`, record: {} as RecordedAnswer["record"] };
    for (const [index, each] of texts.entries()) {
      kept.keep(each, index, answer, () => "");
      kept.keep(each, index, answer, () => "");
    }
    const left = texts.filter((each) => kept.get(each) !== undefined);
    expect(left.length).to.be.within(100, 1000);
    expect(left).to.deep.equal(texts.slice(-left.length));
  });

  it("are none whose uid stands in them again", async () => {
    const alike = reviewer(needs);
    const twice = (uid: string): Buffer =>
      Buffer.from(reviewOf(pod(), uid).replace('"namespace"', '"uid":"again","namespace"'));
    for (const uid of ["again", "again"]) await alike(twice(uid), deadline);
    expect(JSON.parse((await alike(twice("other"), deadline)).body)).to.have.nested.property("response.uid", "again");
  });
});

import { expect } from "chai";
import type { Owner } from "../../../src/core/inject/outcome/injection.ts";
import { eventOf } from "../../../src/core/inject/messages/event.ts";
import type { Annotations, Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { entries } from "../../../src/core/registration/entries.ts";
import type { Entry } from "../../../src/core/registration/entries.ts";
import type { Deadline } from "../../../src/async/until.ts";
import type { Answer } from "../../../src/webhook/answer.ts";
import { reviewer } from "../../../src/webhook/reviews/inject.ts";
import type { ReviewNeeds } from "../../../src/webhook/reviews/inject.ts";
import { patched } from "../../conformance/own.ts";
import { asking, exposing, installation, memberAt, objectOr, pod } from "../../support/injection.ts";

const deadline = { at: Infinity, signal: () => new AbortController().signal };
const settings = installation();
const enabled: Annotations = { "linkerd.io/inject": "enabled" };

/** The answer for this object, where every namespace has no annotations and there are no owners. */
const ask = (
  object: Json,
  request: JsonObject = {},
  needs: Partial<ReviewNeeds> = {},
  through: { readonly entry?: Entry | undefined; readonly deadline?: Deadline } = {},
): Promise<Answer> =>
  reviewer(
    {
      installation: () => settings,
      namespaceNamed: () => ({}),
      ownerNamed: () => undefined,
      version: "1.0.0",
      ...needs,
    },
    through.entry,
  )(
    Buffer.from(
      JSON.stringify({
        apiVersion: "admission.k8s.io/v1",
        kind: "AdmissionReview",
        request: {
          uid: "u-1",
          kind: { group: "", kind: "Pod" },
          namespace: "shop",
          operation: "CREATE",
          object,
          ...request,
        },
      }),
    ),
    through.deadline ?? deadline,
  );

const throwing = (message: string) => (): never => {
  throw new Error(message);
};

const responseOf = ({ body }: Answer): JsonObject => objectOr(objectOr(JSON.parse(body) as Json)["response"]);
const ownerIn = ({ record }: Answer): Owner | undefined =>
  record?.injection !== undefined && "owner" in record.injection ? record.injection.owner : undefined;
const labelsOf = (object: JsonObject, answer: Answer): Json | undefined =>
  memberAt(patched(object, responseOf(answer)), "metadata", "labels");

describe("a review", () => {
  it("asks for the namespace and the owner of the request, and says who injected", async () => {
    const asked: string[] = [];
    const object = pod({ metadata: { ownerReferences: [{ kind: "ReplicaSet", name: "web-1" }] } });
    const answer = await ask(
      object,
      {},
      {
        namespaceNamed: (name) => (asked.push(`namespace ${name}`), enabled),
        ownerNamed: async (kind, namespace, name) => {
          asked.push(`${kind} ${namespace}/${name}`);
          return Promise.resolve({ owners: [{ kind: "Deployment", name: "web" }] });
        },
      },
    );
    expect(asked.toSorted()).to.deep.equal(["ReplicaSet shop/web-1", "namespace shop"]);
    expect(labelsOf(object, answer)).to.deep.equal({
      "linkerd.io/control-plane-ns": "linkerd",
      "linkerd.io/workload-ns": "shop",
      "linkerd.io/proxy-deployment": "web",
    });
    const annotations = memberAt(patched(object, responseOf(answer)), "metadata", "annotations");
    expect(annotations).to.include({ ...enabled, "linkerd.io/created-by": "weft/webhook 1.0.0" });
  });

  const others: readonly [claim: string, request: JsonObject][] = [
    ["another operation", { operation: "UPDATE" }],
    ["a part of an object", { subResource: "status" }],
    ["no object", { object: null, operation: "DELETE" }],
  ];
  for (const [claim, request] of others) {
    it(`of ${claim} passes as it is`, async () => {
      const answer = await ask(asking(), request);
      expect(responseOf(answer)).to.deep.equal({ uid: "u-1", allowed: true });
      expect(answer.record).to.deep.include({ result: "skipped", reasons: ["unsupported_request"] });
    });
  }

  it("S-31: a namespace that is not there counts as one without annotations", async () => {
    const answer = await ask(asking(), {}, { namespaceNamed: () => undefined });
    expect(answer.record?.result).to.equal("injected");
    expect(responseOf(answer)["warnings"]).to.deep.equal([
      'pod/web: namespace "shop" was not found, so its annotations could not be read',
    ]);
  });

  describe("of a namespace that cannot be looked up is never denied, the failure policy decides", () => {
    const message = 'namespace "shop" could not be read: "no cache", request uid "u-1"';
    const rows: readonly [claim: string, entry: Entry | undefined, milliseconds: number, attempts: number][] = [
      ["after as many attempts as there is time for where that may be Fail", entries.injectPod, 900, 3],
      ["at once where there is no time for more", entries.injectNamespace, 100, 2],
      ["at once where it is Ignore", entries.rest, 2000, 1],
      ["at once where it may be anything", undefined, 2000, 1],
    ];
    for (const [claim, entry, milliseconds, attempts] of rows) {
      for (const [how, fail] of [
        ["a rejection", () => Promise.reject(new Error("no cache"))],
        ["a throw", throwing("no cache")],
      ] as const) {
        it(`${claim}: ${how}`, async () => {
          let asked = 0;
          const namespaceNamed = () => ((asked += 1), fail());
          const withDeadline = { ...deadline, at: performance.now() + milliseconds };
          const answer = await ask(asking(), {}, { namespaceNamed }, { entry, deadline: withDeadline });
          expect([answer.status, answer.headers, asked >= attempts]).to.deep.equal([500, undefined, true]);
          expect(asked).to.be.at.most(attempts === 3 ? 6 : attempts);
          expect(JSON.parse(answer.body)).to.include({ kind: "Status", message });
          expect(answer.record).to.deep.include({ result: "faulted", reasons: ["namespace_unknown"], uid: "u-1" });
        });
      }
    }
  });

  it("S-32: a dry run is known as one to those who log, count and write events", async () => {
    const answers = [await ask(asking(), { dryRun: true }), await ask(asking())];
    expect(answers.map(({ record }) => record?.dryRun)).to.deep.equal([true, false]);
  });

  it("tells those who write events how others refer to the owner", async () => {
    const replicaSet = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-1", uid: "r" };
    const deployment = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "d" };
    const object = asking({ metadata: { ownerReferences: [replicaSet] } });
    const answers = [
      await ask(object, {}, { ownerNamed: () => ({ owners: [deployment] }) }),
      await ask(object, {}, { ownerNamed: () => undefined }),
    ];
    expect(answers.map(ownerIn)).to.deep.equal([
      { kind: "deployment", name: "web", reference: { apiVersion: "apps/v1", kind: "Deployment", uid: "d" } },
      { kind: "replicaset", name: "web-1", reference: { apiVersion: "apps/v1", kind: "ReplicaSet", uid: "r" } },
    ]);
  });

  it("S-33: a pod without name and owner has no owner to send an event to", async () => {
    const answer = await ask(asking({ metadata: { name: null, generateName: "web-" } }));
    const injection = answer.record?.injection;
    expect(ownerIn(answer)).to.deep.equal({ kind: "pod", name: "" });
    expect(injection !== undefined && eventOf(injection)?.reason).to.equal("Injected");
  });

  it("S-35: the reasons of a pod that only gets its opaque ports are recorded", async () => {
    const answer = await ask(asking({ spec: { hostNetwork: true }, containers: [exposing(3306)] }));
    expect(answer.record).to.deep.include({ result: "annotated", reasons: ["host_network_enabled"] });
    expect(responseOf(answer)["auditAnnotations"]).to.deep.equal({
      decision: "annotated",
      reasons: "host_network_enabled",
    });
  });

  it("S-36: what is counted are known keys, never texts", async () => {
    const annotations = { "config.linkerd.io/proxy-await": "text", "config.linkerd.io/proxy-awiat": "text" };
    const answer = await ask(asking({ annotations }));
    expect(answer.record?.warnings).to.deep.equal(["config.linkerd.io/proxy-await"]);
    expect(JSON.stringify({ ...answer.record, injection: undefined })).not.to.include('"text"');
  });

  it("S-52: the answer does not repeat the request", async () => {
    const answer = await ask(pod({ annotations: { note: "secret" } }));
    expect(Object.keys(JSON.parse(answer.body) as JsonObject)).to.deep.equal(["kind", "apiVersion", "response"]);
    expect(answer.body).not.to.include("secret");
  });

  it("a field of the wrong type is the only denial, with its place", async () => {
    const answer = await ask({ ...asking(), spec: { containers: [{ name: 1 }], hostNetwork: "yes" } });
    expect([answer.status, responseOf(answer)]).to.deep.equal([
      200,
      {
        uid: "u-1",
        allowed: false,
        status: {
          metadata: {},
          message:
            'the object cannot be decoded: /spec/hostNetwork: expected true or false, got "yes"; /spec/containers/0/name: expected text, got 1',
        },
      },
    ]);
  });

  it("says in one line of a log what came of it", async () => {
    const answer = await ask(asking({ metadata: { ownerReferences: [{ kind: "DaemonSet", name: "log" }] } }));
    const { injection, ...names } = answer.record ?? {};
    expect(injection?.kind).to.equal("injected");
    expect(names).to.deep.equal({
      uid: "u-1",
      kind: "pod",
      namespace: "shop",
      owner: "daemonset/log",
      name: "web",
      result: "injected",
      reasons: [],
      warnings: [],
      dryRun: false,
      complete: false,
    });
  });
});

/**
 * What becomes of pods while what weft has heard of their namespace is old. The server runs in this process, and the
 * test says what it has heard.
 */
import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import type { Annotations, JsonObject } from "../../src/core/base/json/json.ts";
import { mutatingConfiguration, validatingConfiguration } from "../../src/core/registration/webhooks.ts";
import type { Registration } from "../../src/core/registration/webhooks.ts";
import type { ApiAnswer } from "../../src/kube/api.ts";
import { serveReviews } from "../../src/webhook/https-server.ts";
import type { ReviewServer } from "../../src/webhook/https-server.ts";
import { reviewPaths } from "../../src/webhook/paths.ts";
import { answersWith } from "../support/reviews.ts";
import { eventually, good, messageOf } from "./harness/cluster.ts";
import type { Cluster } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { isMeshed } from "./harness/pods.ts";

const shop = "ans-shop";
const inject = "linkerd.io/inject";
const label = "weft.linkerd.io/inject";

describeOnApi("a namespace of which weft heard nothing new", (api) => {
  const stop = new AbortController();
  let server: ReviewServer;
  let isReachable = true;
  let looks = 0;
  const heard: Annotations = {};

  const namespaceNow = async (): Promise<Annotations> => {
    looks += 1;
    if (!isReachable) throw new Error("connection refused");
    return (
      ((await api().get(`/api/v1/namespaces/${shop}`)) as { metadata: { annotations?: Annotations } }).metadata
        .annotations ?? {}
    );
  };

  before(async () => {
    await api().namespace(shop);
    const pair = await api().plane.ca.sign({ name: "weft", hosts: ["127.0.0.1"] });
    const ignore = (): void => undefined;
    server = await serveReviews(
      {
        address: { host: "127.0.0.1", port: 0 },
        pair,
        paths: reviewPaths(answersWith({ namespaceNamed: () => heard, freshNamespace: namespaceNow })),
        ready: () => true,
        events: { answered: ignore, refused: ignore, faulted: ignore, late: ignore },
        limits: { grace: 0, drainStart: 0, drain: 100 },
      },
      stop.signal,
    );
    const registration = registrationFor(api(), server);
    await api().apply(mutatingConfiguration(registration));
    await api().apply(validatingConfiguration(registration));
    await eventually("the registration is used", async () => {
      const object = namespace({ [inject]: "enabled" });
      return labelOf(good(await api().create(object, { dryRun: true }), "namespace")) === "enabled";
    });
  });

  after(async () => {
    await api().remove(
      "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/ans-weft",
      "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/ans-weft-advice",
    );
    stop.abort();
    await server.stopped;
  });

  const created = (name: string): Promise<ApiAnswer> =>
    api().create(
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: shop },
        spec: { containers: [{ name: "web", image: "web" }] },
      },
      { dryRun: true },
    );
  const merged = async (metadata: JsonObject): Promise<JsonObject> => {
    const call = { path: `/api/v1/namespaces/${shop}`, contentType: "application/merge-patch+json" };
    return good(await api().ask({ method: "PATCH", ...call, body: { metadata } }), "patch");
  };

  it("a pod in a namespace that was annotated a moment ago is meshed, though nobody heard of it", async () => {
    expect(labelOf(await merged({ annotations: { [inject]: "enabled" } }))).to.equal("enabled");
    looks = 0;
    expect(isMeshed(good(await created("first"), "pod"))).to.equal(true);
    expect(isMeshed(good(await created("second"), "pod"))).to.equal(true);
    expect(looks).to.equal(1);
  });

  it("a pod is refused under Fail, in words, while nobody can tell whether it is to be meshed", async () => {
    await sleep(2100);
    isReachable = false;
    const answer = await created("third");
    expect(answer.status).to.equal(500);
    expect(messageOf(answer)).to.include('inject-namespace.weft.linkerd.io": ');
    expect(messageOf(answer)).to.include('namespace "ans-shop" could not be read: "connection refused"');
    setTimeout(() => (isReachable = true), 500);
    expect(isMeshed(good(await created("fourth"), "pod"))).to.equal(true);
  });

  it("a change that advice is not about is told nothing, also where kubectl notes it in an annotation", async () => {
    const applied = async (replicas: number): Promise<string> => {
      const input = JSON.stringify(deployment({ "config.linkerd.io/proxy-cpu-limt": "1" }, replicas));
      return (await api().kubectl(["apply", "-f", "-"], { input })).stderr;
    };
    expect(await applied(1)).to.equal(
      'Warning: deployment/web: annotation "config.linkerd.io/proxy-cpu-limt" is unknown; did you mean config.linkerd.io/proxy-cpu-limit?\n',
    );
    expect(await applied(2)).to.equal("");
  });
});

const namespace = (annotations: Annotations): JsonObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "ans-new", annotations },
});

const deployment = (annotations: Annotations, replicas: number): JsonObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: shop },
  spec: {
    replicas,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" }, annotations },
      spec: { containers: [{ name: "web", image: "web" }] },
    },
  },
});

const labelOf = (object: JsonObject): string | undefined =>
  (object as { metadata: { labels?: Record<string, string> } }).metadata.labels?.[label];

const registrationFor = ({ plane }: Cluster, { address }: ReviewServer): Registration => ({
  namespace: "ans-weft",
  chosen: [shop, "ans-new"],
  mutating: "ans-weft",
  validating: "ans-weft-advice",
  server: { url: `https://127.0.0.1:${address.port}` },
  caBundle: Buffer.from(plane.ca.certificate).toString("base64"),
  failurePolicy: "Fail",
  timeoutSeconds: { inject: 3, rest: 2, mirror: 1, advise: 2, policy: 5 },
});

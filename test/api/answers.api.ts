/**
 * weft's answers on a real API server: advice in what `kubectl apply` prints, the label in the request that annotates,
 * and what becomes of pods while weft is not ready or is behind. The server runs in this process; what it has heard of
 * namespaces is told by the test, so that it can be old.
 */
import { expect } from "chai";
import { setTimeout as sleep } from "node:timers/promises";
import type { Annotations, JsonObject } from "../../src/core/mesh/api.ts";
import { mutatingConfiguration, validatingConfiguration } from "../../src/core/registration/webhooks.ts";
import type { Registration } from "../../src/core/registration/webhooks.ts";
import { serveReviews } from "../../src/webhook/https-server.ts";
import type { ReviewServer } from "../../src/webhook/https-server.ts";
import { reviewPaths } from "../../src/webhook/paths.ts";
import { answersWith } from "../webhook/reviews.ts";
import { eventually, good, messageOf, pathOf } from "./harness/cluster.ts";
import type { Cluster } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";

const shop = "ans-shop";
const inject = "linkerd.io/inject";
const label = "weft.linkerd.io/inject";

describeOnApi("weft's answers, on an API server", (api) => {
  const stop = new AbortController();
  let server: ReviewServer;
  let isReady = true;
  let isReachable = true;
  let looks = 0;
  const heard: Annotations = {};

  const namespaceNow = async (): Promise<Annotations> => {
    looks += 1;
    if (!isReachable) throw new Error("connection refused");
    return ((await api().get(`/api/v1/namespaces/${shop}`)) as { metadata: { annotations?: Annotations } }).metadata
      .annotations ?? {};
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
        ready: () => isReady,
        events: { answered: ignore, refused: ignore, faulted: ignore, late: ignore },
        limits: { grace: 0, lastCall: 0, drain: 100 },
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

  it("try", async () => {
    const { kubectl } = api();
    const say = async (what: string, ...args: readonly string[]) => {
      const before = performance.now();
      const ran = await kubectl(args);
      console.log(what, Math.round(performance.now() - before), ran.code, ran.stdout, ran.stderr);
    };
    const applied = await kubectl(["apply", "-f", "-"], { input: JSON.stringify(deployment({ "config.linkerd.io/proxy-cpu-limt": "1" }, 1)) });
    console.log(applied);
    console.log(await kubectl(["apply", "-f", "-"], { input: JSON.stringify(deployment({ "config.linkerd.io/proxy-cpu-limt": "1" }, 2)) }));
    await say("annotate", "annotate", "namespace", shop, `${inject}=enabled`);
    await say("run", "-n", shop, "run", "right-after", "--image=x", "-o", "yaml");
    isReady = false;
    await say("run not ready", "-n", shop, "run", "notready", "--image=x");
    await say("run opted out not ready", "-n", shop, "run", "declines", "--image=x", `--annotations=${inject}=disabled`);
    setTimeout(() => (isReady = true), 1200);
    await say("run ready soon", "-n", shop, "run", "readysoon", "--image=x");
    isReachable = false;
    await sleep(2100);
    await say("run unreachable", "-n", shop, "run", "unreachable", "--image=x");
    console.log(looks);
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
    template: { metadata: { labels: { app: "web" }, annotations }, spec: { containers: [{ name: "web", image: "web" }] } },
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
  timeoutSeconds: { inject: 3, rest: 2, mirror: 1, advise: 2 },
});

/**
 * failurePolicy Fail, and nobody answers: who never asked for the proxy does not notice, who asked is refused in words
 * that say what was called and what to do. weft is not even running here.
 */
import { createServer } from "node:net";
import { expect } from "chai";
import { entries, mirrorLabel } from "../../src/core/registration/entries.ts";
import {
  mutatingConfiguration,
  defaultTimeouts,
  validatingConfiguration,
} from "../../src/core/registration/webhooks.ts";
import type { Registration } from "../../src/core/registration/webhooks.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { eventually, messageOf, pathOf } from "./harness/cluster.ts";
import { listening } from "./harness/listening.ts";
import { describeOnApi } from "./harness/on-api.ts";
import { serviceAddress, servicePort } from "./harness/service.ts";

const plain = "gone-plain";
const asking = "gone-asking";
const weft = "gone-weft";

const pod = (namespace: string, annotations: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace, annotations },
  spec: { containers: [{ name: "web", image: "web:1" }] },
});
const inject = (value: string): JsonObject => ({ "linkerd.io/inject": value });
const service = (namespace: string): JsonObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "web", namespace },
  spec: { ports: [{ port: 80 }] },
});
const deployment: JsonObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: asking },
  spec: {
    selector: { matchLabels: { app: "web" } },
    template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web:1" }] } },
  },
};

/** Short, so that the tests are; what is installed is below. */
const timeoutSeconds = { ...defaultTimeouts, inject: 3 };

type Row = readonly [who: string, object: JsonObject, outcome: keyof typeof entries | "created", timeout: number];

/** With the seconds that somebody has to sit out when the webhook is a black hole: a Service meets two entries. */
const rows: readonly Row[] = [
  ["a pod that never asked", pod(plain), "created", timeoutSeconds.rest],
  ["a pod that declines where its namespace asks", pod(asking, inject("disabled")), "created", timeoutSeconds.rest],
  ["a Service", service(plain), "created", timeoutSeconds.rest + timeoutSeconds.advise],
  ["a Service where the namespace asks", service(asking), "created", timeoutSeconds.rest + timeoutSeconds.advise],
  ["a pod of weft's own namespace", pod(weft, inject("enabled")), "created", 0],
  ["a pod of the system", pod("kube-system", inject("enabled")), "created", 0],
  ["a Deployment", deployment, "created", timeoutSeconds.advise],
  ["a pod whose namespace asks", pod(asking), "injectNamespace", timeoutSeconds.inject],
  ["a pod that asks by itself", pod(plain, inject("enabled")), "injectPod", timeoutSeconds.inject],
];

/** What a slow machine may take on top. */
const patience = 1_500;

describeOnApi("failurePolicy Fail and nobody answers", (api) => {
  let host = "";

  before(async () => {
    const cluster = api();
    await cluster.namespace(plain);
    await cluster.namespace(weft);
    await cluster.namespace(asking, { labels: { [mirrorLabel]: "enabled" } });
    await cluster.apply({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default", namespace: "kube-system" },
    });
    host = await serviceAddress(cluster, weft, "weft-injector");
    const registration: Registration = {
      namespace: weft,
      mutating: "weft-injector",
      validating: "weft-advice",
      server: { service: { name: "weft-injector", port: await servicePort() } },
      caBundle: Buffer.from(cluster.plane.ca.certificate).toString("base64"),
      failurePolicy: "Fail",
      timeoutSeconds,
    };
    await cluster.apply(mutatingConfiguration(registration));
    await cluster.apply(validatingConfiguration(registration));
    const refused = async (): Promise<number> => (await cluster.create(pod(asking), { dryRun: true })).status;
    await eventually("the registration is used", refused, (status) => status === 500);
  });

  after(async () => {
    await api().remove(
      "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/weft-injector",
      "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/weft-advice",
    );
  });

  const expectOutcome = async ([, object, outcome]: Row): Promise<number> => {
    const begun = performance.now();
    const answer = await api().create(object);
    const took = performance.now() - begun;
    if (outcome === "created") {
      expect(answer.status, messageOf(answer)).to.equal(201);
      await api().remove(pathOf(object));
      return took;
    }
    expect(answer.status).to.equal(500);
    expect(messageOf(answer)).to.include(`failed calling webhook "${entries[outcome].name}"`);
    expect(messageOf(answer)).to.include(`${entries[outcome].path}?timeout=`);
    return took;
  };

  describe("since it refuses connections", () => {
    for (const row of rows) {
      it(`${row[0]} is ${row[2] === "created" ? "created" : "refused"} at once`, async () => {
        expect(await expectOutcome(row)).to.be.lessThan(patience);
      });
    }

    it("kubectl tells the entry and the path, and the path what to do", async () => {
      const { code, stderr } = await api().kubectl(["-n", asking, "run", "web", "--image=web:1"]);
      expect(code).to.equal(1);
      expect(stderr).to.include(entries.injectNamespace.name);
      expect(stderr).to.include("/inject/namespace-asks-for-the-proxy/if-this-fails/run-weft-check");
    });
  });

  describe("since it is a black hole", () => {
    let close = async (): Promise<void> => {};
    let outcomes: ReadonlyMap<Row, Promise<number>> = new Map();
    before(async () => {
      close = await listening(createServer(), host, await servicePort());
      // All at once, so that the time is that of the slowest. Each failure is told by the test that awaits it.
      outcomes = new Map(rows.map((row) => [row, expectOutcome(row)]));
      await Promise.allSettled(outcomes.values());
    });
    after(async () => close());

    for (const row of rows) {
      const [who, , outcome, seconds] = row;
      it(`${who} is ${outcome === "created" ? "created" : "refused"} after ${seconds} s`, async () => {
        const took = await outcomes.get(row);
        expect(took).to.be.within(seconds * 1000 - 50, seconds * 1000 + patience);
      });
    }
  });

  describe("since its Service is gone", () => {
    before(() => api().remove(`/api/v1/namespaces/${weft}/services/weft-injector`));

    for (const row of rows) {
      it(`${row[0]} is ${row[2] === "created" ? "created" : "refused"} at once`, async () => {
        expect(await expectOutcome(row)).to.be.lessThan(patience);
      });
    }
  });
});

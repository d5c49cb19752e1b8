/**
 * A pod that was injected just now is as it would be now, also as an API server stores it, with its defaults; what is
 * restarted is rolled.
 */
import { expect } from "chai";
import { asObject } from "../../src/core/base/json/edit.ts";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { numberAt, textAt } from "../../src/core/base/json/read.ts";
import { restartPatch } from "../../src/cli/status/restart.ts";
import { podState } from "../../src/core/dataplane/state.ts";
import { askedSince } from "../../src/core/dataplane/times.ts";
import { inject } from "../../src/core/inject/inject.ts";
import type { Installation } from "../../src/core/inject/settings/installation.ts";
import { edgePods } from "../core/inject/settings/annotation-edges.ts";
import { asking, installation, plain, requestFor } from "../support/injection.ts";
import { good } from "./harness/cluster.ts";
import { describeOnApi } from "./harness/on-api.ts";

const namespace = "status";
const inNamespace = (pod: JsonObject): JsonObject => ({
  ...pod,
  metadata: { ...asObject(pod["metadata"]), namespace },
});
const own: JsonObject = { metadata: { name: "web", namespace } };

const settings: readonly (readonly [claim: string, Parameters<typeof installation>[0]])[] = [
  ["the chart's settings", {}],
  ["no native sidecar", { "proxy.nativeSidecar": false, "proxy.waitBeforeExitSeconds": 30 }],
  ["the CNI plugin", { cniEnabled: true }],
  ["amounts in another form", { "proxy.resources.cpu.limit": "1000m", "proxy.resources.memory.request": "0.5Gi" }],
  ["rules of weft's own", { "proxyInit.mode": "nft", "proxyInit.image.name": "init:1" }],
  [
    "tracing",
    {
      "proxy.tracing.enabled": true,
      "proxy.tracing.collector.endpoint": "collector:4317",
      "proxy.tracing.collector.meshIdentity.serviceAccountName": "collector",
      "proxy.tracing.collector.meshIdentity.namespace": "tracing",
    },
  ],
];

describeOnApi("the state of pods, on an API server", (api) => {
  before(() => api().namespace(namespace, { annotations: { "linkerd.io/inject": "enabled" } }));

  /** What differs from now once the API server has stored it; blank: nothing. */
  async function differing(pod: JsonObject, installed: Installation): Promise<string> {
    const injection = inject(requestFor(pod, { installation: installed }));
    if (injection.kind !== "injected") return injection.kind;
    const stored = good(await api().create(plain(injection.object), { dryRun: true }), "the pod");
    const state = podState(
      stored,
      { name: namespace, annotations: {}, labels: {}, asked: undefined },
      { installation: installed, registration: undefined, fingerprints: (pem) => [pem] },
    );
    if (state.kind !== "meshed") return state.kind;
    return state.now.kind === "same" ? "" : JSON.stringify(state.now);
  }

  for (const [claim, changes] of settings) {
    it(`as it would be now, with ${claim}`, async () => {
      expect(await differing(asking(own), installation(changes))).to.equal("");
    });
  }

  it(`as they would be now: ${edgePods.length} pods with annotations at the edges`, async () => {
    const found: string[] = [];
    const rest = [...edgePods];
    const one = async (): Promise<void> => {
      for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
        const differs = await differing(inNamespace(next.pod), installation());
        if (differs !== "") found.push(`${next.name}: ${differs}`);
      }
    };
    await Promise.all(Array.from({ length: 4 }, one));
    expect(found).to.deep.equal([]);
  }).timeout(300_000);

  it("knows since when a namespace asks, from its metadata alone", async () => {
    const accept = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json";
    const { body } = await api().ask({ method: "GET", path: `/api/v1/namespaces/${namespace}`, accept });
    expect(asObject(body)?.["kind"]).to.equal("PartialObjectMetadata");
    expect(askedSince(asObject(body) ?? {})).to.be.closeTo(Date.now(), 600_000);
  });

  it("makes a new generation of what is restarted", async () => {
    const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "app", image: "app:1" }] } };
    const made = good(
      await api().create({
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web", namespace },
        spec: { selector: { matchLabels: { app: "web" } }, template },
      }),
      "the Deployment",
    );
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
    const restarted = good(await api().ask(restartPatch(path, new Date())), "the restart");
    expect(numberAt(restarted, "metadata", "generation")).to.be.greaterThan(
      numberAt(made, "metadata", "generation") ?? 0,
    );
    expect(textAt(restarted, "spec", "template", "metadata", "labels", "app")).to.equal("web");
  });
});

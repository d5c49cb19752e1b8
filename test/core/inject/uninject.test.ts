import { expect } from "chai";
import { uninject } from "../../../src/core/inject/uninject.ts";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";

const pod = (metadata: JsonObject, spec: JsonObject = {}): JsonObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata,
  spec,
});
const named = (...names: readonly string[]): readonly Json[] => names.map((name) => ({ name, image: "i" }));
const debugProbe = { exec: { command: ["true"] } };

describe("uninject", () => {
  const removes: readonly [claim: string, before: JsonObject, after: JsonObject, removed: readonly string[]][] = [
    [
      "takes out the containers and volumes of an injection, and keeps the order of the others",
      pod(
        { name: "web" },
        {
          initContainers: named("first", "linkerd-init", "linkerd-proxy", "last"),
          containers: named("linkerd-proxy", "web"),
          volumes: named(
            "linkerd-identity-end-entity",
            "data",
            "linkerd-proxy-init-xtables-lock",
            "linkerd-identity-token",
          ),
        },
      ),
      pod(
        { name: "web" },
        { initContainers: named("first", "last"), containers: named("web"), volumes: named("data") },
      ),
      [
        "init container linkerd-init",
        "init container linkerd-proxy",
        "container linkerd-proxy",
        "volume linkerd-identity-end-entity",
        "volume linkerd-proxy-init-xtables-lock",
        "volume linkerd-identity-token",
      ],
    ],
    [
      "takes out what Linkerd forgets (S-39)",
      pod(
        { name: "web" },
        {
          initContainers: named("linkerd-network-validator"),
          containers: [
            { name: "web" },
            { name: "linkerd-debug", livenessProbe: debugProbe, readinessProbe: debugProbe },
          ],
          volumes: named("linkerd-podinfo"),
        },
      ),
      pod({ name: "web" }, { containers: [{ name: "web" }] }),
      ["init container linkerd-network-validator", "container linkerd-debug", "volume linkerd-podinfo"],
    ],
    [
      "takes out annotations that start with linkerd.io, and the labels that injection writes",
      pod({
        annotations: {
          "linkerd.io/inject": "enabled",
          "linkerd.io/created-by": "x",
          "linkerd.iox": "y",
          "config.linkerd.io/a": "",
        },
        labels: {
          "linkerd.io/workload-ns": "",
          "linkerd.io/control-plane-ns": "l",
          "linkerd.io/proxy-job": "j",
          app: "web",
        },
      }),
      pod({ annotations: { "config.linkerd.io/a": "" }, labels: { app: "web" } }),
      [
        "annotation linkerd.io/inject",
        "annotation linkerd.io/created-by",
        "annotation linkerd.iox",
        "label linkerd.io/workload-ns",
        "label linkerd.io/control-plane-ns",
        "label linkerd.io/proxy-job",
      ],
    ],
    [
      "removes maps and lists that are empty now",
      pod({ annotations: { "linkerd.io/inject": "enabled" } }, { initContainers: named("linkerd-init") }),
      { apiVersion: "v1", kind: "Pod", spec: {} },
      ["init container linkerd-init", "annotation linkerd.io/inject"],
    ],
    [
      "looks at workload and template",
      {
        apiVersion: "batch/v1",
        kind: "CronJob",
        metadata: { name: "c", annotations: { "linkerd.io/inject": "ingress" } },
        spec: {
          jobTemplate: { spec: { template: { metadata: { annotations: { "linkerd.io/inject": "enabled" } } } } },
        },
      },
      {
        apiVersion: "batch/v1",
        kind: "CronJob",
        metadata: { name: "c" },
        spec: { jobTemplate: { spec: { template: {} } } },
      },
      ["annotation linkerd.io/inject", "template annotation linkerd.io/inject"],
    ],
    [
      "looks at the annotations of a Namespace",
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "n", annotations: { "linkerd.io/inject": "enabled" } } },
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } },
      ["annotation linkerd.io/inject"],
    ],
  ];
  for (const [claim, before, after, removed] of removes) {
    it(claim, () => {
      const result = uninject(before);
      // `__proto__` and the like aside, a missing member and `undefined` are not the same here.
      expect(JSON.parse(JSON.stringify(result.object))).to.deep.equal(after);
      expect(result.kind).to.equal("uninjected");
      expect([...result.removed].toSorted()).to.deep.equal([...removed].toSorted());
    });
  }

  const keeps: readonly [claim: string, object: JsonObject][] = [
    ["`disabled`", pod({ annotations: { "linkerd.io/inject": "disabled" } })],
    ["weft's own annotation, which the user wrote", pod({ annotations: { "linkerd.io/enable-opaque-ports": "true" } })],
    [
      "annotations of weft wrap",
      pod({ annotations: { "linkerd.io/wrap": "disabled", "linkerd.io/wrap-service": "web" } }),
    ],
    ["labels of other purposes (S-40)", pod({ labels: { "linkerd.io/extension": "viz" } })],
    [
      "annotations and labels of the control plane",
      pod({
        labels: { "linkerd.io/control-plane-component": "x", "linkerd.io/workload-ns": "l" },
        annotations: { "linkerd.io/created-by": "y" },
      }),
    ],
    ["a container of its own named like the init container", pod({}, { containers: named("linkerd-init") })],
    [
      "a validator that listens, which injection never makes",
      pod({}, { initContainers: [{ name: "linkerd-network-validator", ports: [{ containerPort: 1 }] }] }),
    ],
    [
      "a debug container with a probe over the network",
      pod({}, { containers: [{ name: "linkerd-debug", livenessProbe: { httpGet: { port: 1 } } }] }),
    ],
    [
      "the podinfo volume while a container mounts it",
      pod(
        {},
        {
          containers: [{ name: "web", volumeMounts: [{ name: "linkerd-podinfo" }] }],
          volumes: named("linkerd-podinfo"),
        },
      ),
    ],
    [
      "empty maps and lists that it did not empty",
      pod({ annotations: {}, labels: {} }, { volumes: [], initContainers: [] }),
    ],
    [
      "another API group's Job (S-02)",
      { apiVersion: "batch.volcano.sh/v1", kind: "Job", metadata: { annotations: { "linkerd.io/inject": "enabled" } } },
    ],
    ["a kind it does not know", { kind: "Thing", metadata: { annotations: { "linkerd.io/inject": "enabled" } } }],
    [
      "an object of the wrong shape",
      pod({ annotations: "a", labels: [1] }, { containers: "c", volumes: [null, 1, "x"] }),
    ],
  ];
  for (const [claim, object] of keeps) {
    it(`keeps ${claim}`, () => {
      const result = uninject(object);
      expect(result.object).to.equal(object);
      expect(result).to.deep.equal({ kind: "skipped", object, removed: [] });
    });
  }

  it("does not count labels and volumes", () => {
    const result = uninject(
      pod({ labels: { "linkerd.io/workload-ns": "" } }, { volumes: named("linkerd-identity-token") }),
    );
    expect(result.kind).to.equal("skipped");
    expect(result.object).to.deep.equal({ apiVersion: "v1", kind: "Pod", spec: {} });
  });

  it("keeps ingress before another injection (S-45), not otherwise", () => {
    const object = pod({ annotations: { "linkerd.io/inject": "ingress", "linkerd.io/created-by": "x" } });
    const kept = uninject(object, { keepIngress: true }).object;
    expect(kept).to.deep.equal(pod({ annotations: { "linkerd.io/inject": "ingress" } }));
    expect(uninject(object).object).to.deep.equal({ apiVersion: "v1", kind: "Pod", spec: {} });
  });

  it("shares what it does not touch and never changes its input", () => {
    const container = { name: "web", image: "i" };
    const object = pod({ name: "web" }, { containers: [container, { name: "linkerd-proxy" }] });
    const before = structuredClone(object);
    const { object: after } = uninject(object);
    expect((after["spec"] as { containers: unknown[] }).containers[0]).to.equal(container);
    expect(after["metadata"]).to.equal(object["metadata"]);
    expect(object).to.deep.equal(before);
  });

  it("keeps keys such as __proto__", () => {
    const object = JSON.parse(
      '{"kind":"Pod","metadata":{"annotations":{"__proto__":"a","linkerd.io/inject":"enabled"}}}',
    ) as JsonObject;
    expect(JSON.stringify(uninject(object).object)).to.equal(
      '{"kind":"Pod","metadata":{"annotations":{"__proto__":"a"}}}',
    );
  });
});

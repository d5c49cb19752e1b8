import { expect } from "chai";
import type { Annotations, Json, JsonObject } from "../../../../src/core/base/json/json.ts";
import { linesFor, workload } from "../../../support/advice.ts";
import {
  asking,
  containerIn,
  injectedInto,
  installation,
  memberAt,
  plain,
  warningsFor,
} from "../../../support/injection.ts";

const asked: Annotations = {
  "linkerd.io/inject": "enabled",
  "config.linkerd.io/proxy-cpu-request": "100m",
  "config.linkerd.io/proxy-memory-limit": "250Mi",
  "config.linkerd.io/proxy-ephemeral-storage-limit": "1Gi",
};
const whole: JsonObject = { requests: { cpu: "1" }, limits: { cpu: "1" } };
const line =
  "the proxy shares the CPU and memory of spec.resources: requests and limits of its own would not fit into them, and are left out";

const resourcesIn = (spec: JsonObject, annotations: Annotations, changes: Readonly<Record<string, Json>> = {}) => {
  const after = injectedInto(asking({ annotations, spec }), { installation: installation(changes) });
  return {
    pod: memberAt(after, "spec", "resources"),
    added: ["linkerd-init", "linkerd-proxy"].map((name) => containerIn(after, name)?.["resources"]),
  };
};

describe("S-64: resources of the pod as a whole", () => {
  it("stay as they are, and are shared by what weft adds", () => {
    const own = { limits: { "ephemeral-storage": "1Gi" } };
    expect(resourcesIn({ resources: whole }, asked)).to.deep.equal({ pod: whole, added: [own, own] });
  });

  it("are shared where the installation gives the proxy its own, too", () => {
    const changes = { "proxy.resources.cpu": { request: "100m", limit: "1" } };
    expect(resourcesIn({ resources: { limits: { memory: "1Gi" } } }, {}, changes).added).to.deep.equal([
      undefined,
      undefined,
    ]);
  });

  it("are shared by weft's own init container", () => {
    const changes = { "proxyInit.mode": "nft", "proxyInit.image.name": "init" };
    expect(resourcesIn({ resources: whole }, {}, changes).added).to.deep.equal([undefined, undefined]);
    expect(resourcesIn({}, {}, changes).added[0]).not.to.equal(undefined);
  });

  for (const [claim, resources] of [
    ["none", undefined],
    ["an empty map", {}],
    ["null", null],
    ["empty requests", { requests: {} }],
  ] as const) {
    it(`that are ${claim} change nothing`, () => {
      const spec = resources === undefined ? {} : { resources: plain<Json>(resources) };
      expect(resourcesIn(spec, asked).added).to.deep.equal(resourcesIn({}, asked).added);
    });
  }

  it("are told, on the pod and on the workload, where something is left out", () => {
    expect(warningsFor(asking({ annotations: asked, spec: { resources: whole } }))).to.deep.equal([`pod/web: ${line}`]);
    expect(warningsFor(asking({ spec: { resources: whole } }))).to.deep.equal([]);
    expect(linesFor(workload("Deployment", asked, { spec: { resources: whole } }))).to.deep.equal([
      `deployment/web: ${line}`,
    ]);
  });
});

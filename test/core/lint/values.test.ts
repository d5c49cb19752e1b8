import { expect } from "chai";
import { isValuesFile } from "../../../src/core/lint/values.ts";

describe("values files among manifests", () => {
  for (const [claim, document, expected] of [
    ["weft's", { weft: { replicas: 2 } }, true],
    ["Linkerd's", { proxyInit: {} }, true],
    ["the proxy's alone", { proxy: { logLevel: "debug" } }, true],
    ["the proxy's, with a slip", { proxy: { logLevl: "debug" } }, true],
    ["the control plane's alone", { controllerReplicas: 3, enablePodAntiAffinity: true }, true],
    ["resources alone", { proxy: { resources: { cpu: { limit: "1" } } }, nodeSelector: {} }, true],
    ["one map of anybody's", { disableIPv6: true, proxy: { inbound: { a: 1 } } }, true],
    ["another chart's", { proxy: {}, image: "x" }, false],
    ["another proxy's", { proxy: { image: { repository: "x", tag: "1", pullPolicy: "Always" } } }, false],
    ["another proxy's resources", { proxy: { enabled: true, resources: { limits: { cpu: 1 } } } }, false],
    ["any chart's", { nodeSelector: {}, tolerations: [], podLabels: {}, imagePullPolicy: "Always" }, false],
    ["a pipeline", { stages: ["test"], image: "node", test: { script: ["npm test"] } }, false],
    ["a kustomization", { resources: ["a.yaml"], images: [{ name: "a", newTag: "1" }] }, false],
    ["a text under weft", { weft: "x" }, false],
    ["nothing", {}, false],
  ] as const) {
    it(`are ${expected ? "" : "not "}known by the keys of ${claim}`, () => {
      expect(isValuesFile(document)).to.equal(expected);
    });
  }
});

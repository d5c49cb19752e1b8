import { expect } from "chai";
import { namedResource } from "../../../src/core/kubernetes/resource-words.ts";

describe("objects as kubectl's users name them", () => {
  const rows: readonly [word: string, expected: readonly [plural: string, name: string | undefined] | undefined][] = [
    ["deploy/web", ["deployments", "web"]],
    ["deployment/web", ["deployments", "web"]],
    ["Deployments/web", ["deployments", "web"]],
    ["deployment.apps/web", ["deployments", "web"]],
    ["deployments.v1.apps/web", ["deployments", "web"]],
    ["po/web-0", ["pods", "web-0"]],
    ["sts/db", ["statefulsets", "db"]],
    ["ds", ["daemonsets", undefined]],
    ["rs/web-1", ["replicasets", "web-1"]],
    ["rc/old", ["replicationcontrollers", "old"]],
    ["job/once", ["jobs", "once"]],
    ["cj/nightly", ["cronjobs", "nightly"]],
    ["svc/db", ["services", "db"]],
    ["pods", ["pods", undefined]],
    ["deployment.example/web", undefined],
    ["deploy/", undefined],
    ["deploy/web/x", undefined],
    ["app.yaml", undefined],
    ["./deploy/web", undefined],
    ["-", undefined],
    ["https://example.org/pod", undefined],
    ["constructor/x", undefined],
  ];
  for (const [word, expected] of rows) {
    it(`${word} is ${expected === undefined ? "none" : expected.join(" ")}`, () => {
      const found = namedResource(word);
      expect(found && [found.kind.plural, found.name]).to.deep.equal(expected);
    });
  }
});

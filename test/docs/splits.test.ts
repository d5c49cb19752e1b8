/** `docs/splits.md` shows what becomes of `manifests/demo/opaque-split.yaml`, and of its own manifests. */
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import type { JsonObject } from "../../src/core/base/json/json.ts";
import { policyIssues } from "../../src/core/policy/linkerd.ts";
import { splitOf } from "../../src/core/policy/split.ts";
import { policyKinds } from "../../src/core/view/objects.ts";
import type { ClusterView } from "../../src/core/view/cluster.ts";
import { mesh, viewOf } from "../support/view.ts";

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const page = textOf("docs/splits.md");

const objectsIn = (text: string): readonly JsonObject[] =>
  parseAllDocuments(text).map((document): JsonObject => document.toJS());
const known = new Set<unknown>(["Service", ...policyKinds]);

function told(view: ClusterView, namespace: string, name: string, port: number): readonly string[] {
  const service = view.service(namespace, name);
  const split = service && splitOf(view, mesh, service, port, undefined);
  return (split?.shares ?? []).map(({ weight, to }) => `${to.kind === "service" ? to.name : "nothing"} ${weight}`);
}

const service = (name: string): JsonObject => ({
  kind: "Service",
  metadata: { name },
  spec: { clusterIP: "10.2.0.1", ports: [{ port: 9090 }] },
});

describe("docs/splits.md", () => {
  it("the demo is split as its comment says", () => {
    const objects = objectsIn(textOf("manifests/demo/opaque-split.yaml"));
    const view = viewOf(...objects.filter(({ kind }) => known.has(kind)));
    expect(told(view, "opaque-split", "backend", 8080)).to.deep.equal(["backend-v1 80000", "backend-v2 20000"]);
    for (const kind of policyKinds)
      for (const policy of view.everyPolicy(kind)) expect(policyIssues(view, mesh, policy)).to.deep.equal([]);
  });

  const weights: Readonly<Record<string, readonly string[]>> = {
    TrafficSplit: ["lines-v1 90000", "lines-v2 10000"],
    TCPRoute: ["lines-v1 90", "lines-v2 10"],
  };
  for (const [kind, expected] of Object.entries(weights))
    it(`its ${kind} splits as it says`, () => {
      const texts = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = ""]) => text);
      const objects = texts.flatMap(objectsIn).filter((object) => object["kind"] === kind);
      expect(objects.length).to.equal(1);
      const view = viewOf(...["lines", "lines-v1", "lines-v2"].map(service), ...objects);
      expect(told(view, "shop", "lines", 9090)).to.deep.equal(expected);
    });
});

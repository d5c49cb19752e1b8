import { expect } from "chai";
import { emptyCluster, readCluster } from "../../../src/core/cluster/objects.ts";

const manifest = `# two namespaces and an owner
apiVersion: v1
kind: Namespace
metadata: {name: shop, annotations: {linkerd.io/inject: enabled}}
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Namespace
  metadata: {name: bare}
- apiVersion: apps/v1
  kind: ReplicaSet
  metadata:
    name: web-1
    namespace: shop
    ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web}]
---
`;

const clusterOf = (...texts: readonly string[]) => {
  const read = readCluster(texts.map((text, index) => ({ name: `file${index}.yaml`, text })));
  if ("issues" in read) throw new Error(JSON.stringify(read.issues));
  return read.value;
};

describe("a cluster of manifests", () => {
  const cluster = clusterOf(manifest, '[{"kind":"Namespace","metadata":{"name":"json"}}]');

  it("has the annotations of a namespace", () => {
    expect(cluster.namespaceNamed("shop")).to.deep.equal({ "linkerd.io/inject": "enabled" });
  });
  it("has a namespace without annotations, from a List", () => {
    expect(cluster.namespaceNamed("bare")).to.deep.equal({});
  });
  it("has what a bare JSON list holds", () => {
    expect(cluster.namespaceNamed("json")).to.deep.equal({});
  });
  it("has no other namespace", () => {
    expect(cluster.namespaceNamed("elsewhere")).to.equal(undefined);
  });
  it("finds an owner by kind, namespace and name", () => {
    const owners = cluster.objectNamed("ReplicaSet", "shop", "web-1")?.owners;
    expect(owners?.map(({ kind, name }) => `${kind}/${name}`)).to.deep.equal(["Deployment/web"]);
    expect(cluster.objectNamed("ReplicaSet", "bare", "web-1")).to.equal(undefined);
  });
  it("without manifests has every namespace, and none says anything", () => {
    expect(emptyCluster.namespaceNamed("any")).to.deep.equal({});
  });

  const broken: readonly (readonly [claim: string, text: string, places: readonly string[]])[] = [
    ["a syntax error, with its line in the file", "kind: Namespace\n---\na: b: c\n", ["file0.yaml: line 3"]],
    ["an object without kind", "metadata: {name: x}\n", ["file0.yaml: line 1"]],
    [
      "every problem at once",
      "kind: Namespace\nmetadata: {name: [], annotations: 5}\n",
      ["file0.yaml: line 1: /metadata/name", "file0.yaml: line 1: /metadata/annotations"],
    ],
  ];
  for (const [claim, text, places] of broken) {
    it(`refuses ${claim}`, () => {
      const read = readCluster([{ name: "file0.yaml", text }]);
      const found = "issues" in read ? read.issues.map(({ at }) => at) : [];
      expect(found).to.have.length(places.length);
      for (const [index, place] of places.entries()) expect(found[index]).to.contain(place);
    });
  }
});

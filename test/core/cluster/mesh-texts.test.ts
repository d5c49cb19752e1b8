import { expect } from "chai";
import { meshFrom } from "../../../src/core/cluster/mesh-texts.ts";
import type { MeshGiven } from "../../../src/core/cluster/mesh-texts.ts";

const values = "proxy: {logLevel: warn}\n";
const wefts = `${values}weft: {controlPlaneNamespace: weft}\n`;
const pem = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";
const other = pem.replace("MA==", "MQ==");

const labels =
  "labels: {app.kubernetes.io/name: weft, app.kubernetes.io/part-of: weft, app.kubernetes.io/component: injector}";
const configMap = (name: string, namespace: string, key: string, text: string, more = ""): string =>
  `kind: ConfigMap\napiVersion: v1\nmetadata: {name: ${name}, namespace: ${namespace}${more === "" ? "" : `, ${more}`}}\ndata: ${JSON.stringify({ [key]: text })}\n`;
const settingsIn = (namespace: string, text = values, more = ""): string =>
  configMap("linkerd-config", namespace, "values", text, more);
const anchorsIn = (namespace: string, text = pem, more = ""): string =>
  configMap("linkerd-identity-trust-roots", namespace, "ca-bundle.crt", text, more);

const file = (name: string, text: string) => ({ name, text });
const nothing: MeshGiven = { settings: undefined, trustAnchors: undefined, namespace: undefined, cluster: undefined };
const cluster = {
  controlPlaneNamespace: "weft",
  settings: file("configmap/linkerd-config in namespace weft", "cluster"),
  trustAnchors: file("configmap/linkerd-identity-trust-roots in namespace weft", pem),
};

describe("the mesh of files, flags and a cluster", () => {
  const rows: readonly [
    claim: string,
    given: Partial<MeshGiven>,
    expected: readonly [namespace: string, settings: string | undefined, anchors: string | undefined],
  ][] = [
    ["nothing: Linkerd's usual namespace", {}, ["linkerd (assumed)", undefined, undefined]],
    [
      "values and PEM, which say nothing",
      { settings: file("v.yaml", values), trustAnchors: file("ca.crt", pem) },
      ["linkerd (assumed)", values, pem],
    ],
    ["values of an installed weft", { settings: file("v.yaml", wefts) }, ["weft", wefts, undefined]],
    ["the flag", { settings: file("v.yaml", values), namespace: "mesh" }, ["mesh", values, undefined]],
    [
      "a ConfigMap of Linkerd's",
      { settings: file("v.yaml", settingsIn("l5d")), trustAnchors: file("ca.crt", pem) },
      ["l5d", values, pem],
    ],
    [
      "two ConfigMaps in two files",
      { settings: file("v.yaml", settingsIn("l5d")), trustAnchors: file("ca.yaml", anchorsIn("l5d")) },
      ["l5d", values, pem],
    ],
    [
      "two ConfigMaps in a List",
      {
        settings: file(
          "m.yaml",
          `kind: List\napiVersion: v1\nitems:\n${[settingsIn("l5d"), anchorsIn("l5d")].map((text) => `- ${text.trimEnd().replaceAll("\n", "\n  ")}\n`).join("")}`,
        ),
      },
      ["l5d", values, pem],
    ],
    [
      "two ConfigMaps in two documents",
      { settings: file("m.yaml", `${settingsIn("l5d")}---\n${anchorsIn("l5d")}`) },
      ["l5d", values, pem],
    ],
    [
      "ConfigMaps of a weft whose pods use Linkerd's control plane",
      {
        settings: file("v.yaml", settingsIn("weft", `${values}weft: {controlPlaneNamespace: linkerd}\n`, labels)),
        trustAnchors: file("ca.yaml", anchorsIn("weft", pem, labels)),
      },
      ["linkerd", `${values}weft: {controlPlaneNamespace: linkerd}\n`, pem],
    ],
    ["a cluster", { cluster }, ["weft", "cluster", pem]],
    ["a cluster, with settings of a file", { cluster, settings: file("v.yaml", values) }, ["weft", values, pem]],
    [
      "a cluster, with its own anchors in a file",
      { cluster, trustAnchors: file("ca", ` ${pem}`) },
      ["weft", "cluster", ` ${pem}`],
    ],
  ];
  for (const [claim, given, expected] of rows) {
    it(`is that of ${claim}`, () => {
      const found = meshFrom({ ...nothing, ...given });
      if (!("value" in found)) return expect.fail(JSON.stringify(found));
      const { controlPlaneNamespace, isAssumed, settings, trustAnchors } = found.value;
      const namespace = `${controlPlaneNamespace}${isAssumed ? " (assumed)" : ""}`;
      expect([namespace, settings?.text, trustAnchors?.text]).to.deep.equal(expected);
    });
  }

  const never = "pods with parts of two meshes never start";
  const mixtures: readonly [claim: string, given: Partial<MeshGiven>, at: string, message: string][] = [
    [
      "a flag beside settings of another namespace",
      { settings: file("v.yaml", wefts), namespace: "linkerd" },
      "v.yaml",
      `is of namespace weft, but --linkerd-namespace says linkerd; ${never}`,
    ],
    [
      "settings and trust anchors of two ConfigMaps",
      { settings: file("v.yaml", settingsIn("l5d")), trustAnchors: file("ca.yaml", anchorsIn("other")) },
      "ca.yaml: configmap/linkerd-identity-trust-roots",
      `is of namespace other, but v.yaml: configmap/linkerd-config says l5d; ${never}`,
    ],
    [
      "trust anchors of Linkerd beside settings of weft",
      { settings: file("v.yaml", wefts), trustAnchors: file("ca.yaml", anchorsIn("linkerd")) },
      "ca.yaml: configmap/linkerd-identity-trust-roots",
      `is of namespace linkerd, but v.yaml says weft; ${never}`,
    ],
    [
      "trust anchors of another weft, whose control plane may be anywhere",
      {
        settings: file("v.yaml", settingsIn("weft", wefts, labels)),
        trustAnchors: file("ca.yaml", anchorsIn("mesh", pem, labels)),
      },
      "ca.yaml: configmap/linkerd-identity-trust-roots",
      `is of namespace mesh, but v.yaml: configmap/linkerd-config says weft; ${never}`,
    ],
    [
      "settings of another mesh than the cluster's",
      { settings: file("v.yaml", settingsIn("linkerd")), cluster },
      "the mesh of the cluster",
      `is of namespace weft, but v.yaml: configmap/linkerd-config says linkerd; ${never}`,
    ],
    [
      "trust anchors that the cluster does not have",
      { trustAnchors: file("ca.crt", other), cluster },
      "ca.crt",
      "has other trust anchors than configmap/linkerd-identity-trust-roots in namespace weft; proxies would not trust the control plane",
    ],
    [
      "trust anchors of two files",
      { settings: file("m.yaml", `${settingsIn("l5d")}---\n${anchorsIn("l5d")}`), trustAnchors: file("ca.crt", other) },
      "ca.crt",
      "has other trust anchors than m.yaml: configmap/linkerd-identity-trust-roots; proxies would not trust the control plane",
    ],
  ];
  for (const [claim, given, at, message] of mixtures) {
    it(`is none: ${claim}`, () =>
      expect(meshFrom({ ...nothing, ...given })).to.deep.equal({ contradictions: [{ at, message }] }));
  }

  const refused: readonly [claim: string, given: Partial<MeshGiven>, at: string, message: string][] = [
    [
      "another ConfigMap",
      { settings: file("v.yaml", anchorsIn("l5d")) },
      "v.yaml",
      "has ConfigMaps, but none that is called linkerd-config and has the key values",
    ],
    [
      "a ConfigMap that is no YAML",
      { trustAnchors: file("ca.yaml", "kind: ConfigMap\n a: [\n") },
      "ca.yaml: line 2, column 3",
      "",
    ],
  ];
  for (const [claim, given, at, message] of refused) {
    it(`cannot be read from ${claim}`, () => {
      const found = meshFrom({ ...nothing, ...given });
      const issue = "issues" in found ? found.issues[0] : undefined;
      expect([issue?.at, message === "" ? "" : issue?.message]).to.deep.equal([at, message]);
    });
  }
});

/** What commands find out about a cluster before they decide: a running Linkerd, an installed weft. */
import { expect } from "chai";
import { adoptLinkerd } from "../../../src/cli/install/adopt.ts";
import { installedIn } from "../../../src/cli/install/installed.ts";
import { CommandFailure } from "../../../src/cli/io.ts";
import { commonLabels } from "../../../src/core/install/names.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";
import { fakeApi } from "../../support/api-server.ts";

const configMap = (name: string, namespace: string, data: JsonObject): JsonObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace, labels: commonLabels },
  data,
});
const settings = configMap("linkerd-config", "linkerd", { values: "clusterDomain: c.test\n" });
const anchors = configMap("linkerd-identity-trust-roots", "linkerd", { "ca-bundle.crt": "PEM\n" });

const told = async (asked: Promise<unknown>): Promise<readonly string[]> =>
  asked.then(
    () => [],
    (error: unknown) => (error instanceof CommandFailure ? error.lines : Promise.reject(error)),
  );

describe("adoptLinkerd", () => {
  it("reads settings and trust roots", async () =>
    expect(await adoptLinkerd(fakeApi(settings, anchors).ask, "linkerd")).to.deep.equal({
      values: { clusterDomain: "c.test" },
      trustAnchors: "PEM\n",
    }));

  const rows: readonly [claim: string, objects: readonly JsonObject[], expected: readonly string[]][] = [
    [
      "nothing there",
      [],
      [
        "--adopt-linkerd: configmap/linkerd-config in namespace linkerd: is not there: is Linkerd installed, and in this namespace?",
        "--adopt-linkerd: configmap/linkerd-identity-trust-roots in namespace linkerd: is not there: is Linkerd installed, and in this namespace?",
      ],
    ],
    [
      "keys missing",
      [settings, configMap("linkerd-identity-trust-roots", "linkerd", {})],
      ["--adopt-linkerd: configmap/linkerd-identity-trust-roots in namespace linkerd: has no key ca-bundle.crt"],
    ],
    [
      "settings that are no map",
      [configMap("linkerd-config", "linkerd", { values: "- 1\n" }), anchors],
      ["--adopt-linkerd: configmap/linkerd-config: the values must be a map"],
    ],
  ];
  for (const [claim, objects, expected] of rows) {
    it(`tells ${claim}`, async () =>
      expect(await told(adoptLinkerd(fakeApi(...objects).ask, "linkerd"))).to.deep.equal(expected));
  }
});

describe("installedIn", () => {
  const installed = (namespace: string) =>
    configMap("weft-installation", namespace, { values: "weft: {replicas: 4}\n" });

  it("finds what weft was installed with, wherever that is", async () => {
    const { ask } = fakeApi(
      installed("mesh"),
      configMap("linkerd-identity-trust-roots", "mesh", { "ca-bundle.crt": "PEM\n" }),
    );
    expect(await installedIn(ask, undefined)).to.deep.equal({
      namespace: "mesh",
      given: { weft: { replicas: 4 } },
      version: undefined,
      keeper: undefined,
      mesh: undefined,
      trustAnchors: "PEM\n",
      issuer: undefined,
      files: undefined,
    });
  });

  it("finds the issuer of weft's own control plane, and leaves Linkerd's where it is", async () => {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "linkerd-identity-issuer", namespace: "weft" },
      data: { "tls.crt": "Q1JU", "tls.key": "S0VZ" },
    };
    const controller = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "weft-controller", namespace: "weft" },
    };
    const issuer = async (...objects: readonly JsonObject[]) =>
      (await installedIn(fakeApi(installed("weft"), ...objects).ask, "weft")).issuer;
    expect(await issuer(secret, controller)).to.deep.equal({
      certificate: "Q1JU",
      key: "S0VZ",
      scheme: "kubernetes.io/tls",
    });
    expect(await issuer(secret)).to.equal(undefined);
    expect(await issuer(controller)).to.equal(undefined);
  });

  it("finds given certificates, and the caBundle in the registration", async () => {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "weft-tls-given", namespace: "weft" },
      data: { "tls.crt": "Q1JU", "tls.key": "S0VZ" },
    };
    const configuration = {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      metadata: { name: "weft-advice", labels: commonLabels },
      webhooks: [{ name: "advise", clientConfig: { caBundle: "Q0E=" } }],
    };
    const { files } = await installedIn(fakeApi(installed("weft"), secret, configuration).ask, "weft");
    expect(files).to.deep.equal({ certificate: "Q1JU", key: "S0VZ", caBundle: "Q0E=" });
  });

  it("says that there is none, or which of several is meant", async () => {
    const { ask } = fakeApi(installed("a"), installed("b"));
    expect(await told(installedIn(fakeApi().ask, undefined))).to.deep.equal([
      "weft is not installed: there is no configmap/weft-installation; install it with: weft install > weft.yaml && kubectl apply -f weft.yaml",
    ]);
    expect(await told(installedIn(ask, "c"))).to.deep.equal([
      "weft is not installed in namespace c: there is no configmap/weft-installation; install it with: weft install > weft.yaml && kubectl apply -f weft.yaml",
    ]);
    expect(await told(installedIn(ask, undefined))).to.deep.equal([
      "weft is installed in a and in b: say which with --namespace",
    ]);
    expect((await installedIn(ask, "b")).namespace).to.equal("b");
  });
});

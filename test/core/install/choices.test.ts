import { expect } from "chai";
import { defaultValues } from "../../../src/core/inject/settings/defaults.ts";
import { resolveOptions } from "../../../src/core/install/choices.ts";
import { overlaid, overlayOf, stacked } from "../../../src/core/install/overlay.ts";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";
import type { InstallOptions, Requested } from "../../../src/core/install/chosen.ts";

const anchors = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n";

const asked = (given: JsonObject, changes: Partial<Requested> = {}): Requested => ({
  namespace: "weft",
  version: "1.0.0",
  base: defaultValues,
  given,
  trustAnchors: anchors,
  files: undefined,
  sha256: () => "0",
  ...changes,
});

function options(given: JsonObject, changes: Partial<Requested> = {}): InstallOptions {
  const result = resolveOptions(asked(given, changes));
  if ("issues" in result) throw new Error(result.issues.map(issueText).join("\n"));
  return result.value.options;
}

const issues = (given: JsonObject, changes: Partial<Requested> = {}): readonly string[] => {
  const result = resolveOptions(asked(given, changes));
  return "issues" in result ? result.issues.map(issueText) : [];
};

const ownValues = ({ mesh }: InstallOptions): JsonObject => (mesh.kind === "own" ? mesh.values : {});

describe("null in a value of weft's", () => {
  const rows: readonly [claim: string, weft: JsonObject, path: keyof InstallOptions["weft"], expected: unknown][] = [
    ["takes away a member of what is usual", { nodeSelector: { "kubernetes.io/os": null } }, "nodeSelector", {}],
    [
      "takes away an amount, wherever it stands",
      { controller: { resources: { limits: { memory: null } } } },
      "controller.resources",
      { requests: { cpu: "100m", memory: "256Mi" }, limits: {} },
    ],
    ["leaves what is usual where it stands for the whole", { replicas: null }, "replicas", 2],
    ["takes away what highly available brings", { highAvailability: true, replicas: null }, "replicas", 2],
  ];
  for (const [claim, weft, path, expected] of rows)
    it(claim, () => expect(options({ weft }).weft[path]).to.deep.equal(expected));
});

describe("overlaid", () => {
  const rows: readonly [claim: string, base: JsonObject, overlays: readonly JsonObject[], expected: JsonObject][] = [
    ["merges maps", { a: { b: 1, c: 2 } }, [{ a: { c: 3 } }], { a: { b: 1, c: 3 } }],
    ["lets the later one win", { a: 1 }, [{ a: 2 }, { a: 3 }], { a: 3 }],
    ["replaces lists", { a: [1, 2] }, [{ a: [3] }], { a: [3] }],
    ["removes what is null", { a: { b: 1, c: 2 } }, [{ a: { b: null } }], { a: { c: 2 } }],
    ["keeps what is null below", { a: { b: null } }, [{ a: { c: 1 } }], { a: { b: null, c: 1 } }],
    ["puts a map in the place of a scalar", { a: 1 }, [{ a: { b: 2 } }], { a: { b: 2 } }],
  ];
  for (const [claim, base, overlays, expected] of rows) {
    it(claim, () => expect(overlaid(base, overlays)).to.deep.equal(expected));
  }

  it("keeps what is null when several overlays become one", () => {
    expect(stacked([{ a: { b: 1 } }, { a: { b: null } }])).to.deep.equal({ a: { b: null } });
    expect(overlaid({ a: { b: 0, c: 1 } }, [stacked([{ a: { b: null } }, { d: 2 }])])).to.deep.equal({
      a: { c: 1 },
      d: 2,
    });
  });

  it("takes a path, with dots in keys escaped", () =>
    expect(overlayOf(String.raw`weft.nodeSelector.kubernetes\.io/arch`, "arm64")).to.deep.equal({
      weft: { nodeSelector: { "kubernetes.io/arch": "arm64" } },
    }));
});

describe("choices of an installation", () => {
  const high = { highAvailability: true };
  const rows: readonly [
    claim: string,
    given: JsonObject,
    look: (options: InstallOptions) => unknown,
    expected: unknown,
  ][] = [
    ["two replicas", {}, ({ weft }) => weft.replicas, 2],
    ["three with HA", { weft: high }, ({ weft }) => weft.replicas, 3],
    ["one's own number with HA", { weft: { ...high, replicas: 5 } }, ({ weft }) => weft.replicas, 5],
    ["Ignore", {}, ({ failurePolicy }) => failurePolicy, "Ignore"],
    ["Fail with HA", { weft: high }, ({ failurePolicy }) => failurePolicy, "Fail"],
    ["Linkerd's failure policy", { webhookFailurePolicy: "Fail" }, ({ failurePolicy }) => failurePolicy, "Fail"],
    [
      "one's own failure policy before Linkerd's",
      { webhookFailurePolicy: "Fail", weft: { failurePolicy: "Ignore" } },
      ({ failurePolicy }) => failurePolicy,
      "Ignore",
    ],
    ["Linkerd's timeout", { proxyInjector: { timeoutSeconds: 7 } }, (all) => all.timeoutSeconds.inject, 7],
    ["10 s for pods that asked", {}, (all) => all.timeoutSeconds.inject, 10],
    ["2 s for the rest", {}, (all) => all.timeoutSeconds.rest, 2],
    [
      "usual resources beside one's own",
      { weft: { resources: { requests: { cpu: 1 } } } },
      ({ weft }) => weft.resources,
      { requests: { cpu: "1", memory: "192Mi" }, limits: { memory: "768Mi" } },
    ],
    [
      "Linkerd's values, changed",
      { proxy: { logLevel: "debug" } },
      (all) => at(ownValues(all), "proxy", "logLevel"),
      "debug",
    ],
    [
      "requests of proxies with HA",
      { weft: high },
      (all) => at(ownValues(all), "proxy", "resources", "cpu", "request"),
      "100m",
    ],
    [
      "the trust domain, never blank",
      { clusterDomain: "c.test" },
      (all) => ownValues(all)["identityTrustDomain"],
      "c.test",
    ],
    ["nothing of weft in Linkerd's values", { weft: high }, (all) => ownValues(all)["weft"], undefined],
    [
      "no private key, neither in the settings nor in what was given",
      { identity: { issuer: { tls: { keyPEM: "secret", crtPEM: "public" } } } },
      (all) => JSON.stringify(all).includes("secret"),
      false,
    ],
  ];
  for (const [claim, given, look, expected] of rows) {
    it(`are ${claim}`, () => expect(look(options(given))).to.deep.equal(expected));
  }

  it("take trust anchors from the values, too", () => {
    const { mesh } = options({ identityTrustAnchorsPEM: anchors }, { trustAnchors: undefined });
    expect(mesh.kind === "own" && mesh.trustAnchors).to.equal(anchors);
  });
});

describe("the control plane of choices", () => {
  const issuer = { certificate: "Q0E=", key: "S0VZ" };
  const none = { trustAnchors: undefined };
  const rows: readonly [claim: string, given: JsonObject, changes: Partial<Requested>, expected: unknown][] = [
    ["is Linkerd's, where trust anchors are given alone", {}, {}, ["linkerd", "linkerd"]],
    ["is where it is said", { weft: { controlPlaneNamespace: "mesh" } }, {}, ["linkerd", "mesh"]],
    [
      "is that of an adopted Linkerd",
      { weft: { adoptLinkerd: true } },
      { namespace: "linkerd" },
      ["linkerd", "linkerd"],
    ],
    ["is weft's own with an issuer, and where weft is", {}, { issuer, namespace: "mesh" }, ["own", "mesh"]],
    ["takes anchors from the values", { identityTrustAnchorsPEM: anchors }, { ...none, issuer }, ["own", "weft"]],
    [
      "is weft's own with an issuer that cert-manager makes",
      { weft: { identity: { mode: "cert-manager", issuerRef: { name: "root" } } } },
      {},
      ["own", "weft"],
    ],
  ];
  for (const [claim, given, changes, expected] of rows) {
    it(claim, () => {
      const { controlPlane, controlPlaneNamespace } = options(given, changes);
      expect([controlPlane.kind, controlPlaneNamespace]).to.deep.equal(expected);
    });
  }

  it("keeps its issuer as Linkerd's values say, or as it is installed", () => {
    const tls = "kubernetes.io/tls";
    const scheme = (given: JsonObject, installed: Partial<Requested["issuer"]> = {}) => {
      const { controlPlane } = options(given, { issuer: { ...issuer, ...installed } });
      return controlPlane.kind === "own" && controlPlane.issuer.kind === "secret" && controlPlane.issuer.scheme;
    };
    expect(scheme({})).to.equal("linkerd.io/tls");
    expect(scheme({ identity: { issuer: { scheme: tls } } })).to.equal(tls);
    expect(scheme({}, { scheme: tls })).to.equal(tls);
  });
});

describe("choices that cannot be", () => {
  const key = "-----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----\n";
  const refusal = "holds a private key; settings are for everybody to read, so keep it in a Secret";
  const rows: readonly [claim: string, given: JsonObject, changes: Partial<Requested>, expected: readonly string[]][] =
    [
      [
        "private keys in values, Linkerd's and weft's own",
        { proxyInjector: { caBundle: key, keyPEM: key }, weft: { podAnnotations: { x: key }, replicas: key } },
        {},
        [`proxyInjector.caBundle: ${refusal}`, `weft.podAnnotations.x: ${refusal}`, `weft.replicas: ${refusal}`],
      ],
      ["a private key with the trust anchors", {}, { trustAnchors: anchors + key }, [`--trust-anchors: ${refusal}`]],
      [
        "a private key in the CA bundle of all callers",
        { weft: { certificates: { mode: "files" } } },
        { files: { certificate: "Q0VSVA==", key: "S0VZ", caBundle: btoa(key) } },
        [`--ca-bundle: ${refusal}`],
      ],
      [
        "no trust anchors",
        {},
        { trustAnchors: undefined },
        [
          "--trust-anchors: needed: the certificates (PEM) of the CAs that issue the identities of the mesh, or identityTrustAnchorsPEM in --values; docs/install.md says how to get or to make them",
        ],
      ],
      [
        "no issuer for weft's own control plane",
        { weft: { controlPlane: "own" } },
        {},
        [
          "--issuer-cert: needed with --issuer-key: trust anchors are given, and weft's own control plane signs with an issuer below them",
        ],
      ],
      [
        "lives of certificates that are none",
        { identity: { issuer: { issuanceLifetime: "1 day", clockSkewAllowance: "2h" } } },
        { issuer: { certificate: "", key: "" } },
        [
          'identity.issuer.issuanceLifetime: expected a duration from 10s to 8760h, got "1 day"',
          'identity.issuer.clockSkewAllowance: expected a duration from 0s to 1h, got "2h"',
        ],
      ],
      [
        "an issuer for Linkerd's",
        { weft: { controlPlane: "linkerd" } },
        { issuer: { certificate: "", key: "" } },
        ["--issuer-cert: is for weft's own control plane; with Linkerd's, Linkerd has the issuer"],
      ],
      [
        "cert-manager without an issuer of its own",
        { weft: { identity: { mode: "cert-manager" } } },
        {},
        ["weft.identity.issuerRef: needed: the issuer of cert-manager's that signs the mesh's issuer"],
      ],
      [
        "a control plane of weft's own somewhere else",
        { weft: { controlPlane: "own", controlPlaneNamespace: "linkerd" } },
        { issuer: { certificate: "", key: "" } },
        [
          "--linkerd-namespace: has to be weft, as --namespace: weft's own control plane is installed with the webhook. For that of a running Linkerd give its --trust-anchors, and no issuer",
        ],
      ],
      [
        "a control plane of weft's own where Linkerd is adopted",
        { weft: { controlPlane: "own", adoptLinkerd: true } },
        { namespace: "linkerd" },
        ["weft.controlPlane: cannot be own where Linkerd is adopted: its control plane is used"],
      ],
      ["a typo", { weft: { replcas: 3 } }, {}, ["weft.replcas: is not known; did you mean weft.replicas?"]],
      [
        "a typo below",
        { weft: { certificates: { mod: "self" } } },
        {},
        ["weft.certificates.mod: is not known; did you mean weft.certificates.mode?"],
      ],
      ["no map", { weft: 3 }, {}, ["weft: expected a map, got 3"]],
      [
        "values of wrong types, all at once, Linkerd's too",
        { weft: { replicas: 0, gracePeriod: "6m", tolerations: {} }, proxy: { uid: "x" } },
        {},
        [
          "weft.replicas: expected a whole number from 1 to 100, got 0",
          "weft.tolerations: expected a list of tolerations, got {}",
          'weft.gracePeriod: expected a duration from 0s to 5m, such as 5s, got "6m"',
          'proxy.uid: expected a whole number, got "x"',
        ],
      ],
      [
        "settings that cannot inject",
        { clusterNetworks: "here" },
        {},
        ['clusterNetworks: "here" is not a network in CIDR form'],
      ],
      [
        "a failure policy of Linkerd's that is none",
        { webhookFailurePolicy: "Maybe" },
        {},
        ["webhookFailurePolicy: expected Ignore or Fail"],
      ],
      [
        "a timeout of Linkerd's that is none",
        { proxyInjector: { timeoutSeconds: 31 } },
        {},
        ["proxyInjector.timeoutSeconds: expected a whole number from 1 to 30"],
      ],
      [
        "a namespace of others",
        {},
        { namespace: "kube-system" },
        ["--namespace: weft needs a namespace of its own, not kube-system"],
      ],
      [
        "files that are missing",
        { weft: { certificates: { mode: "files" } } },
        {},
        ["--certificates files: needs --tls-cert, --tls-key and --ca-bundle"],
      ],
      [
        "files that nobody uses",
        {},
        { files: { certificate: "", key: "", caBundle: "" } },
        ["--tls-cert: is for --certificates files"],
      ],
      [
        "adopting Linkerd somewhere else, with settings of one's own",
        { weft: { adoptLinkerd: true }, proxy: { logLevel: "debug" } },
        {},
        [
          "--namespace: has to be linkerd to adopt Linkerd: weft mounts the settings that are there",
          "proxy: has no effect when Linkerd is adopted: its own settings are used",
        ],
      ],
    ];
  for (const [claim, given, changes, expected] of rows) {
    it(claim, () => expect(issues(given, changes)).to.deep.equal(expected));
  }
});

describe("tap, as an installation chooses it", () => {
  const issuer = { certificate: "Q0E=", key: "S0VZ" };
  const taps: readonly [claim: string, given: JsonObject, changes: Partial<Requested>, expected: Json | undefined][] = [
    ["proxies can be tapped with weft's own control plane", {}, { issuer }, { enabled: true }],
    ["they cannot where weft.tap says so", { weft: { tap: false } }, { issuer }, { enabled: false }],
    ["nor where the pods' own value says so", { tap: { enabled: false } }, { issuer }, { enabled: false }],
    ["with Linkerd's control plane nothing is said of it", {}, {}, undefined],
  ];
  for (const [claim, given, changes, expected] of taps)
    it(claim, () => expect(ownValues(options(given, changes))["tap"]).to.deep.equal(expected));

  it("weft cannot open the tap of proxies whose certificates Linkerd makes", () =>
    expect(issues({ weft: { tap: true } })).to.deep.equal([
      "weft.tap: is for weft's own control plane; with Linkerd's, its viz extension sets tap up",
    ]));
});

describe("TrafficSplits, as an installation chooses them", () => {
  it("are for weft's own control plane", () =>
    expect(issues({ weft: { trafficSplit: true } })).to.deep.equal([
      "weft.trafficSplit: is for weft's own control plane; beside Linkerd's, its smi extension reads splits",
    ]));
});

const at = (value: Json | undefined, ...path: readonly string[]): Json | undefined =>
  path.reduce<Json | undefined>((found, key) => (found as JsonObject | undefined)?.[key], value);

import { expect } from "chai";
import { inject } from "../../../../src/core/inject/inject.ts";
import { readInstallation, withSettings } from "../../../../src/core/inject/settings/installation.ts";
import type { Json } from "../../../../src/core/base/json/json.ts";
import {
  asking,
  installation,
  memberAt,
  injectedInto,
  pod,
  requestFor,
  sha256,
  values,
  variableIn,
} from "../../../support/injection.ts";

const certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

describe("settings that cannot inject (S-54)", () => {
  const rows: readonly [claim: string, changes: Readonly<Record<string, Json>>, errors: readonly string[]][] = [
    ["networks", { clusterNetworks: "10.0.0.0/8,nonsense, 10.0.0.0/8" }, ["clusterNetworks", "clusterNetworks"]],
    ["no trust anchors", { identityTrustAnchorsPEM: "" }, ["identityTrustAnchorsPEM"]],
    ["iptables mode", { "proxyInit.iptablesMode": "ebpf" }, ["proxyInit.iptablesMode"]],
    ["no iptables mode", { "proxyInit.iptablesMode": "" }, ["proxyInit.iptablesMode"]],
    ["log of headers", { "proxy.logHTTPHeaders": "on" }, ["proxy.logHTTPHeaders"]],
    ["close-wait timeout without root", { "proxyInit.closeWaitTimeoutSecs": 1 }, ["proxyInit.closeWaitTimeoutSecs"]],
    [
      "tracing without a collector",
      { "proxy.tracing.enabled": true },
      ["endpoint", "meshIdentity.serviceAccountName", "meshIdentity.namespace"].map(
        (end) => `proxy.tracing.collector.${end}`,
      ),
    ],
    [
      "a port that is none",
      { "proxy.ports.inbound": 0, "proxy.ports.admin": 65_536 },
      ["proxy.ports.inbound", "proxy.ports.admin"],
    ],
    [
      "amounts that are none, or below 0",
      { "proxy.resources.cpu.request": "1 cpu", "proxyInit.resources.memory.limit": "-1" },
      ["proxy.resources.cpu.request", "proxyInit.resources.memory.limit"],
    ],
    [
      "pull policies that are none",
      { imagePullPolicy: "always", "proxy.image.pullPolicy": "x", "debugContainer.image.pullPolicy": "y" },
      ["imagePullPolicy", "proxy.image.pullPolicy", "debugContainer.image.pullPolicy"],
    ],
    [
      "several at once",
      { clusterNetworks: "x", "proxyInit.iptablesMode": "x" },
      ["clusterNetworks", "proxyInit.iptablesMode"],
    ],
  ];
  for (const [claim, changes, errors] of rows) {
    it(`${claim}: known when loaded, a fault for pods that ask, nothing for others`, () => {
      const broken = installation(changes);
      expect(broken.errors.map(({ at }) => at)).to.deep.equal(errors);
      const injection = inject(requestFor(asking(), { installation: broken }));
      expect(injection.kind === "faulted" && injection.issues.map(({ at }) => at)).to.deep.equal(errors);
      expect(inject(requestFor(pod(), { installation: broken })).kind).to.equal("skipped");
      expect(inject(requestFor({ apiVersion: "v1", kind: "Service" }, { installation: broken })).kind).to.equal(
        "skipped",
      );
    });
  }

  const fine: readonly [claim: string, changes: Readonly<Record<string, Json>>][] = [
    ["commas at the ends of the networks", { clusterNetworks: ",10.0.0.0/8,," }],
    ["no networks", { clusterNetworks: "" }],
    ["no group, and no policy of its own", { "proxy.gid": -1, imagePullPolicy: "" }],
    [
      "any iptables mode with CNI",
      { cniEnabled: true, "proxyInit.iptablesMode": "x", "proxyInit.closeWaitTimeoutSecs": 1 },
    ],
    ["a close-wait timeout with root", { "proxyInit.runAsRoot": true, "proxyInit.closeWaitTimeoutSecs": 1 }],
    ["a blank log of headers", { "proxy.logHTTPHeaders": "" }],
    ["a control port that is none", { "proxy.ports.control": 0 }],
    ["trust anchors that are no certificates", { identityTrustAnchorsPEM: "IdentityTrustAnchorsPEM" }],
  ];
  for (const [claim, changes] of fine) {
    it(`no fault: ${claim}`, () => {
      expect(installation(changes).errors).to.deep.equal([]);
      expect(inject(requestFor(asking(), { installation: installation(changes) })).kind).to.equal("injected");
    });
  }

  it("an annotation mends the setting that it replaces", () => {
    const broken = installation({ "proxy.logHTTPHeaders": "on", "proxy.ports.admin": 0 });
    const annotations = { "config.linkerd.io/proxy-log-http-headers": "off", "config.linkerd.io/admin-port": "4191" };
    expect(inject(requestFor(asking({ annotations }), { installation: broken })).kind).to.equal("injected");
  });

  it("flags are looked at as the settings are", () => {
    const { settings } = installation();
    const flagged = withSettings(installation(), { ...settings, "proxy.ports.admin": 0 });
    expect(flagged.errors.map(({ at }) => at)).to.deep.equal(["proxy.ports.admin"]);
  });
});

describe("settings with a private key", () => {
  const key = "-----BEGIN EC PRIVATE KEY-----\nSECRET\n-----END EC PRIVATE KEY-----\n";
  const rows: readonly [
    claim: string,
    changes: Readonly<Record<string, Json>>,
    anchors: string | undefined,
    at: string,
  ][] = [
    ["in a value that is used", { "proxy.image.name": key }, undefined, "proxy.image.name"],
    ["in one that is not", { podAnnotations: { x: btoa(key) } }, undefined, "podAnnotations.x"],
    ["beside the trust anchors", { identityTrustAnchorsPEM: certificate + key }, undefined, "identityTrustAnchorsPEM"],
    ["in the file of the trust anchors", {}, certificate + key, "identityTrustAnchorsPEM"],
    ["where a number should be", { "proxy.ports.inbound": key }, undefined, "proxy.ports.inbound"],
  ];
  for (const [claim, changes, pem, at] of rows) {
    it(`${claim} are refused, and nothing of it is quoted`, () => {
      const trustAnchors = pem === undefined ? undefined : { pem, sha256: "" };
      const read = readInstallation({ values: values(changes), trustAnchors, sha256 });
      expect("issues" in read && read.issues.map((issue) => issue.at)).to.deep.equal([at]);
      expect(JSON.stringify(read))
        .to.match(/holds a private key/)
        .and.not.match(/SECRET|U0VDUkVU/);
    });
  }

  it("where Linkerd's chart has it are read as ever: its ConfigMap is without it", () => {
    const read = readInstallation({ values: values({ proxyInjector: { keyPEM: key } }), sha256 });
    expect(read).to.have.nested.property("value.installation");
  });
});

describe("trust anchors", () => {
  it("S-24: the hash is over the bytes as read, the variable is trimmed", () => {
    const pem = `\n ${certificate}\n`;
    const after = injectedInto(asking(), { installation: installation({ identityTrustAnchorsPEM: pem }) });
    expect(memberAt(after, "metadata", "annotations", "linkerd.io/trust-root-sha256")).to.equal(sha256(pem));
    expect(variableIn(after, "IDENTITY_TRUST_ANCHORS")).to.equal(certificate);
  });

  it("of a file replace those of the settings", () => {
    const read = readInstallation({ values: values(), trustAnchors: { pem: "file", sha256: "hash" }, sha256 });
    expect("value" in read && read.value.installation.trustAnchors).to.deep.equal({ pem: "file", sha256: "hash" });
    expect("value" in read && read.value.installation.controlPlaneNamespace).to.equal("linkerd");
  });

  const rows: readonly [
    claim: string,
    changes: Readonly<Record<string, Json | undefined>>,
    warnings: readonly string[],
  ][] = [
    ["certificates", { identityTrustAnchorsPEM: certificate + certificate }, []],
    ["none, which is a fault already", { identityTrustAnchorsPEM: "" }, []],
    ["text that is not a PEM", { identityTrustAnchorsPEM: "anchors" }, ["identityTrustAnchorsPEM"]],
    ["values that are only an overlay", { identityTrustAnchorsPEM: certificate, proxy: {} }, ["proxy.image.name"]],
  ];
  for (const [claim, changes, warnings] of rows) {
    it(`${claim}: ${warnings.length === 0 ? "no warning" : `a warning about ${warnings.join()}`}`, () => {
      const read = readInstallation({ values: values(changes), sha256 });
      expect("value" in read && read.value.warnings.map(({ at }) => at)).to.deep.equal(warnings);
    });
  }
});

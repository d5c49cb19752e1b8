/**
 * `charts/` is what `weft install` makes (make golden rewrites it). Where there is a helm, what it renders is compared with
 * `weft install` object by object: over choices of every row of the table of values, each pair of them at least once.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createHash } from "node:crypto";
import { expect } from "chai";
import { chartFiles } from "../../../scripts/chart/chart.ts";
import { changedAt, itemsOf } from "../../../src/core/base/json/edit.ts";
import { isObject } from "../../../src/core/base/json/json.ts";
import type { Json, JsonObject } from "../../../src/core/base/json/json.ts";
import { at, textsAt } from "../../../src/core/base/json/read.ts";
import { issueText } from "../../../src/core/base/text/issue.ts";
import { readDocument } from "../../../src/core/documents/document.ts";
import { defaultValues } from "../../../src/core/inject/settings/defaults.ts";
import { resolveOptions } from "../../../src/core/install/choices.ts";
import { settledImage, withImageParts } from "../../../src/core/install/image.ts";
import { names } from "../../../src/core/install/names.ts";
import { installObjects } from "../../../src/core/install/objects.ts";
import { overlaid, overlayOf } from "../../../src/core/install/overlay.ts";
import { nameOf, shownName } from "../../../src/core/install/print.ts";
import { valueRows } from "../../../src/core/install/weft-values.ts";
import { ownKeys } from "../../../src/core/mesh/annotations.ts";
import { ownPackage } from "../../../src/files/package.ts";
import { charts, describeWithHelm, ended, objectsIn, rendered } from "../../support/helm.ts";
import { eachOnce, pairwise } from "../../support/pairwise.ts";

const generated = chartFiles();
const byHand = ["weft/templates/NOTES.txt", "weft/templates/_helpers.tpl", "weft/templates/tests/injection.yaml"];

describe("charts/", () => {
  it("have the files that are made, and those that are written by hand", () => {
    if (process.env["UPDATE_GOLDEN"] === "1")
      for (const [file, text] of generated) {
        mkdirSync(dirname(join(charts, file)), { recursive: true });
        writeFileSync(join(charts, file), text);
      }
    const found = readdirSync(charts, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(charts.length));
    expect(found).to.have.members([...generated.keys(), ...byHand]);
  });

  for (const [file, text] of generated)
    it(`${file} is as it is made`, () => expect(readFileSync(join(charts, file), "utf8")).to.equal(text));
});

const certificate = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n";
const key = "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----\n";
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const authorities = {
  identityTrustAnchorsPEM: certificate,
  identity: { issuer: { tls: { crtPEM: certificate, keyPEM: key } } },
};
const served = { proxyInjector: { crtPEM: certificate, keyPEM: key, caBundle: certificate } };

/** What each row of the table may be, beside nothing; the same for what the chart reads of Linkerd's values. */
const samples: Readonly<Record<string, readonly Json[]>> = {
  "weft.highAvailability": [true],
  "weft.image": ["example.org/team/weft", "example.org:5000/weft:1.0", { registry: "example.org", tag: "2.0" }],
  "weft.imagePullPolicy": ["Always"],
  "weft.imagePullSecrets": [["one", "two"]],
  "weft.replicas": [1, 5, null],
  "weft.resources": [{ requests: { cpu: 1 } }, { limits: { memory: "1Gi", cpu: 0.5 } }, {}],
  "weft.controller.replicas": [1, 4],
  "weft.controller.resources": [{ requests: { cpu: null, memory: "1Gi" }, limits: { memory: null } }],
  "weft.priorityClassName": ["mine"],
  "weft.nodeSelector": [{ pool: "system" }, { "kubernetes.io/os": null }],
  "weft.tolerations": [[{ key: "pool", operator: "Equal", value: "system", effect: "NoSchedule" }]],
  "weft.antiAffinity": ["required"],
  "weft.podAnnotations": [{ "example.org/a": "b", "linkerd.io/inject": "enabled" }],
  "weft.podLabels": [{ "app.kubernetes.io/name": "other", team: "1" }],
  "weft.failurePolicy": ["Fail"],
  "weft.policies.failurePolicy": ["Ignore", "Fail"],
  "weft.timeoutSeconds.inject": [7],
  "weft.timeoutSeconds.rest": [3],
  "weft.namespaces": [["shop", "bank"]],
  "weft.webhookClientCa": [certificate],
  "weft.events": ["all"],
  "weft.logLevel": ["debug"],
  "weft.logFormat": ["json"],
  "weft.gracePeriod": ["1m1.5s", "0", "1500ms"],
  "weft.certificates.mode": ["cert-manager", "files"],
  "weft.certificates.replicas": [2],
  "weft.certificates.resources": [{ limits: { memory: "1Gi" } }],
  "weft.certificates.issuer": [{ name: "root" }, { name: "root", kind: "ClusterIssuer", group: "example.org" }],
  "weft.networkPolicy.enabled": [false],
  "weft.networkPolicy.apiServerPorts": [[443]],
  "weft.networkPolicy.webhookClients": [["10.0.0.0/24", "fd00::/64"]],
  webhookFailurePolicy: ["Fail"],
};

/** Not beside an adopted Linkerd, whose own values count. */
const ofMesh: Readonly<Record<string, readonly Json[]>> = {
  "proxyInjector.timeoutSeconds": [20],
  identityTrustDomain: ["mesh.example"],
  clusterDomain: ["cluster.example"],
  "proxy.logLevel": ["warn,linkerd=debug"],
  "proxy.cores": [1_000_000],
  "proxy.image.version": [null],
};

const ofOwn: Readonly<Record<string, readonly Json[]>> = {
  "weft.identity.mode": ["cert-manager"],
  "weft.identity.issuerRef": [{ name: "mesh" }, { name: "mesh", kind: "ClusterIssuer" }],
  "weft.identity.spiffe": [true],
  "weft.tap": [false, true],
  "weft.trafficSplit": [true],
  "identity.issuer.scheme": ["kubernetes.io/tls"],
  "identity.issuer.issuanceLifetime": ["12h"],
  "identity.issuer.clockSkewAllowance": ["5s"],
};

const nothing = Symbol("not given");

interface Plane {
  readonly namespace: string;
  readonly fixed: JsonObject;
  readonly rows: Readonly<Record<string, readonly Json[]>>;
  readonly covers: typeof pairwise<Json | typeof nothing>;
}

const planes: Readonly<Record<string, Plane>> = {
  "weft's own": {
    namespace: "default",
    fixed: authorities,
    rows: { ...samples, ...ofMesh, ...ofOwn },
    covers: pairwise,
  },
  "weft's own, elsewhere": {
    namespace: "mesh",
    fixed: { ...authorities, weft: { controlPlane: "own", controlPlaneNamespace: "mesh" } },
    rows: { ...ofMesh, ...ofOwn },
    covers: eachOnce,
  },
  "Linkerd's": {
    namespace: "mesh",
    fixed: { identityTrustAnchorsPEM: certificate },
    rows: { ...samples, ...ofMesh, "weft.controlPlane": ["linkerd"], "weft.controlPlaneNamespace": ["elsewhere"] },
    covers: eachOnce,
  },
  "Linkerd's, adopted": {
    namespace: "linkerd",
    fixed: { weft: { adoptLinkerd: true } },
    rows: { ...samples, "weft.tap": [false] },
    covers: eachOnce,
  },
};

/** What goes together: what a mode needs is given with it. */
function completed(values: JsonObject): JsonObject {
  const weft = isObject(values["weft"]) ? values["weft"] : {};
  const [mode, identity] = ["certificates", "identity"].map((part) => {
    const found = weft[part];
    return isObject(found) ? found : {};
  });
  return overlaid(values, [
    ...(mode?.["mode"] === "files" && weft["adoptLinkerd"] !== true ? [served] : []),
    ...(identity?.["mode"] === "cert-manager" && identity["issuerRef"] === undefined
      ? [overlayOf("weft.identity.issuerRef", { name: "mesh" })]
      : []),
  ]);
}

const isPossible = (values: JsonObject): boolean =>
  !JSON.stringify(values).includes('"adoptLinkerd":true') || !JSON.stringify(values).includes('"mode":"files"');

const choices = Object.entries(planes).flatMap(([plane, { namespace, fixed, rows, covers }]) =>
  covers(new Map(Object.entries(rows).map(([path, some]) => [path, [nothing, ...some]])))
    .map((combination) =>
      [...combination].reduce<JsonObject>(
        (values, [path, value]) => (value === nothing ? values : laid(values, overlayOf(path, value))),
        fixed,
      ),
    )
    .map(completed)
    .filter(isPossible)
    .map((values, index) => ({ claim: `control plane ${plane}, choice ${index + 1}`, namespace, values })),
);

/** As values are given: a null stays. */
function laid(below: JsonObject, over: JsonObject): JsonObject {
  const merged = new Map(Object.entries(below));
  for (const [name, value = null] of Object.entries(over)) {
    const under = merged.get(name);
    merged.set(name, isObject(value) && isObject(under) ? laid(under, value) : value);
  }
  return Object.fromEntries(merged);
}

describeWithHelm("charts/ as helm renders them", function suite() {
  this.timeout(60_000);

  it("the choices are of each row, and at least twenty", () => {
    const given = new Set(Object.values(planes).flatMap(({ rows }) => Object.keys(rows)));
    const isGiven = (path: string): boolean => [...given].some((each) => `weft.${path}`.startsWith(each));
    const fixed = new Set(["adoptLinkerd"]);
    expect(Object.keys(valueRows).filter((path) => !isGiven(path) && !fixed.has(path))).to.deep.equal([]);
    expect(choices.length).to.be.greaterThan(20);
  });

  for (const { claim, namespace, values } of choices) {
    it(`${claim}: the objects are those of weft install`, () => {
      const found = byName(objectsIn(rendered({ chart: "weft", namespace, values })).filter(isInstalled));
      const expected = byName(installed(namespace, values).filter(isInstalled));
      expect(Object.keys(found)).to.have.members(Object.keys(expected));
      for (const [name, object] of Object.entries(expected)) {
        expect(found[name], name).to.deep.equal(JSON.parse(JSON.stringify(object)));
      }
    });
  }
});

describeWithHelm("charts/weft-crds", () => {
  for (const weft of [{}, { trafficSplit: true }])
    it(`has the definitions of weft install, with ${JSON.stringify(weft)}`, () => {
      const isDefinition = ({ kind }: JsonObject): boolean => kind === "CustomResourceDefinition";
      const found = objectsIn(rendered({ chart: "weft-crds", values: { weft } }));
      expect(byName(found)).to.deep.equal(byName(installed("mesh", { ...authorities, weft }).filter(isDefinition)));
    });
});

describeWithHelm("charts/ as tools for Git take them", () => {
  const text = (): string => rendered({ chart: "weft", namespace: "mesh", values: authorities });

  it("a second rendering is the first", () => expect(text()).to.equal(text()));

  it("docs/helm.md exempts whatever weft has a right to change, and nothing that the chart has", () => {
    const page = readFileSync(join(charts, "../docs/helm.md"), "utf8");
    const block = /```yaml\n(ignoreDifferences:[^`]*)```/.exec(page)?.[1] ?? "";
    const exempted = itemsOf(at(readDocument(block).value ?? null, "ignoreDifferences"));
    const isExempted = (kind: string, name: string): boolean =>
      exempted.some((each) => each["kind"] === kind && [name, undefined].includes(each["name"] as string | undefined));
    const objects = objectsIn(text());
    const written = objects.flatMap((object) => itemsOf(object["rules"])).filter(isWriting);
    const found = written.flatMap((rule) =>
      textsAt(rule, "resources").flatMap((plural) => textsAt(rule, "resourceNames").map((name) => [plural, name])),
    );
    expect(found.length).to.be.greaterThan(5);
    for (const [plural = "", name = ""] of found) {
      const kind =
        objects.map((object) => nameOf(object).kind).find((each) => `${each.toLowerCase()}s` === plural) ?? plural;
      expect(isExempted(kind, name), `${kind} ${name}`).to.equal(true);
    }
    const isIn = (kind: string): readonly JsonObject[] => objects.filter((object) => nameOf(object).kind === kind);
    expect(JSON.stringify(objects)).to.not.include('"caBundle"');
    for (const lease of isIn("Lease")) expect(lease["spec"]).to.equal(undefined);
    for (const secret of isIn("Secret").filter((each) => isExempted("Secret", nameOf(each).name)))
      expect(secret["data"]).to.equal(undefined);
  });
});

const isWriting = (rule: JsonObject): boolean =>
  textsAt(rule, "verbs").some((verb) => verb === "update" || verb === "patch");

describeWithHelm("charts/ refuse", () => {
  const rows: readonly [claim: string, values: JsonObject, says: RegExp, namespace?: string][] = [
    ["a value of weft's that there is not", { weft: { replica: 1 } }, /'replica' not allowed/],
    ["too many replicas", { weft: { replicas: 101 } }, /\/weft\/replicas/],
    ["half a replica", { weft: { replicas: 1.5 } }, /\/weft\/replicas/],
    ["a word that is none", { weft: { events: "some" } }, /\/weft\/events/],
    ["a duration that is none", { weft: { gracePeriod: "soon" } }, /\/weft\/gracePeriod/],
    ["a grace period that is too long", { weft: { gracePeriod: "1h" } }, /from 0s to 5m/],
    ["an amount below nothing", { weft: { resources: { limits: { cpu: "-1" } } } }, /\/weft\/resources/],
    ["a port that is none", { weft: { networkPolicy: { apiServerPorts: [0] } } }, /apiServerPorts/],
    ["an issuer without a name", { weft: { certificates: { issuer: { kind: "Issuer" } } } }, /certificates\/issuer/],
    ["a key among the CAs of API servers", { weft: { webhookClientCa: certificate + key } }, /webhookClientCa/],
    [
      "a key in a setting, unquoted",
      { proxy: { additionalEnv: [{ name: "A", value: key }] } },
      /a private key is among/,
    ],
    ["no reference for cert-manager", { weft: { identity: { mode: "cert-manager" } } }, /identity.issuerRef: needed/],
    ["no CA for files", { weft: { certificates: { mode: "files" } } }, /caBundle: needed/],
    [
      "Linkerd's control plane without anchors",
      { weft: { controlPlane: "linkerd" } },
      /identityTrustAnchorsPEM: needed/,
    ],
    ["a namespace that is not weft's", {}, /a namespace of its own, not kube-system/, "kube-system"],
    [
      "traffic splits with Linkerd's control plane",
      { weft: { adoptLinkerd: true, trafficSplit: true } },
      /weft.trafficSplit/,
      "linkerd",
    ],
    ["to adopt Linkerd elsewhere", { weft: { adoptLinkerd: true } }, /has to be linkerd/, "mesh"],
  ];
  for (const [claim, values, says, namespace = "mesh"] of rows)
    it(claim, () => {
      const { status, stderr } = ended({ chart: "weft", namespace, values });
      expect(status).to.equal(1);
      expect(stderr).to.match(says).and.not.include("MII=");
    });
});

/** As `weft install` makes them of the same values. */
function installed(namespace: string, values: JsonObject): readonly JsonObject[] {
  const given = settledImage(withImageParts(values));
  const { identity, proxyInjector } = values as { identity?: JsonObject; proxyInjector?: JsonObject };
  const isAdopting = JSON.stringify(values).includes('"adoptLinkerd":true');
  const isCertManager = JSON.stringify(identityOf(values)).includes("cert-manager");
  const result = resolveOptions({
    namespace: namespace === "default" ? "weft" : namespace,
    version: ownPackage().version,
    base: defaultValues,
    given,
    trustAnchors: isAdopting ? certificate : undefined,
    issuer:
      identity === undefined || isCertManager ? undefined : { certificate: base64(certificate), key: base64(key) },
    files:
      proxyInjector?.["crtPEM"] === undefined
        ? undefined
        : { certificate: base64(certificate), key: base64(key), caBundle: base64(certificate) },
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
  });
  if ("issues" in result) throw new Error(result.issues.map(issueText).join("\n"));
  return installObjects(result.value.options).filter(({ kind }) => kind !== "Namespace" || namespace === "default");
}

const identityOf = (values: JsonObject): Json =>
  isObject(values["weft"]) ? (values["weft"]["identity"] ?? null) : null;

/** The definitions are in a chart of their own; the test of the release is nothing that weft installs. */
const isInstalled = (object: JsonObject): boolean => {
  const { kind } = nameOf(object);
  return kind !== "CustomResourceDefinition" && !JSON.stringify(object["metadata"]).includes("helm.sh/hook");
};

/** By name; texts of YAML as what they say, and without what only one of the two writes. */
function byName(objects: readonly JsonObject[]): Readonly<Record<string, JsonObject>> {
  return Object.fromEntries(
    objects.map((object) => [`${shownName(nameOf(object))} ${nameOf(object).namespace}`, comparable(object)]),
  );
}

function comparable(object: JsonObject): JsonObject {
  const bare = [ownKeys.mesh, "helm.sh/resource-policy"].reduce(
    (kept, annotation) => changedAt(kept, ["metadata", "annotations", annotation], () => undefined),
    object,
  );
  const emptied = changedAt(bare, ["metadata", "annotations"], (map) =>
    isObject(map) && Object.keys(map).length > 0 ? map : undefined,
  );
  const { kind, name } = nameOf(object);
  if (kind !== "ConfigMap" || (name !== names.settings && name !== names.given)) return emptied;
  return changedAt(emptied, ["data", "values"], (text) => {
    const value = readDocument(String(text)).value ?? null;
    return isObject(value) ? settledImage(withImageParts(value)) : value;
  });
}

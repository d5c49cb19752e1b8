/** What a rotation's steps need, and how it is told. That the steps are safe together: `rotation.property.test.ts`. */
import { expect } from "chai";
import {
  nextStep,
  obstacles,
  phaseOf,
  propagation,
  remaining,
  span,
  underWay,
} from "../../../src/core/identity/rotation.ts";
import type { PodTrust, RotationFacts, Step } from "../../../src/core/identity/rotation.ts";
import { dataChanged, podTrust, rotationIn, rotationText } from "../../../src/core/identity/rotation-objects.ts";
import { statusJson } from "../../../src/core/identity/rotation-json.ts";
import { statusText } from "../../../src/core/identity/rotation-text.ts";
import type { JsonObject } from "../../../src/core/base/json/json.ts";

const old = "a".repeat(64);
const fresh = "b".repeat(64);
const day = 86_400_000;
const now = Date.parse("2026-03-01T12:00:00Z");
const life = { lifetime: day, clockSkew: 20_000 };
const valid = { notBefore: now - day, notAfter: now + 365 * day };

const anchor = (fingerprint: string) => ({ ...valid, fingerprint, subject: "CN=root" });
const issuer = (under: readonly string[], changed: number | undefined = 0) => ({
  ...valid,
  fingerprint: "c".repeat(64),
  subject: "CN=identity",
  anchors: under,
  changed,
  manager: undefined,
});
const pod = (name: string, anchors: readonly string[] | undefined, trustRoot = "5ha"): PodTrust => ({
  namespace: "shop",
  name,
  owner: `deployment/${name}`,
  trustRoot,
  anchors,
});

const rotation = { from: [old], to: fresh };
const steady: RotationFacts = {
  bundle: { anchors: [anchor(old)], sha256: "5ha", changed: 0, rotation: undefined },
  issuer: issuer([old]),
  pods: [pod("web", [old])],
  replicas: [],
  leaf: life,
  now,
};
const added: RotationFacts = {
  ...steady,
  bundle: { ...steady.bundle, anchors: [anchor(old), anchor(fresh)], changed: now - propagation, rotation },
  pods: [pod("web", [old, fresh])],
};
const replicas = (...bundles: readonly (string | undefined)[]): RotationFacts["replicas"] =>
  bundles.map((bundle, index) => ({ name: String(index), issuerEnds: undefined, bundle }));
const wait = propagation + life.lifetime + life.clockSkew;
const issued: RotationFacts = { ...added, issuer: issuer([fresh], now - wait) };

const issue: Step = { kind: "issue", under: fresh };
const rows: readonly [claim: string, step: Step, facts: RotationFacts, expected: readonly string[]][] = [
  ["add: from steady", { kind: "add" }, steady, []],
  ["add: not twice", { kind: "add" }, added, ["rotation: is under way, to trust anchor bbbbbbbbbbbb"]],
  [
    "add: not below an issuer that nobody trusts",
    { kind: "add" },
    { ...steady, issuer: issuer([]) },
    [
      "issuer: leads to none of the trust anchors: weft identity rotate issuer --start --anchor-key-file FILE mends that",
    ],
  ],
  [
    "add: again, where somebody put the bundle back",
    { kind: "add" },
    { ...added, bundle: { ...added.bundle, anchors: [anchor(old)] } },
    [],
  ],
  [
    "any: not where cert-manager has the issuer",
    { kind: "add" },
    { ...steady, issuer: { ...issuer([old]), manager: "cert-manager (Certificate x)" } },
    ["issuer: is made and renewed by cert-manager (Certificate x): weft leaves it, and its anchors, alone"],
  ],
  ["issue: when all pods trust the new anchor", issue, added, []],
  [
    "issue: below the anchor that is in use, at once",
    { kind: "issue", under: old },
    { ...steady, bundle: { ...steady.bundle, changed: now } },
    [],
  ],
  ["issue: not below a stranger", issue, steady, ["anchor: is none of the trust anchors in the bundle"]],
  [
    "issue: not before replicas have read the bundle",
    issue,
    { ...added, bundle: { ...added.bundle, changed: now - propagation + 1 } },
    ["bundle: was changed 5 min ago; it takes 1 s more until every replica has read it"],
  ],
  [
    "issue: at once where every replica says that it has, but for reviews that were under way",
    issue,
    {
      ...added,
      bundle: { ...added.bundle, changed: now - underWay },
      replicas: replicas(added.bundle.sha256, added.bundle.sha256),
    },
    [],
  ],
  [
    "issue: not before those have ended",
    issue,
    {
      ...added,
      bundle: { ...added.bundle, changed: now - underWay + 1000 },
      replicas: replicas(added.bundle.sha256, added.bundle.sha256),
    },
    ["bundle: was changed 29 s ago; it takes 1 s more until reviews that were under way have ended"],
  ],
  [
    "issue: not while a replica has another bundle, at any time, or does not say for a while",
    issue,
    { ...added, replicas: replicas(added.bundle.sha256, "another", undefined) },
    ["pod/1: still uses another bundle of trust anchors: see its log"],
  ],
  [
    "issue: not while one does not say, for a while",
    issue,
    {
      ...added,
      bundle: { ...added.bundle, changed: now - propagation + 1 },
      replicas: replicas(added.bundle.sha256, undefined),
    },
    ["bundle: was changed 5 min ago; it takes 1 s more until every replica has read it"],
  ],
  [
    "issue: not while pods do not trust the anchor, whose name is told",
    issue,
    { ...added, pods: [pod("web", [old]), pod("web", [old]), pod("db", [old, fresh]), pod("job", undefined, "older")] },
    [
      "shop deployment/web: 2 pods do not trust anchor bbbbbbbbbbbb: restart it",
      "shop deployment/job: 1 pod does not trust anchor bbbbbbbbbbbb: restart it",
    ],
  ],
  [
    "issue: a pod whose environment is hidden has what its annotation says",
    issue,
    { ...added, pods: [pod("web", undefined)] },
    [],
  ],
  [
    "issue: not below an anchor that has expired",
    issue,
    { ...added, bundle: { ...added.bundle, anchors: [anchor(old), { ...anchor(fresh), notAfter: now - 1 }] } },
    ["anchor: has expired"],
  ],
  ["drop: after the life of a certificate", { kind: "drop" }, issued, []],
  [
    "drop: not a moment earlier",
    { kind: "drop" },
    { ...issued, issuer: issuer([fresh], now - wait + 1) },
    ["issuer: was changed 25 h ago; it takes 1 s more until every certificate of the one before has ended"],
  ],
  [
    "drop: not when nobody knows since when",
    { kind: "drop" },
    { ...issued, issuer: { ...issuer([fresh]), changed: undefined } },
    ["issuer: was changed nobody knows when; it takes 25 h until every certificate of the one before has ended"],
  ],
  [
    "drop: not while a replica signs with another issuer",
    { kind: "drop" },
    {
      ...issued,
      replicas: [
        { name: "x", issuerEnds: valid.notAfter, bundle: undefined },
        { name: "y", issuerEnds: valid.notAfter - day, bundle: undefined },
        { name: "z", issuerEnds: undefined, bundle: undefined },
      ],
    },
    ["pod/y: still signs with another issuer: see its log"],
  ],
  [
    "drop: not what the issuer rests on",
    { kind: "drop" },
    added,
    ["issuer: is still below the old trust anchor: without that, nobody would be trusted"],
  ],
  ["drop: not from steady", { kind: "drop" }, steady, ["rotation: of the trust anchor is not under way"]],
];

describe("a step of a rotation", () => {
  for (const [claim, step, facts, expected] of rows) {
    it(claim, () =>
      expect(obstacles(step, facts).map(({ at, message }) => `${at}: ${message}`)).to.deep.equal(expected),
    );
  }

  it("yields to somebody who knows better only where something remains", () => {
    const yields = (step: Step, facts: RotationFacts) => obstacles(step, facts).map((each) => each.yields);
    expect(yields(issue, { ...added, pods: [pod("web", [old])] })).to.deep.equal([true]);
    expect(yields({ kind: "drop" }, added)).to.deep.equal([false]);
    expect(yields(issue, steady)).to.deep.equal([false]);
  });

  it("follows the one before", () => {
    const seen = [steady, added, issued].map((facts) => [phaseOf(facts).kind, nextStep(facts)?.kind]);
    expect(seen).to.deep.equal([
      ["steady", undefined],
      ["added", "issue"],
      ["issued", "drop"],
    ]);
    expect(remaining(issued).map(({ fingerprint }) => fingerprint)).to.deep.equal([fresh]);
  });
});

describe("a rotation, told", () => {
  it("says what is there, who trusts whom, and what comes next", () =>
    expect(
      statusText({ ...added, pods: [...added.pods, pod("db", [old], "0ther"), pod("db", [old], "0ther")] }),
    ).to.equal(
      `trust anchors
  CN=root aaaaaaaaaaaa, ends at 2027-03-01, above the issuer, to be dropped
  CN=root bbbbbbbbbbbb, ends at 2027-03-01, new
issuer
  CN=identity cccccccccccc, ends at 2027-03-01, below aaaaaaaaaaaa
pods
  2 with trust-root-sha256 0ther: of shop deployment/db (2); without bbbbbbbbbbbb
  1 with trust-root-sha256 5ha: the bundle of now
rotation
  the new anchor is in the bundle; before the issuer can be changed:
  shop deployment/db: 2 pods do not trust anchor bbbbbbbbbbbb: restart it
`,
    ));

  it("says the command that comes next", () => {
    expect(statusText(added)).to.include("weft identity rotate issuer --start --anchor-key-file");
    expect(statusText(issued)).to.include("weft identity rotate anchor --finish");
    expect(statusText(steady)).to.match(/rotation\n {2}none is under way\n$/);
  });

  it("says what mends an issuer that nobody trusts", () =>
    expect(statusText({ ...steady, issuer: issuer([]) })).to.match(
      /the issuer is below none of the anchors.*: weft identity rotate issuer --start --anchor-key-file FILE makes another\n$/,
    ));

  it("has spans that are never too short", () =>
    expect([1, 119_000, 120_001, 7_199_000, 7_200_000, day + 1].map(span)).to.deep.equal([
      "1 s",
      "119 s",
      "3 min",
      "120 min",
      "2 h",
      "25 h",
    ]));
});

describe("a rotation in objects", () => {
  it("is noted as it is read", () => {
    for (const each of [rotation, { from: [], to: fresh }, { from: [old, "c".repeat(64)], to: fresh }]) {
      const annotations = { "weft.linkerd.io/anchor-rotation": rotationText(each) };
      expect(rotationIn({ metadata: { annotations } })).to.deep.equal(each);
    }
    expect(rotationIn({ metadata: { annotations: { "weft.linkerd.io/anchor-rotation": "soon" } } })).to.equal(
      undefined,
    );
    expect(rotationIn({})).to.equal(undefined);
  });

  it("knows when data was written", () => {
    const owned = (time: string, fields: JsonObject) => ({ manager: "kubectl", time, fieldsV1: fields });
    const managedFields = [
      owned("2026-03-01T10:00:00Z", { "f:data": {} }),
      owned("2026-03-01T11:00:00Z", { "f:data": {}, "f:metadata": {} }),
      owned("2026-03-01T12:00:00Z", { "f:metadata": {} }),
    ];
    expect(dataChanged({ metadata: { managedFields } })).to.equal(Date.parse("2026-03-01T11:00:00Z"));
    expect(dataChanged({ metadata: {} })).to.equal(undefined);
  });

  const proxy = { name: "linkerd-proxy", env: [{ name: "LINKERD2_PROXY_IDENTITY_TRUST_ANCHORS", value: "PEM" }] };
  const podObject = (spec: JsonObject, changes: JsonObject = {}, metadata: JsonObject = {}): JsonObject => ({
    metadata: {
      name: "web-5d-x",
      namespace: "shop",
      annotations: { "linkerd.io/trust-root-sha256": "5ha" },
      ...metadata,
    },
    spec,
    ...changes,
  });
  const read = (object: JsonObject) => podTrust(object, (pem) => [pem]);
  it("reads what a pod trusts, as a sidecar of either kind", () => {
    const expected = { namespace: "shop", name: "web-5d-x", owner: "pod/web-5d-x", trustRoot: "5ha", anchors: ["PEM"] };
    expect(read(podObject({ containers: [{ name: "web" }, proxy] }))).to.deep.equal(expected);
    expect(read(podObject({ containers: [{ name: "web" }], initContainers: [proxy] }))).to.deep.equal(expected);
    expect(read(podObject({ containers: [{ name: "linkerd-proxy" }] }))?.anchors).to.equal(undefined);
  });
  it("leaves out pods without proxy, and those that have ended", () => {
    expect(read(podObject({ containers: [{ name: "web" }] }))).to.equal(undefined);
    expect(read(podObject({ containers: [proxy] }, { status: { phase: "Succeeded" } }))).to.equal(undefined);
  });
  it("names whom to restart", () => {
    const owner = (kind: string, name: string, labels: JsonObject = {}) =>
      read(podObject({ containers: [proxy] }, {}, { labels, ownerReferences: [{ controller: true, kind, name }] }))
        ?.owner;
    expect(owner("ReplicaSet", "web-5d", { "pod-template-hash": "5d" })).to.equal("deployment/web");
    expect(owner("ReplicaSet", "web-5d")).to.equal("replicaset/web-5d");
    expect(owner("StatefulSet", "db")).to.equal("statefulset/db");
  });
});

describe("a rotation, told to programs", () => {
  const told = (facts: RotationFacts): unknown => JSON.parse(statusJson(facts));
  const valid = { notBefore: "2026-02-28T12:00:00.000Z", notAfter: "2027-03-01T12:00:00.000Z" };
  const shownIssuer = { sha256: "c".repeat(64), subject: "CN=identity", ...valid, below: [old], managedBy: null };

  it("has all of it before one begins", () => {
    expect(told(steady)).to.deep.equal({
      trustAnchors: [{ sha256: old, subject: "CN=root", ...valid, aboveIssuer: true, new: false, toBeDropped: false }],
      issuer: shownIssuer,
      pods: [
        {
          trustRootSha256: "5ha",
          current: true,
          count: 1,
          lack: [],
          workloads: [{ workload: "shop deployment/web", count: 1 }],
        },
      ],
      rotation: { phase: "steady", next: null, obstacles: [] },
    });
  });

  it("has what speaks against the next step", () => {
    const facts = { ...added, pods: [...added.pods, pod("db", [old], "0ther")] };
    expect(told(facts)).to.have.nested.property("rotation.next", "issue");
    expect(told(facts)).to.have.deep.nested.property("pods[1].lack", [fresh]);
    expect(told(facts)).to.have.deep.nested.property("rotation.obstacles", [
      { at: "shop deployment/db", message: "1 pod does not trust anchor bbbbbbbbbbbb: restart it", passes: true },
    ]);
  });

  it("has no issuer where none can be read", () => {
    expect(told({ ...steady, issuer: undefined })).to.have.property("issuer", null);
  });
});

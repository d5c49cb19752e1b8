import { expect } from "chai";
import { gatherInUse } from "../../../src/cli/check/gather-in-use.ts";
import { reachOf } from "../../../src/cli/check/reach.ts";
import { inUseChecks } from "../../../src/core/checks/in-use.ts";
import { checked } from "../../../src/core/checks/run.ts";
import { textAt } from "../../../src/core/base/json/read.ts";
import { checkTools } from "../../../src/cli/check/tools.ts";
import { checkedAfter, findings } from "../../support/check-asked.ts";
import { change, healthyCluster, material, now, ownCluster, page } from "../../support/check-cluster.ts";
import type { FakeCluster, Material } from "../../support/check-cluster.ts";

const configMaps = "/api/v1/namespaces/weft/configmaps";
const hash = (text: string): string => checkTools.sha256(text);
const start = (text: string): string => `${text.slice(0, 12)}…`;

interface Hashes {
  readonly settings: string;
  readonly anchors: string;
  readonly issuer: string;
}

function stored(cluster: FakeCluster, { issuer }: Material): Hashes {
  const text = (name: string, key: string): string => textAt(cluster.api.stored(`${configMaps}/${name}`), "data", key);
  return {
    settings: hash(text("linkerd-config", "values")),
    anchors: hash(text("linkerd-identity-trust-roots", "ca-bundle.crt")),
    issuer: checkTools.readCertificates(issuer.certificate).certificates[0]?.fingerprint ?? "",
  };
}

/** The pod says so of itself. */
function uses(cluster: FakeCluster, pod: string, { settings, anchors, issuer }: Hashes, isController = false): void {
  const lines = [
    'weft_build_info{version="0.1.0"} 1',
    "weft_certificate_expiry_timestamp_seconds 1780000000",
    `weft_settings_info{sha256="${settings}"} 1`,
    `weft_trust_anchors_info{sha256="${anchors}"} 1`,
    ...(isController ? [`weft_issuer_info{sha256="${issuer}"} 1`] : []),
  ];
  page(cluster, pod, "metrics", `${lines.join("\n")}\n`);
}

const injectors = ["a", "b", "c"].map((name) => `weft-injector-${name}`);
const controllers = ["a", "b"].map((name) => `weft-controller-${name}`);
const title = "× every replica uses the settings and CAs that are stored";

describe("what replicas use, held against what is stored", () => {
  let made: Material;
  let cluster: FakeCluster;
  before(async () => (made = await material()));
  beforeEach(() => {
    cluster = ownCluster(made);
    const now = stored(cluster, made);
    for (const pod of injectors) uses(cluster, pod, now);
    for (const pod of controllers) uses(cluster, pod, now, true);
  });
  const waitedFor = async (): Promise<readonly (readonly string[])[]> => {
    const reach = reachOf({ api: { server: "https://10.0.0.1:6443", ask: cluster.api.ask }, clock: () => now });
    return findings(checked([inUseChecks], await gatherInUse(reach, "weft"), () => ""));
  };
  const found = async (): Promise<readonly (readonly string[])[]> =>
    findings(await checkedAfter(cluster)).filter(([first]) => first === title);

  it("is right where every replica says so", async () => {
    expect([await found(), await waitedFor()]).to.deep.equal([[], []]);
    const report = await checkedAfter(cluster);
    const told = report.categories.flatMap(({ results }) => results.map(({ description }) => `× ${description}`));
    expect(told).to.include(title);
  });

  it("names the replicas that lag, and what of", async () => {
    const before = stored(cluster, made);
    const old = { settings: hash("old settings"), anchors: hash("old anchors"), issuer: hash("old issuer") };
    uses(cluster, "weft-injector-b", { ...before, settings: old.settings });
    uses(cluster, "weft-controller-a", old, true);
    const line = (pod: string, what: string, used: string, wanted: string): string =>
      `${pod}: ${what}: ${start(used)} in use, ${start(wanted)} stored (SHA-256)`;
    const lines = [
      title,
      line("weft-injector-b", "settings", old.settings, before.settings),
      line("weft-controller-a", "settings", old.settings, before.settings),
      line("weft-controller-a", "trust anchors", old.anchors, before.anchors),
      line("weft-controller-a", "issuer", old.issuer, before.issuer),
    ];
    expect([await found(), await waitedFor()]).to.deep.equal([[lines], [lines]]);
  });

  it("is what a ConfigMap says now", async () => {
    change(cluster, `${configMaps}/linkerd-config`, (object) => ({ ...object, data: { values: "another: one\n" } }));
    expect((await waitedFor()).flat()).to.have.length(1 + injectors.length + controllers.length);
  });

  it("is not asked of who does not serve: not ready, or on its way out", async () => {
    const path = (pod: string): string => `/api/v1/namespaces/weft/pods/${pod}`;
    const old = { settings: hash("old"), anchors: hash("old"), issuer: hash("old") };
    for (const pod of ["weft-injector-a", "weft-injector-b"]) uses(cluster, pod, old);
    change(cluster, path("weft-injector-a"), (pod) => ({ ...pod, status: { phase: "Running" } }));
    change(cluster, path("weft-injector-b"), (pod) => ({
      ...pod,
      metadata: { ...(pod["metadata"] as object), deletionTimestamp: "2026-03-01T12:00:00Z" },
    }));
    expect(await waitedFor()).to.deep.equal([]);
  });

  it("is waited for until each says so, and not told by the other checks", async () => {
    page(cluster, "weft-injector-a", "metrics", 'weft_build_info{version="0.1.0"} 1\n');
    cluster.pages.delete("/api/v1/namespaces/weft/pods/weft-injector-b:9995/proxy/metrics");
    expect(await found()).to.deep.equal([]);
    const [[first, ...lines] = []] = await waitedFor();
    expect(first).to.equal(title);
    expect(lines[0]).to.equal("weft-injector-a: does not say what it uses: it is of an earlier version of weft");
    expect(lines[1]).to.match(/^weft-injector-b: could not be asked: /);
  });

  it("is waited for in vain by who may not read it, and by nobody's replicas", async () => {
    cluster.forbids = /configmaps/;
    expect((await waitedFor()).flat()).to.include(
      "ConfigMap linkerd-config in namespace weft could not be read: you may not use /api/v1/namespaces/weft/configmaps/linkerd-config",
    );
    cluster.forbids = undefined;
    for (const pod of [...injectors, ...controllers]) cluster.api.remove(`/api/v1/namespaces/weft/pods/${pod}`);
    expect(await waitedFor()).to.deep.equal([[title, "no replica is ready"]]);
  });

  it("has no issuer where Linkerd's control plane certifies", async () => {
    cluster = healthyCluster(made);
    for (const pod of injectors) uses(cluster, pod, stored(cluster, made));
    expect([await found(), await waitedFor()]).to.deep.equal([[], []]);
  });
});

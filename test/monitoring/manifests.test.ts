/** What manifests/monitoring says twice is the same, and is such as prometheus-operator and Grafana take it. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { format, resolveConfig } from "prettier";
import { dashboardQueries, dashboardText } from "../../scripts/pages/dashboard.ts";
import { readDocument } from "../../src/core/documents/document.ts";
import { splitDocuments } from "../../src/core/documents/stream.ts";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";
import { at, objectsAt, textAt, textsAt } from "../../src/core/base/json/read.ts";
import { issueText } from "../../src/core/base/text/issue.ts";
import { policyVerdict } from "../../src/core/policy/admission.ts";
import { containerNames } from "../../src/core/mesh/sidecar.ts";
import { labels } from "../../src/core/mesh/annotations.ts";
import { defaultProxyPorts, proxyPortNames } from "../../src/core/mesh/proxy-ports.ts";
import { issuesOf, podMonitor, prometheusRule } from "./schema.ts";
import type { Schema } from "./schema.ts";

const folder = new URL("../../manifests/monitoring/", import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, folder), "utf8");
const objects = (name: string): readonly JsonObject[] =>
  splitDocuments(read(name)).map((document) => readDocument(document.text).value as JsonObject);
const object = (name: string): JsonObject => objects(name)[0] ?? expect.fail(`${name} is empty`);

/** Writes it where it is asked to (UPDATE_GOLDEN=1). */
async function expectMade(name: string, text: string): Promise<void> {
  const file = new URL(name, folder);
  const made = await format(text, { ...(await resolveConfig(file)), filepath: name });
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, made);
  expect(read(name)).to.equal(made);
}

describe("manifests/monitoring", () => {
  const schemas: readonly (readonly [file: string, schema: Schema])[] = [
    ["pod-monitor.yaml", podMonitor],
    ["prometheus-rule.yaml", prometheusRule],
  ];
  for (const [file, schema] of schemas)
    it(`${file} is of its schema`, () => expect(issuesOf(object(file), schema)).to.deep.equal([]));

  const wrong: readonly (readonly [claim: string, change: Json, issue: string])[] = [
    ["a field that nobody knows", { podMetricEndpoints: [] }, "/spec/podMetricEndpoints: is unknown"],
    ["a value of another type", { selector: "all" }, "/spec/selector: expected an object"],
    ["an action that there is not", { podMetricsEndpoints: [{ relabelings: [{ action: "pass" }] }] }, "none of its"],
    ["a duration that is none", { podMetricsEndpoints: [{ interval: "1 minute" }] }, "has not its form"],
  ];
  for (const [claim, change, issue] of wrong) {
    it(`the schema finds ${claim}`, () => {
      const spec = { ...(object("pod-monitor.yaml")["spec"] as JsonObject), ...(change as JsonObject) };
      expect(issuesOf({ ...object("pod-monitor.yaml"), spec }, podMonitor).join("\n")).to.include(issue);
    });
  }

  it("prometheus-rule.yaml has the rules of rules.yaml (UPDATE_GOLDEN=1 writes them there)", async () => {
    const rules = read("rules.yaml");
    const groups = rules.slice(rules.indexOf("groups:\n")).replaceAll(/^(?=.)/gm, "  ");
    const head = [
      "# rules.yaml for prometheus-operator: made from it, to be changed there.",
      "apiVersion: monitoring.coreos.com/v1",
      "kind: PrometheusRule",
      "metadata:",
      "  name: weft",
      "  labels:",
      "    app.kubernetes.io/part-of: weft",
      "spec:",
    ];
    await expectMade("prometheus-rule.yaml", `${head.join("\n")}\n${groups}`);
    expect(at(object("prometheus-rule.yaml"), "spec", "groups")).to.deep.equal(object("rules.yaml")["groups"]);
  });

  it("dashboard.json is made from its table (UPDATE_GOLDEN=1 writes it)", () =>
    expectMade("dashboard.json", dashboardText()));

  /** As prometheus-operator makes an entry of `scrape_configs` of a PodMonitor. */
  const snake = (rule: JsonObject): JsonObject =>
    Object.fromEntries(
      Object.entries(rule).map(([key, value]) => [key.replace(/[A-Z]/, (c) => `_${c.toLowerCase()}`), value]),
    );

  it("scrape-config.yaml does what pod-monitor.yaml does", () => {
    const monitor = object("pod-monitor.yaml");
    const [endpoint] = objectsAt(monitor, "spec", "podMetricsEndpoints");
    const [config] = objectsAt(object("scrape-config.yaml"), "scrape_configs");
    const relabeled = objectsAt(config, "relabel_configs");
    const own = objectsAt(endpoint, "relabelings").map(snake);
    expect(relabeled.slice(-own.length)).to.deep.equal(own);
    expect(objectsAt(config, "metric_relabel_configs")).to.deep.equal(
      objectsAt(endpoint, "metricRelabelings").map(snake),
    );
    expect(textAt(config, "metrics_path")).to.equal(textAt(endpoint, "path"));
    const kept = Object.fromEntries(
      relabeled
        .filter((rule) => rule["action"] === "keep")
        .map((rule) => [textsAt(rule, "source_labels")[0], rule["regex"]]),
    );
    const [{ key, operator } = {}] = objectsAt(monitor, "spec", "selector", "matchExpressions");
    expect([key, operator]).to.deep.equal([labels.controlPlaneNamespace, "Exists"]);
    expect(kept).to.deep.equal({
      [`__meta_kubernetes_pod_labelpresent_${sanitized(labels.controlPlaneNamespace)}`]: "true",
      __meta_kubernetes_pod_container_port_name: textAt(endpoint, "port"),
      __meta_kubernetes_pod_container_name: containerNames.proxy,
    });
    expect(textAt(endpoint, "port")).to.equal(proxyPortNames.admin);
  });

  const sanitized = (name: string): string => name.replaceAll(/[^a-zA-Z0-9]/g, "_");

  it("workloads are read from the label that the injector writes", () => {
    const [endpoint] = objectsAt(object("pod-monitor.yaml"), "spec", "podMetricsEndpoints");
    const kinds = objectsAt(endpoint, "relabelings").flatMap((rule) => {
      const [, kind = ""] = /^(.*)\/\$1$/.exec(textAt(rule, "replacement")) ?? [];
      return kind === "" || kind === "pod" ? [] : [[textsAt(rule, "sourceLabels")[0], kind] as const];
    });
    expect(kinds.map(([, kind]) => kind).toSorted()).to.deep.equal(
      ["cronjob", "daemonset", "deployment", "job", "replicaset", "replicationcontroller", "statefulset"].toSorted(),
    );
    for (const [label, kind] of kinds)
      expect(label).to.equal(`__meta_kubernetes_pod_label_${sanitized(labels.ownerPrefix + kind)}`);
  });

  it("the rules leave out the proxy's admin port", () => {
    const ports = [...read("rules.yaml").matchAll(/target_port!="(\d+)"/g)].map(([, port]) => Number(port));
    expect(new Set(ports)).to.deep.equal(new Set([defaultProxyPorts.admin]));
  });

  it("the dashboard asks for what the rules record, or the scrape keeps", () => {
    const recorded = new Set([...read("rules.yaml").matchAll(/record: (\S+)/g)].map(([, name]) => name));
    const [, kept = ""] = /\[__name__\]\n\s+regex: (\S+)/.exec(read("pod-monitor.yaml")) ?? [];
    const isKept = new RegExp(`^(${kept})$`);
    for (const [title, expr] of dashboardQueries()) {
      const used = [...expr.matchAll(/[a-z_][a-z0-9_:]*(?=\{)/g)].map(([name]) => name);
      expect(used.length, title).to.be.greaterThan(0);
      expect(
        used.filter((name) => !recorded.has(name) && !isKept.test(name)),
        title,
      ).to.deep.equal([]);
    }
  });

  it("the rules ask for what the scrape keeps", () => {
    const [, kept = ""] = /\[__name__\]\n\s+regex: (\S+)/.exec(read("pod-monitor.yaml")) ?? [];
    const used = [...read("rules.yaml").matchAll(/(?<![:\w])([a-z_]+)\{/g)].map(([, name = ""]) => name);
    expect(used.length).to.be.greaterThan(10);
    expect(used.filter((name) => !new RegExp(`^(${kept})$`).test(name))).to.deep.equal([]);
  });

  it("authorization.yaml is such as weft's control plane takes it", () => {
    const verdicts = objects("authorization.yaml").map((each) => policyVerdict(textAt(each, "kind"), "shop", each));
    expect(verdicts).to.have.length(3);
    expect(
      verdicts.flatMap((each) => [...(each?.refusals ?? []), ...(each?.warnings ?? [])].map(issueText)),
    ).to.deep.equal([]);
    expect(verdicts).to.not.include(undefined);
  });

  it("kustomization.yaml has what is for prometheus-operator and Grafana", () => {
    const kustomization = object("kustomization.yaml");
    expect(textsAt(kustomization, "resources")).to.deep.equal(["pod-monitor.yaml", "prometheus-rule.yaml"]);
    expect(objectsAt(kustomization, "configMapGenerator").flatMap((each) => textsAt(each, "files"))).to.deep.equal([
      "dashboard.json",
    ]);
  });
});

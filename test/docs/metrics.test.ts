/** docs/metrics.md is what the rows say, and the rows are what the programs have. */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { format, resolveConfig } from "prettier";
import { metricsPage } from "../../scripts/pages/metrics.ts";
import { createCertificatesMetrics } from "../../src/observe/certificates-metrics.ts";
import { createControllerMetrics } from "../../src/observe/controller-metrics.ts";
import { metricRows } from "../../src/observe/metric-rows.ts";
import type { MetricRow, Program } from "../../src/observe/metric-rows.ts";
import { createWebhookMetrics } from "../../src/observe/webhook-metrics.ts";
import type { MetricsPage } from "../../src/observe/registry.ts";

const file = new URL("../../docs/metrics.md", import.meta.url);
const source = new URL("../../src/", import.meta.url);
const at = new Date("2026-01-01T00:00:00Z");
const none = (): number => 0;

/** What a scraper gets of each program when everything happened that adds a metric. */
const pages: Readonly<Record<Program, () => Promise<MetricsPage>>> = {
  webhook: () => {
    const metrics = createWebhookMetrics({
      version: "1",
      known: { reasons: new Set(), annotations: new Set() },
      inFlight: none,
    });
    metrics.cluster({ staleness: none, namespaces: none });
    metrics.certificateExpires(at);
    metrics.reloaded("client_ca", true, at);
    metrics.mountedStaleness(none);
    return metrics.page();
  },
  controller: () => {
    const metrics = createControllerMetrics("1", {
      connections: () => ({}),
      streams: none,
      turningAway: () => ({}),
      targets: none,
      objects: () => ({}),
      leftOut: () => ({ policies: {}, others: {} }),
      missed: none,
      staleness: none,
      linesLost: none,
    });
    const { issuerExpires, certificateExpires } = metrics.identity(() => at);
    issuerExpires(at);
    certificateExpires(at);
    metrics.reloaded("issuer", true, at);
    metrics.mountedStaleness(none);
    return metrics.page();
  },
  certificates: () => {
    const metrics = createCertificatesMetrics("1", none);
    metrics.certificateExpires(at);
    metrics.authorityExpires(at);
    metrics.missedPods(none);
    return metrics.page();
  },
};

describe("docs/metrics.md", () => {
  it("is made from the rows (make golden rewrites it)", async () => {
    const page = await format(metricsPage(), { ...(await resolveConfig(file)), parser: "markdown" });
    if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, page);
    expect(readFileSync(file, "utf8")).to.equal(page);
  });

  for (const [program, scraped] of Object.entries(pages)) {
    it(`has the metrics of ${program}, with their types, and no others`, async () => {
      const rows = Object.entries<MetricRow>(metricRows).filter(([, { of }]) => of.some((each) => each === program));
      const { text } = await scraped();
      const found = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => `${name} ${type}`);
      expect(found.filter((each) => !/^(process|nodejs)_/.test(each))).to.have.members(
        rows.map(([name, { type }]) => `${name} ${type}`),
      );
    });
  }

  it("leaves none out: metrics are made in one place alone, by the names of rows", () => {
    const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    const users = files.filter((name) => readFileSync(new URL(name, source), "utf8").includes('from "prom-client"'));
    expect(users).to.have.members(["observe/prom-client.ts", "observe/registry.ts"]);
  });
});

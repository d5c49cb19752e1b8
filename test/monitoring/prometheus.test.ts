/**
 * manifests/monitoring in a real Prometheus: its rules as promtool tries them, and its scrape of recorded pages of proxies,
 * which a server on loopback has.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { dashboardQueries } from "../../scripts/pages/dashboard.ts";
import { missingPrograms, monitoring, startPrometheus } from "../support/prometheus.ts";
import type { Prometheus } from "../support/prometheus.ts";
import { until } from "../support/until.ts";

const here = fileURLToPath(new URL(".", import.meta.url));

describe("manifests/monitoring in Prometheus", () => {
  let folder = "";
  before(function () {
    if (missingPrograms.length > 0) {
      process.stderr.write(`tests of manifests/monitoring are skipped: there is no ${missingPrograms.join(", no ")}\n`);
      this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "weft-prometheus-"));
    copyFileSync(join(monitoring, "rules.yaml"), join(folder, "rules.yaml"));
  });
  after(() => {
    if (folder !== "") rmSync(folder, { recursive: true });
  });

  const promtool = (...words: readonly string[]): string =>
    execFileSync("promtool", words, { encoding: "utf8", cwd: folder, stdio: ["ignore", "pipe", "pipe"] });

  it("takes the rules", () => expect(promtool("check", "rules", "rules.yaml")).to.include("SUCCESS"));

  it("makes of series what the rules promise", () => {
    copyFileSync(join(here, "rules.unit.yaml"), join(folder, "rules.unit.yaml"));
    expect(promtool("test", "rules", "rules.unit.yaml")).to.include("SUCCESS");
  });

  describe("that reads two proxies", () => {
    let pages: Pages;
    let prometheus: Prometheus;
    before(async function () {
      this.timeout(60_000);
      pages = await recordedPages();
      prometheus = await startPrometheus(folder, pages.targets);
      await until(async () => (await prometheus.ask('up{namespace="shop"} == 1')).length === 2);
      // What came after: rates are of two scrapes.
      pages.turn();
      for (const query of shownLast) await until(async () => (await prometheus.ask(query)).length > 0);
    });
    after(async () => {
      await prometheus?.stop();
      pages?.close();
    });

    /** The last rule of each group. */
    const shownLast = [
      'weft:secured:ratio_rate5m{workload="deployment/backend"} > 0',
      'weft:edge_open:sum{workload="deployment/frontend", tls="no_identity"} > 0',
      'count(ALERTS{alertname="WeftUnsecuredTraffic"}) == 3',
    ];

    /** Those of `weft stat` for the same two pages. */
    const backend = '{namespace="shop", workload="deployment/backend"}';
    const figures: readonly (readonly [record: string, value: number])[] = [
      ["weft:success:ratio_rate5m", 60 / 62],
      ["weft:secured:ratio_rate5m", 48 / 62],
      ["weft:latency_ms:p50_rate5m", 0.775],
      ["weft:latency_ms:p95_rate5m", 7.25],
      ["weft:latency_ms:p99_rate5m", 84.5],
    ];
    for (const [record, value] of figures) {
      it(`${record} is ${value}`, async () => {
        const [found] = await prometheus.ask(record + backend);
        expect(found?.value).to.be.closeTo(value, 1e-9);
      });
    }

    it("has the open connections", async () => {
      const [found] = await prometheus.ask(`sum by (workload) (weft:tcp_open:sum${backend})`);
      expect(found?.value).to.equal(8);
    });

    it("has the edges", async () => {
      const found = await prometheus.ask(
        'sum by (workload, dst_namespace, dst_deployment, tls, no_tls_reason) (weft:edge_open:sum{workload="deployment/frontend"}) > 0',
      );
      expect(
        found.map(({ metric, value }) => [metric["dst_deployment"], metric["tls"], metric["no_tls_reason"], value]),
      ).to.deep.equal([
        ["backend", "true", undefined, 6],
        ["outside", "no_identity", "not_provided_by_service_discovery", 1],
      ]);
    });

    it("alerts of plain text, by port and reason", async () => {
      const found = await prometheus.ask('ALERTS{alertname="WeftUnsecuredTraffic", alertstate="firing"}');
      const ports = found.map(({ metric }) =>
        [metric["workload"], metric["target_port"], metric["no_tls_reason"]].join(" "),
      );
      expect(ports.toSorted()).to.deep.equal([
        "deployment/backend 7070 no_tls_from_remote",
        "deployment/backend 8080 no_tls_from_remote",
        "deployment/backend 9090 port_skipped",
      ]);
    });

    it("keeps what is used of a page, and nothing between a proxy and its application", async () => {
      const names = await prometheus.ask('count by (__name__) ({job="weft-proxies", workload!=""})');
      expect(names.map(({ metric }) => metric["__name__"]))
        .to.include("request_total")
        .and.not.include("stack_poll_total");
      expect(await prometheus.ask('tcp_open_total{direction="outbound", peer="src"}')).to.deep.equal([]);
    });

    for (const [title, expr] of dashboardQueries()) {
      it(`the dashboard shows something: ${title}`, async () => {
        expect(await prometheus.ask(expr.replaceAll(/\$(namespace|workload)/g, ".*"))).to.not.deep.equal([]);
      });
    }
  });
});

interface Pages {
  readonly targets: readonly object[];
  /** From now on they are the later ones. */
  readonly turn: () => void;
  readonly close: () => void;
}

const recorded = (name: string): string =>
  readFileSync(new URL(`../fixtures/traffic/metrics-${name}.txt`, import.meta.url), "utf8");

/** What `kubernetes_sd_configs` says of the pods, and pages in place of their proxies. */
async function recordedPages(): Promise<Pages> {
  let isLater = false;
  const servers: Server[] = [];
  const targets: object[] = [];
  for (const [name, earlier] of [
    ["frontend", ""],
    ["backend", recorded("backend-idle")],
  ] as const) {
    const later = recorded(name);
    const before = earlierPage(later, earlier);
    const server = createServer((_, response) => response.end(isLater ? later : before)).listen(0, "127.0.0.1");
    await once(server, "listening");
    servers.push(server);
    targets.push({
      targets: [`127.0.0.1:${(server.address() as AddressInfo).port}`],
      labels: {
        __meta_kubernetes_namespace: "shop",
        __meta_kubernetes_pod_name: `${name}-74dffcd78-4k767`,
        __meta_kubernetes_pod_phase: "Running",
        __meta_kubernetes_pod_labelpresent_linkerd_io_control_plane_ns: "true",
        __meta_kubernetes_pod_label_linkerd_io_proxy_deployment: name,
        __meta_kubernetes_pod_container_name: "linkerd-proxy",
        __meta_kubernetes_pod_container_port_name: "linkerd-admin",
      },
    });
  }
  return {
    targets,
    turn: () => {
      isLater = true;
    },
    close: () => {
      for (const server of servers) server.closeAllConnections();
      for (const server of servers) server.close();
    },
  };
}

/** The later page with the values of the earlier one; what is not there begins at 0, as `weft stat` counts it. */
function earlierPage(later: string, earlier: string): string {
  const values = new Map(earlier.split("\n").map((line) => [seriesOf(line), line] as const));
  return later
    .split("\n")
    .map((line) => (line === "" || line.startsWith("#") ? line : (values.get(seriesOf(line)) ?? `${seriesOf(line)} 0`)))
    .join("\n");
}

const seriesOf = (line: string): string => line.slice(0, line.lastIndexOf(" "));

/** manifests/monitoring/dashboard.json: what `weft stat` and `weft edges` say, over time, for Grafana 9 and later. */

/** The dashboard as JSON text, not yet formatted. */
export const dashboardText = (): string => JSON.stringify(dashboard(), undefined, 2);

/** Of workloads that were chosen. */
const chosen = '{namespace=~"$namespace", workload=~"$workload"}';
const source = { type: "prometheus", uid: "${datasource}" };

interface Query {
  readonly expr: string;
  readonly legend?: string;
}

interface Panel {
  readonly title: string;
  /** What the panel says, and what it cannot. */
  readonly description: string;
  readonly queries: readonly Query[];
  readonly unit: string;
  /** Of the 24 columns of a row. */
  readonly width: number;
  readonly kind: "timeseries" | "stat" | "table";
  /** The bounds where a value becomes amber, and where it becomes green; of a `stat`. */
  readonly good?: readonly [fair: number, good: number];
  readonly max?: number;
  readonly decimals?: number;
}

interface Row {
  readonly title: string;
  readonly height: number;
  readonly panels: readonly Panel[];
}

const perWorkload = (record: string): readonly Query[] => [
  { expr: `${record}${chosen}`, legend: "{{namespace}}/{{workload}}" },
];

const share = { unit: "percentunit", max: 1, decimals: 2 } as const;
const line = { kind: "timeseries", width: 12 } as const;
const figure = { kind: "stat", width: 6 } as const;

const rows: readonly Row[] = [
  {
    title: "Now",
    height: 4,
    panels: [
      {
        ...figure,
        ...share,
        title: "Secured",
        description: "Share of the requests that came by mutual TLS. Bypassed ports are in no metric.",
        queries: [
          {
            expr: `sum(weft:responses:rate5m{namespace=~"$namespace", workload=~"$workload", tls="true"}) / sum(weft:responses:rate5m${chosen})`,
          },
        ],
        good: [0.99, 1],
      },
      {
        ...figure,
        ...share,
        title: "Success rate",
        description:
          "Share of the responses that the proxies count as a success: no HTTP 5xx, no gRPC status of a failure.",
        queries: [
          {
            expr: `sum(weft:responses:rate5m{namespace=~"$namespace", workload=~"$workload", classification="success"}) / sum(weft:responses:rate5m${chosen})`,
          },
        ],
        good: [0.95, 0.99],
      },
      {
        ...figure,
        title: "Requests",
        description: "Responses a second, of all workloads that are chosen.",
        queries: [{ expr: `sum(weft:rps:rate5m${chosen})` }],
        unit: "reqps",
      },
      {
        ...figure,
        title: "Proxies",
        description: "Pods whose proxies Prometheus reads.",
        queries: [{ expr: `count(proxy_build_info${chosen})` }],
        unit: "short",
        decimals: 0,
      },
    ],
  },
  {
    title: "Requests by workload",
    height: 8,
    panels: [
      {
        ...line,
        ...share,
        title: "Success rate",
        description: "Share of the responses that the proxies count as a success.",
        queries: perWorkload("weft:success:ratio_rate5m"),
      },
      {
        ...line,
        title: "Requests per second",
        description: "Responses to inbound requests. Kubelet's probes are left out.",
        queries: perWorkload("weft:rps:rate5m"),
        unit: "reqps",
      },
    ],
  },
  {
    title: "Latency by workload",
    height: 8,
    panels: ["p50", "p95", "p99"].map((which) => ({
      ...line,
      width: 8,
      title: `Latency, ${which}`,
      description: "From the request to the end of the response's head, as the proxy beside the application sees it.",
      queries: perWorkload(`weft:latency_ms:${which}_rate5m`),
      unit: "ms",
    })),
  },
  {
    title: "TCP by workload",
    height: 8,
    panels: [
      {
        ...line,
        width: 8,
        title: "Open connections",
        description: "To the workload's proxies, whatever is spoken over them.",
        queries: [
          {
            expr: `sum by (namespace, workload) (weft:tcp_open:sum${chosen})`,
            legend: "{{namespace}}/{{workload}}",
          },
        ],
        unit: "short",
        decimals: 0,
      },
      {
        ...line,
        width: 8,
        title: "Received",
        description: "Bytes a second that callers sent.",
        queries: perWorkload("weft:tcp_read_bytes:rate5m"),
        unit: "Bps",
      },
      {
        ...line,
        width: 8,
        title: "Sent",
        description: "Bytes a second that callers were sent.",
        queries: perWorkload("weft:tcp_write_bytes:rate5m"),
        unit: "Bps",
      },
    ],
  },
  {
    title: "Is it encrypted?",
    height: 9,
    panels: [
      {
        ...line,
        ...share,
        title: "Share secured",
        description: "Of requests; of open connections where there are no requests. Bypassed ports are in no metric.",
        queries: perWorkload("weft:secured:ratio_rate5m"),
      },
      {
        kind: "table",
        width: 12,
        title: "Plain text, last five minutes",
        description:
          "Requests and connections without TLS. No metric says who it was: weft tap and weft debug --wire do.",
        queries: [
          {
            expr: `sum by (namespace, workload, target_port, no_tls_reason) (weft:unsecured:increase5m${chosen}) > 0`,
          },
        ],
        unit: "short",
        decimals: 0,
      },
      {
        kind: "table",
        width: 24,
        title: "Open connections to others",
        description: "What the chosen workloads dialled: to whom, and if not secured, why.",
        queries: [
          {
            expr: `sum by (namespace, workload, dst_namespace, dst_deployment, dst_service, tls, no_tls_reason) (weft:edge_open:sum${chosen}) > 0`,
          },
        ],
        unit: "short",
        decimals: 0,
      },
    ],
  },
];

/** Every expression, by the title of its panel. */
export const dashboardQueries = (): readonly (readonly [title: string, expr: string])[] =>
  rows.flatMap((row) =>
    row.panels.flatMap((panel) => panel.queries.map((query) => [`${row.title}: ${panel.title}`, query.expr] as const)),
  );

const dashboard = (): object => ({
  title: "weft: traffic of the mesh",
  uid: "weft-traffic",
  description:
    "What the proxies tell, by workload: success rate, requests, latency, TCP, and the share that is secured.",
  tags: ["weft", "linkerd2-proxy"],
  editable: true,
  graphTooltip: 1,
  schemaVersion: 37,
  version: 1,
  refresh: "30s",
  time: { from: "now-1h", to: "now" },
  timezone: "browser",
  annotations: { list: [] },
  links: [],
  templating: {
    list: [
      { name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus", hide: 0 },
      variable("namespace", "Namespace", "label_values(weft:tcp_open:sum, namespace)"),
      variable("workload", "Workload", 'label_values(weft:tcp_open:sum{namespace=~"$namespace"}, workload)'),
    ],
  },
  panels: placed(),
});

const variable = (name: string, label: string, query: string): object => ({
  name,
  label,
  type: "query",
  datasource: source,
  definition: query,
  query: { query, refId: name },
  refresh: 2,
  sort: 1,
  multi: true,
  includeAll: true,
  allValue: ".*",
  current: { selected: true, text: ["All"], value: ["$__all"] },
});

/** One below the other; the panels of a row from left to right, and on the next line where they do not fit. */
function placed(): readonly object[] {
  let [id, y] = [0, 0];
  return rows.flatMap((row) => {
    const head = {
      id: (id += 1),
      type: "row",
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: at(0, y, 24, 1),
    };
    y += 1;
    let x = 0;
    const panels = row.panels.map((panel) => {
      if (x + panel.width > 24) [x, y] = [0, y + row.height];
      const gridPos = at(x, y, panel.width, row.height);
      x += panel.width;
      return { id: (id += 1), gridPos, ...panelOf(panel) };
    });
    y += row.height;
    return [head, ...panels];
  });
}

const at = (x: number, y: number, w: number, h: number): object => ({ x, y, w, h });

function panelOf(panel: Panel): object {
  const { title, description, kind, queries } = panel;
  const instant = kind !== "timeseries";
  return {
    type: kind,
    title,
    description,
    datasource: source,
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode("A".charCodeAt(0) + index),
      datasource: source,
      expr,
      ...(legend === undefined ? {} : { legendFormat: legend }),
      ...(instant ? { instant: true, range: false } : { range: true }),
      ...(kind === "table" ? { format: "table" } : {}),
    })),
    fieldConfig: { defaults: defaultsOf(panel), overrides: [] },
    ...looks[kind],
  };
}

const defaultsOf = ({ kind, unit, max, decimals, good }: Panel): object => ({
  unit,
  min: 0,
  ...(max === undefined ? {} : { max }),
  ...(decimals === undefined ? {} : { decimals }),
  noValue: "-",
  ...(kind === "timeseries"
    ? { custom: { drawStyle: "line", lineWidth: 1, fillOpacity: 5, showPoints: "never" } }
    : {}),
  color: { mode: kind === "stat" && good !== undefined ? "thresholds" : "palette-classic" },
  ...(good === undefined
    ? {}
    : {
        thresholds: {
          mode: "absolute",
          steps: [
            { color: "red", value: null },
            { color: "orange", value: good[0] },
            { color: "green", value: good[1] },
          ],
        },
      }),
});

const looks: Readonly<Record<Panel["kind"], object>> = {
  timeseries: {
    options: {
      legend: { displayMode: "table", placement: "bottom", calcs: ["lastNotNull", "max"], showLegend: true },
      tooltip: { mode: "multi", sort: "desc" },
    },
  },
  stat: {
    options: {
      reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
      colorMode: "value",
      graphMode: "none",
      textMode: "value",
    },
  },
  table: {
    options: { showHeader: true, sortBy: [{ displayName: "Count", desc: true }] },
    transformations: [{ id: "organize", options: { excludeByName: { Time: true }, renameByName: { Value: "Count" } } }],
  },
};

/** docs/metrics.md, made from the rows that metrics are made of. */
import { metricRows } from "../../src/observe/metric-rows.ts";
import type { Label, MetricRow, Program } from "../../src/observe/metric-rows.ts";

/** The page as Markdown, not yet formatted. */
export function metricsPage(): string {
  const groups = Map.groupBy(Object.entries<MetricRow>(metricRows), ([, { of }]) => of.join());
  const tables = [...groups.values()].flatMap((rows) => section(rows));
  return `${[...head, ...tables].join("\n").trimEnd()}\n`;
}

function section(rows: readonly (readonly [string, MetricRow])[]): readonly string[] {
  const [first] = rows;
  if (first === undefined) return [];
  const lines = rows.map(
    ([name, { type, help, labels }]) => `| \`${name}\` | ${type} | ${labels.map(labelText).join("; ")} | ${help} |`,
  );
  return [
    `## ${titleOf(first[1])}`,
    "",
    "| metric | type | labels | meaning |",
    "| --- | --- | --- | --- |",
    ...lines,
    "",
  ];
}

function titleOf({ of }: MetricRow): string {
  const [first = "", ...others] = of.map((program) => titles[program]);
  if (of.length === Object.keys(titles).length) return "Every program";
  return [`${first.slice(0, 1).toUpperCase()}${first.slice(1)}`, ...others].join(" and ");
}

const titles: Readonly<Record<Program, string>> = {
  webhook: "webhook",
  controller: "control plane",
  certificates: "certificate controller",
};

function labelText([name, values]: Label): string {
  if (typeof values === "string") return `\`${name}\`: ${values}`;
  return `\`${name}\`: ${values.map((value) => (value === "" ? "empty" : `\`${value}\``)).join(", ")}`;
}

const head = [
  "# Metrics",
  "",
  "Each program serves its metrics on its admin listener, as [Prometheus](https://prometheus.io/docs/instrumenting/exposition_formats/) reads them:",
  "",
  "```sh",
  "kubectl --namespace weft port-forward deployment/weft-injector 9995 &",
  "curl --silent http://127.0.0.1:9995/metrics",
  "```",
  "",
  "Names from a cluster never become values of labels. So the number of series is bounded.",
  "",
  "Names that end with `_timestamp_seconds` are seconds since 1970. The end of a certificate that is not there yet is absent, as an alert would take 0 for a day in 1970.",
  "",
  "Every program also has the metrics of its process, as [prom-client](https://github.com/siimon/prom-client#default-metrics) makes them. Their names begin with `process_` and `nodejs_`.",
  "",
  "`weft serve` has the metrics of the webhook, and with `--all` those of the control plane too. What both have is told once: a series with the same labels is the webhook's.",
  "",
  "<!-- Made from src/observe/metric-rows.ts by `make golden`. -->",
  "",
];

/**
 * prom-client, without what nobody here uses of it: as a whole it loads the API of OpenTelemetry, which is for exemplars,
 * and what talks to push gateways and to other processes of a cluster: 9 of its 13 MiB in every process.
 */
import { createRequire } from "node:module";
import type prom from "prom-client";

const load = createRequire(import.meta.url);

export const Counter = load("prom-client/lib/counter") as typeof prom.Counter;
export const Gauge = load("prom-client/lib/gauge") as typeof prom.Gauge;
export const Histogram = load("prom-client/lib/histogram") as typeof prom.Histogram;
export const Registry = load("prom-client/lib/registry") as typeof prom.Registry;

/** As `collectDefaultMetrics` makes them, but for the processor's time, whose module is what loads OpenTelemetry. */
export function collectProcessMetrics(register: prom.Registry): void {
  processorTime(register);
  for (const name of modules) {
    const collect = load(`prom-client/lib/metrics/${name}`) as Collect;
    collect(register, { register, eventLoopMonitoringPrecision: 10 });
  }
}

type Collect = (
  register: prom.Registry,
  options: prom.DefaultMetricsCollectorConfiguration<prom.PrometheusContentType>,
) => void;

const modules = [
  "processStartTime",
  "osMemoryHeap",
  "processOpenFileDescriptors",
  "processMaxFileDescriptors",
  "eventLoopLag",
  "processResources",
  "processHandles",
  "processRequests",
  "heapSizeAndUsed",
  "heapSpacesSizeAndUsed",
  "version",
  "gc",
];

function processorTime(register: prom.Registry): void {
  const counters = [
    ["process_cpu_user_seconds_total", "Total user CPU time spent in seconds.", ({ user }) => user],
    ["process_cpu_system_seconds_total", "Total system CPU time spent in seconds.", ({ system }) => system],
    [
      "process_cpu_seconds_total",
      "Total user and system CPU time spent in seconds.",
      ({ user, system }) => user + system,
    ],
  ] as const satisfies readonly (readonly [string, string, (usage: NodeJS.CpuUsage) => number])[];
  for (const [name, help, microseconds] of counters) {
    const counter: prom.Counter = new Counter({
      name,
      help,
      registers: [register],
      collect: () => {
        counter.reset();
        counter.inc(microseconds(process.cpuUsage()) / 1e6);
      },
    });
  }
}

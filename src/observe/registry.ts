/** The metrics of one program, each made of its row by its name. Nothing else makes any. */
import type prom from "prom-client";
import { Counter, Gauge, Histogram, Registry, collectProcessMetrics } from "./prom-client.ts";
import { metricRows } from "./metric-rows.ts";
import type { LabelValues, MetricName } from "./metric-rows.ts";

/** What a scraper gets. */
export interface MetricsPage {
  readonly text: string;
  readonly contentType: string;
}

type Numbers = Readonly<Record<string, number>>;

/** A registry of its own, so that two servers in one process do not mix. */
export class MetricRegistry {
  readonly #registry = new Registry();

  /** With what every program has. `linesLost`: of its log, so far. */
  constructor(version: string, linesLost: () => number) {
    collectProcessMetrics(this.#registry);
    this.gaugesFrom("weft_build_info", () => ({ [version]: 1 }));
    const lost: prom.Counter = new Counter({
      ...this.#optionsOf("weft_log_lines_lost_total"),
      collect: () => {
        lost.reset();
        lost.inc(linesLost());
      },
    });
  }

  /**
   * A counter that is raised by naming its labels' values in order. The counts stand in a map and reach prom-client when
   * somebody scrapes: its own `inc` sorts and joins the labels each time.
   */
  counter<Name extends MetricName<"counter">>(name: Name): (...values: LabelValues<Name>) => void {
    const counts = new Map<string, { readonly values: LabelValues<Name>; count: number }>();
    const counter = new Counter({
      ...this.#optionsOf(name),
      collect: () => {
        counter.reset();
        for (const { values, count } of counts.values()) counter.labels(...values).inc(count);
      },
    });
    return (...values) => {
      const key = values.join("\0");
      const entry = counts.get(key);
      if (entry === undefined) counts.set(key, { values, count: 1 });
      else entry.count += 1;
    };
  }

  /** 0 until it is set. */
  gauge(name: MetricName<"gauge">): (value: number) => void {
    const gauge = new Gauge(this.#optionsOf(name));
    return (value) => gauge.set(value);
  }

  /** Seconds since 1970. Absent until there is a time: an alert must not take 0 for a day in 1970. */
  time(name: MetricName<"gauge">): (at: Date) => void {
    let set: ((value: number) => void) | undefined;
    return (at) => {
      set ??= this.gauge(name);
      set(at.getTime() / 1000);
    };
  }

  /** Asked for when somebody scrapes; without a value it is absent. */
  gaugeFrom(name: MetricName<"gauge">, value: () => number | undefined): void {
    const gauge: prom.Gauge = new Gauge({
      ...this.#optionsOf(name),
      collect: () => {
        const found = value();
        if (found === undefined) gauge.remove();
        else gauge.set(found);
      },
    });
  }

  /** The same, a number for each value of its one label. */
  gaugesFrom(name: MetricName<"gauge">, values: () => Numbers): void {
    const gauge: prom.Gauge = new Gauge({
      ...this.#optionsOf(name),
      collect: () => {
        gauge.reset();
        for (const [label, value] of Object.entries(values())) gauge.labels(label).set(value);
      },
    });
  }

  /** Takes milliseconds. */
  duration(name: MetricName<"histogram">, buckets: readonly number[]): (milliseconds: number) => void {
    const histogram = new Histogram({ ...this.#optionsOf(name), buckets: [...buckets] });
    return (milliseconds) => histogram.observe(milliseconds / 1000);
  }

  page = async (): Promise<MetricsPage> => ({
    text: await this.#registry.metrics(),
    contentType: this.#registry.contentType,
  });

  #optionsOf(name: keyof typeof metricRows) {
    const { help, labels } = metricRows[name];
    return { name, help, labelNames: labels.map(([label]) => label), registers: [this.#registry] };
  }
}

/** Two servers in one process: a series that both have, such as those of the process, is that of the first. */
export function joinedPages(first: MetricsPage, second: MetricsPage | undefined): MetricsPage {
  if (second === undefined) return first;
  const others = new Map(familiesOf(second));
  const joined = familiesOf(first).map(([name, lines]) => {
    const known = new Set(lines.map(seriesOf));
    const more = (others.get(name) ?? []).filter((line) => !known.has(seriesOf(line)));
    others.delete(name);
    return [...lines, ...more];
  });
  return { ...first, text: `${[...joined, ...others.values()].flat().join("\n")}\n` };
}

/** Name → its lines: HELP, TYPE, and a series each. */
const familiesOf = ({ text }: MetricsPage): readonly (readonly [string, readonly string[]])[] =>
  text
    .split(/^(?=# HELP )/m)
    .filter((family) => family.trim() !== "")
    .map((family) => [family.split(" ", 3)[2] ?? "", family.trimEnd().split("\n")]);

/** All but its number. */
const seriesOf = (line: string): string => line.slice(0, line.lastIndexOf(" "));

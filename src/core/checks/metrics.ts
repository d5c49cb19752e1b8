/** One sample of a page of metrics (Prometheus text format 0.0.4). */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The first sample of that name; `undefined`: there is none. */
export function metricOf(page: string, name: string): Sample | undefined {
  for (const line of page.split("\n")) {
    const [, found, labels = "", value = ""] = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line) ?? [];
    if (found === name) return { labels: labelsIn(labels), value: Number(value) };
  }
  return undefined;
}

const labelsIn = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries([...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = "", value = ""]) => [key, value]));

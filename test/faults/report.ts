/** Figures as a Markdown document. */
import type { Figures } from "./figures.ts";

export interface Report {
  readonly machine: string;
  readonly perSecond: number;
  /** What four clients that wait for each answer reach. */
  readonly reachable: number;
  readonly seconds: number;
  readonly timeoutSeconds: number;
  readonly figures: readonly Figures[];
}

export function markdown({ machine, perSecond, reachable, seconds, timeoutSeconds, figures }: Report): string {
  const rows = figures.map((row) => [
    row.scenario,
    thousands(row.creations),
    row.rate.toFixed(0),
    thousands(row.outcomes.meshed),
    String(row.outcomes.unmeshed),
    `${row.outcomes.refused} of ${row.bound}`,
    `${row.p50.toFixed(1)} ms`,
    `${row.p99.toFixed(1)} ms`,
    row.longest >= 1000 ? `${(row.longest / 1000).toFixed(1)} s` : `${row.longest.toFixed(0)} ms`,
  ]);
  const head = ["fault", "creations", "a second", "meshed", "unmeshed", "refused", "p50", "p99", "longest"];
  return [
    `Two replicas, failurePolicy Fail, ${perSecond} pod creations a second (server-side dry run) for ${seconds} s or longer, as a fault takes. Of each five, two have a namespace that asks, two ask by themselves, one does not ask. The webhook's timeout is ${timeoutSeconds} s. On ${machine}; four clients that wait for each answer reach ${reachable.toFixed(0)} a second there.`,
    "",
    table([head, ...rows]),
    "",
    "- **unmeshed**: pods that asked and were admitted without the proxy. It must be 0.",
    "- **refused**: pods that asked and were refused, of how many no webhook could have saved: their requests were on the way to a replica that died, or were sent where nobody answers. Pods that did not ask are never refused.",
    "",
    ...figures.map(({ scenario, what }) => `- ${scenario}: ${what}.`),
    ...refused(figures),
    ...breaches(figures),
    "",
  ].join("\n");
}

function refused(figures: readonly Figures[]): readonly string[] {
  const lines = figures
    .filter(({ outcomes }) => outcomes.refused > 0)
    .map(({ scenario, refusals, boundBy }) => {
      const reasons = Object.entries(refusals).map(([reason, count]) => `${count} × \`${reason}\``);
      return `- ${scenario}: ${reasons.join(", ")}. Bound: ${boundBy.length === 0 ? "none" : boundBy.join(", ")}.`;
    });
  return lines.length === 0 ? [] : ["", "What the API server said of those that it refused:", "", ...lines];
}

function breaches(figures: readonly Figures[]): readonly string[] {
  const lines = figures.flatMap(({ scenario, breaches }) => breaches.map((text) => `- ${scenario}: ${text}`));
  return lines.length === 0 ? [] : ["", "**Not as it must be:**", "", ...lines];
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

const thousands = (count: number): string => count.toLocaleString("en-US");

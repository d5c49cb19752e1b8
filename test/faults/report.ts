/** Outcomes as JSON and as a Markdown table, with what they were measured on. */
import type { Cluster } from "../api/harness/cluster.ts";
import type { LoadSize, Outcome } from "./fault.ts";
import type { Group } from "./figures.ts";
import { busy, commit, machine, today } from "./machine.ts";
import { table } from "./markdown.ts";

export interface Report {
  readonly machine: string;
  readonly kubernetes: string;
  readonly node: string;
  readonly commit: string;
  readonly date: string;
  /** How many programs wanted a processor in the minute before (uptime(1)): other work of this machine. */
  readonly busy: number;
  readonly load: LoadSize;
  readonly errors: readonly Outcome[];
}

export async function reportOf(cluster: Cluster, load: LoadSize, errors: readonly Outcome[]): Promise<Report> {
  const version = (await cluster.get("/version"))?.["gitVersion"];
  return {
    machine: machine(),
    kubernetes: String(version),
    node: process.version,
    commit: commit(),
    date: today(),
    busy,
    load,
    errors,
  };
}

export function markdown(report: Report): string {
  const { machine, kubernetes, node, commit, date, busy, load, errors } = report;
  return [
    `${load.perSecond} creations a second, ${load.seconds} s for each fault. ${machine} (load average before it began: ${busy.toFixed(1)}); Kubernetes ${kubernetes}, ` +
      `Node ${node}, commit ${commit}, ${date}.`,
    "Pods that asked, by themselves or by their namespace:",
    table([
      ["fault", "sent", "rate, 1/s", "meshed", "unmeshed", "refused", "unavoidable", "p50, ms", "p99, ms", "max, ms"],
      ...errors.map(askedRow),
    ]),
    "Pods that never asked, or declined:",
    table([
      ["fault", "sent", "created", "meshed", "refused", "p50, ms", "p99, ms", "max, ms"],
      ...errors.map(neverAskedRow),
    ]),
    "What was done:",
    errors.map(({ name, did }) => `- **${name}**: ${did}.`).join("\n"),
    ...refusals(errors),
    ...wrong(errors),
  ].join("\n\n");
}

const askedRow = ({ name, figures: { asked, rate }, unavoidable }: Outcome): readonly string[] => {
  const counts = [asked.right, asked.wrong, asked.refused].map(String);
  return [name, String(asked.sent), rate.toFixed(0), ...counts, `≤ ${unavoidable}`, ...times(asked)];
};

const neverAskedRow = ({ name, figures: { neverAsked } }: Outcome): readonly string[] => {
  const counts = [neverAsked.sent, neverAsked.right, neverAsked.wrong, neverAsked.refused].map(String);
  return [name, ...counts, ...times(neverAsked)];
};

const times = ({ p50, p99, max }: Group): readonly string[] =>
  [p50, p99, max].map((time) => time.toFixed(time < 100 ? 1 : 0));

function refusals(errors: readonly Outcome[]): readonly string[] {
  const lines = errors.flatMap(({ name, figures }) =>
    Object.entries(figures.refusals).map(([message, count]) => `- **${name}**, ${count} times: \`${message}\``),
  );
  return lines.length === 0 ? [] : ["What the API server said when it refused:", lines.join("\n")];
}

function wrong(errors: readonly Outcome[]): readonly string[] {
  const lines = errors.flatMap(({ name, violations }) => violations.map((words) => `- **${name}**: ${words}`));
  return lines.length === 0 ? [] : ["What must not be, and was:", lines.join("\n")];
}

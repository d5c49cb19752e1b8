/** Outcomes as lines while attacks go on, as a table at the end, and as Markdown. */
import { busy, commit, machine, today } from "../faults/machine.ts";
import { table } from "../faults/markdown.ts";
import type { CallerName } from "./callers.ts";
import { mib } from "./figures.ts";
import type { Outcome } from "./run.ts";

export interface Report {
  readonly machine: string;
  /** Load average before it began. */
  readonly busy: number;
  readonly node: string;
  readonly commit: string;
  readonly date: string;
  /** How memory is limited. */
  readonly limits: string;
  readonly attacks: readonly Outcome[];
}

export const reportOf = (limits: string, attacks: readonly Outcome[]): Report => ({
  machine: machine(),
  busy,
  node: process.version,
  commit: commit(),
  date: today(),
  limits,
  attacks,
});

const width = 80;

/** Eighty columns, however long a name is; below it what was wrong. */
export function lines({ name, wrong, facts }: Outcome): string {
  const memory = facts && `${mib(facts.memory.peak)} of ${mib(facts.memory.limit)} MiB, `;
  const slowest = Math.max(0, ...Object.values(facts?.during ?? {}).map(({ p99 }) => p99));
  const told = facts === undefined ? "" : `${memory}p99 ${Math.round(slowest)} ms`;
  const first = `${wrong.length === 0 ? "ok  " : "FAIL"} ${name.padEnd(34)} ${told}`.trimEnd();
  return [first.slice(0, width), ...wrong.map((words) => `       ${words}`)].join("\n");
}

export const closing = (attacks: readonly Outcome[]): string => {
  const failed = attacks.filter(({ wrong }) => wrong.length > 0).length;
  return `${attacks.length - failed} passed, ${failed} failed`;
};

const callerNames = ["reviews", "newcomers", "renewals", "streams", "probes"] as const satisfies readonly CallerName[];

/** For a terminal: plain columns. */
export function plainTable(attacks: readonly Outcome[]): string {
  const rows = [
    ["attack", "good", "refused", "p50", "p99", "slowed", "before", "peak", "after"],
    ...attacks.flatMap(row),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const padded = (cells: readonly string[]): string =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  ");
  return rows.map(padded).join("\n");
}

/** Nothing of an attack that looks at texts alone. */
const row = ({ name, facts }: Outcome): readonly (readonly string[])[] => {
  if (facts === undefined) return [];
  const groups = Object.values(facts.during);
  const sum = (of: (group: (typeof groups)[number]) => number): number =>
    groups.reduce((all, each) => all + of(each), 0);
  const most = (of: (group: (typeof groups)[number]) => number): string => Math.max(0, ...groups.map(of)).toFixed(0);
  const { before, peak, after } = facts.memory;
  return [
    [
      name,
      String(sum(({ sent }) => sent)),
      String(sum(({ refused }) => refused)),
      most(({ p50 }) => p50),
      most(({ p99 }) => p99),
      facts.slowed.toFixed(1),
      ...[before, peak, after].map((bytes) => String(mib(bytes))),
    ],
  ];
};

export function markdown(report: Report): string {
  const { attacks } = report;
  const processes = attacks.filter(({ facts }) => facts !== undefined);
  return [
    `${report.machine} (load average before it began: ${report.busy.toFixed(1)}); Node ${report.node}, commit ${report.commit}, ${report.date}; ${report.limits}.`,
    "Good callers while weft was attacked: how many were sent, and milliseconds in which half and 99 of 100 were answered. Memory in MiB.",
    table([
      [
        "attack",
        ...callerNames.flatMap((name) => [name, "p50", "p99"]),
        "before",
        "peak",
        "after",
        "limit",
        "processor, %",
        "slowed",
      ],
      ...processes.map(markdownRow),
    ]),
    "What was done:",
    attacks.map(({ name, claim, says }) => `- **${name}**: ${says}. ${claim}`).join("\n"),
    ...wrongs(attacks),
  ].join("\n\n");
}

function markdownRow({ name, facts }: Outcome): readonly string[] {
  if (facts === undefined) return [name];
  const { memory, during, processor, seconds } = facts;
  return [
    name,
    ...callerNames.flatMap((caller) => {
      const good = during[caller];
      if (good === undefined) return ["", "", ""];
      const refused = good.refused === 0 ? "" : ` (${good.refused} refused)`;
      return [`${good.sent}${refused}`, good.p50.toFixed(0), good.p99.toFixed(0)];
    }),
    ...[memory.before, memory.peak, memory.after, memory.limit].map((bytes) => String(mib(bytes))),
    Number.isNaN(processor) ? "" : ((processor / seconds / 1000) * 100).toFixed(0),
    facts.slowed.toFixed(1),
  ];
}

function wrongs(attacks: readonly Outcome[]): readonly string[] {
  const all = attacks.flatMap(({ name, wrong }) => wrong.map((words) => `- **${name}**: ${words}`));
  return all.length === 0 ? [] : ["What must not be, and was:", all.join("\n")];
}

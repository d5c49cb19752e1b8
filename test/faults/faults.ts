/**
 * What faults cost: two replicas of weft as installed, behind a Service, on a real API server, and a steady stream of pod
 * creations (server-side dry run) while something goes wrong. Writes figures as JSON, and as Markdown between the marks of
 * a file. Exit code 1: something was not as it must be.
 *
 *     node test/faults/faults.ts [--seconds 60] [--rate 200] [--only NAME]… [--json faults.json] [--markdown FILE]
 *
 * Whatever it starts ends with it, however it ends (`kept.ts`).
 */
import { writeFileSync } from "node:fs";
import { assets } from "../api/harness/assets.ts";
import { clusterOf } from "../api/harness/cluster.ts";
import { startControlPlane } from "../api/harness/control-plane.ts";
import { argumentsOf } from "../support/arguments.ts";
import { errors } from "./acts.ts";
import { runFault } from "./fault.ts";
import type { Fault, LoadSize, Outcome } from "./fault.ts";
import { writeBetweenMarks } from "./markdown.ts";
import { markdown, reportOf } from "./report.ts";

const usage = `Usage: node test/faults/faults.ts [options]

  --seconds N      how long each fault lasts (default 60)
  --rate N         pods that are created in a second (default 200)
  --only NAME      this fault; may be given several times
  --json FILE      a report for programs (default faults.json)
  --markdown FILE  write a table between the marks of this page

Names: ${errors.map(({ name }) => name).join(", ")}
`;

const { values } = argumentsOf(usage, {
  options: {
    seconds: { type: "string", default: "60" },
    rate: { type: "string", default: "200" },
    only: { type: "string", multiple: true, default: [] },
    json: { type: "string", default: "faults.json" },
    markdown: { type: "string" },
  },
});

async function main(): Promise<number> {
  const size: LoadSize = {
    seconds: positive("--seconds", values.seconds),
    perSecond: positive("--rate", values.rate),
    warmUp: true,
  };
  const chosen = chosenFaults();
  const found = assets();
  if ("missing" in found) throw new Error(found.missing);
  endAfter(chosen.length * (size.seconds + 90) + 60);
  const plane = await startControlPlane(found.folder);
  try {
    const cluster = clusterOf(plane, found.folder);
    const outcomes: Outcome[] = [];
    for (const fault of chosen) {
      process.stderr.write(`${fault.name}: ${fault.about}\n`);
      const outcome = await runFault(cluster, fault, size);
      for (const words of outcome.violations) process.stderr.write(`  must not be: ${words}\n`);
      outcomes.push(outcome);
    }
    const report = await reportOf(cluster, size, outcomes);
    writeFileSync(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
    const text = markdown(report);
    process.stdout.write(`${text}\n`);
    if (values.markdown !== undefined) writeBetweenMarks(values.markdown, "make faults", text);
    return outcomes.every(({ violations }) => violations.length === 0) ? 0 : 1;
  } finally {
    await plane.stop();
  }
}

function positive(flag: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`${flag}: ${JSON.stringify(text)} is not a positive number`);
  return number;
}

function chosenFaults(): readonly Fault[] {
  const unknown = values.only.filter((name) => !errors.some((fault) => fault.name === name));
  if (unknown.length > 0)
    throw new Error(`--only: ${unknown.join(", ")} is none of ${errors.map(({ name }) => name).join(", ")}`);
  return values.only.length === 0 ? errors : errors.filter(({ name }) => values.only.includes(name));
}

/** Nothing here takes as long; a run that hangs is ended. */
function endAfter(seconds: number): void {
  setTimeout(() => {
    process.stderr.write(`ended after ${seconds} s\n`);
    process.exit(1);
  }, seconds * 1000).unref();
}

/** Also when a replica that got stuck is still there: it ends with this program. */
process.exit(
  await main().catch((error: unknown) => {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }),
);

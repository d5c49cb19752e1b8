/**
 * Two replicas of weft under load while things go wrong, on a real API server: pods lost, pods wrongly admitted, and
 * latencies, as JSON in a file and as Markdown on standard output. Fails when a figure is not as it must be.
 *
 *   node test/faults/faults.ts [--seconds 60] [--per-second 200] [--only NAME]... [--json FILE] [--markdown FILE]
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { assets } from "../api/harness/assets.ts";
import { clusterOf } from "../api/harness/cluster.ts";
import { startControlPlane } from "../api/harness/control-plane.ts";
import { runScenario, startWorld } from "./world.ts";
import type { Figures } from "./figures.ts";
import { markdown } from "./report.ts";
import type { Report } from "./report.ts";
import { scenarios } from "./scenarios.ts";

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    "per-second": { type: "string", default: "200" },
    only: { type: "string", multiple: true },
    json: { type: "string" },
    markdown: { type: "string" },
  },
});

async function main(): Promise<number> {
  const found = assets();
  if ("missing" in found) {
    process.stderr.write(`faults: skipped, ${found.missing}\n`);
    return 0;
  }
  const seconds = Number(flags.seconds);
  const plane = await startControlPlane(found.folder);
  try {
    const world = await startWorld(clusterOf(plane, found.folder));
    // Beyond what the machine can do there would be nothing to see but its queue.
    const perSecond = Math.floor(Math.min(Number(flags["per-second"]), world.reachable * 0.7));
    const figures: Figures[] = [];
    for (const scenario of scenarios.filter(({ name }) => flags.only?.includes(name) ?? true)) {
      const row = await runScenario(world, scenario, { perSecond, seconds });
      figures.push(row);
      process.stderr.write(`faults: ${row.scenario}: ${JSON.stringify(row.outcomes)} p99 ${row.p99.toFixed(1)} ms\n`);
      // What was on the way has to be over before the next one.
      await sleep(1000);
    }
    const { timeoutSeconds, reachable } = world;
    const report: Report = { machine: machine(), perSecond, reachable, seconds, timeoutSeconds, figures };
    write(report);
    await world.end();
    return figures.some(({ breaches }) => breaches.length > 0) ? 1 : 0;
  } finally {
    await plane.stop();
  }
}

function write(report: Report): void {
  const text = markdown(report);
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (flags.markdown !== undefined) writeFileSync(flags.markdown, `# weft while things go wrong\n\n${text}`);
  process.stdout.write(`${text}\n`);
}

const machine = (): string =>
  `${cpus().length} processors (${cpus()[0]?.model ?? "unknown"}), Node ${process.versions.node}, with the API server, etcd, weft and the load on them`;

process.exit(await main());

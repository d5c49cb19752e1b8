/**
 * Half the rate that the webhook can do, for half an hour (`SOAK_MINUTES=`): does its memory stay where it is? Prints the
 * resident memory minute by minute and, as JSON, the slope of the second half with its standard error; fails where the
 * slope is more than three of these and more than a MiB in ten minutes.
 */
import { setTimeout as after } from "node:timers/promises";
import { load } from "./load.ts";
import { memoryMiB, started, stopAll, weft } from "./servers.ts";

const minutes = Number(process.env["SOAK_MINUTES"] ?? 30);
const connections = 32;
const samplesPerMinute = 12;

async function main(): Promise<void> {
  const server = await started(await weft("info"));
  const { rate } = await load({ ...server, connections, seconds: 5 });
  const perSecond = Math.round(rate / 2);
  const end = performance.now() + minutes * 60_000;
  const samples: (readonly [minute: number, mib: number])[] = [];
  const begun = performance.now();
  const look = async (): Promise<void> => {
    while (performance.now() < end) {
      const minute = (performance.now() - begun) / 60_000;
      const mib = memoryMiB(server, "VmRSS");
      samples.push([minute, mib]);
      if (samples.length % samplesPerMinute === 1) process.stderr.write(`minute ${minute.toFixed(0)}: ${mib} MiB\n`);
      await after(60_000 / samplesPerMinute);
    }
  };
  const [result] = await Promise.all([load({ ...server, connections, seconds: minutes * 60, perSecond }), look()]);
  const { slope, error } = trend(samples.slice(samples.length / 2));
  const { requests, p99 } = result;
  process.stdout.write(`${JSON.stringify({ minutes, perSecond, requests, p99, slopeMiBPerMinute: slope, error })}\n`);
  if (slope > 3 * error && slope > 0.1) throw new Error(`memory grows by ${slope.toFixed(2)} MiB a minute`);
}

/** Least squares. */
function trend(samples: readonly (readonly [number, number])[]): { readonly slope: number; readonly error: number } {
  const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;
  const [x, y] = [mean(samples.map(([at]) => at)), mean(samples.map(([, mib]) => mib))];
  const spread = samples.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
  const slope = samples.reduce((sum, [at, mib]) => sum + (at - x) * (mib - y), 0) / spread;
  const rest = samples.reduce((sum, [at, mib]) => sum + (mib - y - slope * (at - x)) ** 2, 0);
  return { slope, error: Math.sqrt(rest / Math.max(1, samples.length - 2) / spread) };
}

try {
  await main();
} finally {
  stopAll();
}

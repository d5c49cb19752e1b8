/** What figures were measured on. */
import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

export const machine = (): string =>
  `${availableParallelism()} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB`;

/** How many programs wanted a processor in the minute before this one was started (uptime(1)). */
export const [busy = 0] = loadavg();

export const today = (): string => new Date().toISOString().slice(0, 10);

export function commit(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], { stdio: ["ignore", "pipe", "ignore"] })
      .toString()
      .trim();
  } catch {
    return "unknown";
  }
}

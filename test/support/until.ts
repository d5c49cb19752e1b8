/**
 * Waiting for what another process, a socket or the file system does, which no clock of ours tells: looked at every few
 * milliseconds, for as long as the test may take.
 */
import { setTimeout as pause } from "node:timers/promises";

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(5);
}

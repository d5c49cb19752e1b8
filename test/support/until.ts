/**
 * Waiting for what another process, a socket or the file system does, which no clock of ours tells: looked at every few
 * milliseconds, for as long as the test may take. What a test that has failed still waits for keeps no process.
 */
import { setTimeout as pause } from "node:timers/promises";

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(5, undefined, { ref: false });
}

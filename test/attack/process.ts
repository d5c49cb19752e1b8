/** What the kernel says of a process (proc(5)). Undefined: it has ended. */
import { readFileSync, readdirSync } from "node:fs";

/** Resident bytes; `most`: at any time so far. */
export const memoryOf = (pid: number): { readonly now: number; readonly most: number } | undefined => {
  const status = textOf(pid, "status");
  const kib = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status ?? "")?.[1]);
  return status === undefined || Number.isNaN(kib("VmRSS"))
    ? undefined
    : { now: kib("VmRSS") * 1024, most: kib("VmHWM") * 1024 };
};

/** Milliseconds in which it had a processor: fields 14 and 15, in ticks of 10 ms. */
export const processorTimeOf = (pid: number): number | undefined => {
  const fields = textOf(pid, "stat")?.split(") ")[1]?.split(" ");
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) * 10;
};

/** Files and sockets that are open. */
export const descriptorsOf = (pid: number): number => {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return 0;
  }
};

export interface Turns {
  /** Milliseconds in which its first thread had a processor, and in which it waited for one. */
  readonly ran: number;
  readonly waited: number;
}

/** Zeros where the kernel does not count (scheduler/sched-stats.rst). */
export const turnsOf = (pid: number): Turns => {
  const [ran = 0, waited = 0] = (textOf(pid, "schedstat") ?? "0 0").split(" ").map((text) => Number(text) / 1e6);
  return { ran, waited };
};

function textOf(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}

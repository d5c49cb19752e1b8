/** What goes over a pod's cable. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface Captured {
  readonly has: (text: string) => boolean;
  /** Records of type application data, of TLS (RFC 8446, section 5.1). */
  readonly tlsRecords: () => number;
}

export async function capture(link: string, filter: string, during: () => Promise<void>): Promise<Captured> {
  const folder = mkdtempSync(join(tmpdir(), "weft-capture-"));
  const file = join(folder, "packets");
  const child = spawn("tcpdump", ["-i", link, "-U", "-w", file, "-s", "0", "-Z", "root", filter], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await once(child.stderr, "data");
  await during();
  // Packets wait in the kernel for up to a second before tcpdump gets them.
  await sleep(1500);
  child.kill("SIGINT");
  await once(child, "exit");
  const bytes = readFileSync(file);
  rmSync(folder, { recursive: true });
  return {
    has: (text) => bytes.includes(text),
    tlsRecords: () => bytes.toString("latin1").split("\u0017\u0003\u0003").length - 1,
  };
}

/** linkerd 1.x as a program: started with a configuration, and stopped. `LINKERD1` names its launcher. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Folder } from "../../support/folder.ts";

export const launcher = process.env["LINKERD1"] ?? "";

if (launcher === "") process.stderr.write("tests with linkerd 1.x are skipped: LINKERD1 names no launcher of it\n");

export interface Linkerd {
  readonly stop: () => Promise<void>;
}

/** `port`: one that it listens on when it is there. */
export async function startLinkerd(folder: Folder, name: string, text: string, port: number): Promise<Linkerd> {
  await folder.write(`${name}.yaml`, text);
  const child = spawn(launcher, [folder.at(`${name}.yaml`)], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (log += chunk.toString()));
  const exited = once(child, "exit");
  while (!(await isListening(port))) {
    if (child.exitCode !== null) throw new Error(`linkerd ended with ${child.exitCode}:\n${log.slice(-4000)}`);
    await pause(200);
  }
  return {
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });

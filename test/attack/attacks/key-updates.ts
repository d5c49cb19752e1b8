import { spawn } from "node:child_process";
import { addressOf } from "../sockets.ts";
import type { ServerAttack } from "../shape.ts";

/** A line of its own, and a read: new keys, and a request for the other side's (openssl-s_client(1)). */
const update = "K\n";

export const keyUpdates: ServerAttack = {
  name: "key-updates",
  claim: "Who asks for new keys all the time costs no more than others can wait.",
  victim: "webhook",
  good: ["reviews"],
  seconds: 4,
  attack: async ({ ports }, over) => {
    const updates = await Promise.all(
      Array.from({ length: 4 }, async (_, index) => {
        const args = ["-connect", `127.0.0.1:${ports.webhook}`, "-bind", `${addressOf(index, 4)}:0`, "-tls1_3"];
        const client = spawn("openssl", ["s_client", ...args], { stdio: ["pipe", "ignore", "pipe"] });
        client.on("error", () => undefined);
        client.stdin.on("error", () => undefined);
        let told = 0;
        client.stderr.setEncoding("utf8").on("data", (text: string) => {
          told += text.split("KEYUPDATE").length - 1;
        });
        while (!over.aborted && client.exitCode === null && client.stdin.writable) {
          client.stdin.write(update);
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        client.kill("SIGKILL");
        return told;
      }),
    );
    const all = updates.reduce((sum, each) => sum + each, 0);
    return { says: `${all} updates on 4 connections`, happened: all > 0 };
  },
};

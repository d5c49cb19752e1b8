/** A program for `server.test.ts`: the whole webhook with an engine that answers slowly, stopped by signals. */
import { interruptSignal } from "../../../src/cli/interrupt.ts";
import { webhook } from "../../../src/serve/webhook/server.ts";
import { webhookOptions } from "../../../src/serve/webhook/flags.ts";
import { logToFile } from "../../../src/observe/log-file.ts";
import { everywhere } from "../../support/serving.ts";

const options = webhookOptions(
  {
    address: "127.0.0.1:0",
    adminAddress: "127.0.0.1:0",
    gracePeriod: process.argv[2] ?? "",
    trustAnchors: process.argv[3] ?? "",
  },
  {},
);
if ("issues" in options) throw new Error("options");
await webhook(
  options.value,
  {
    version: "0.0.0",
    answers: () =>
      everywhere(() => {
        process.stdout.write("asked\n");
        return new Promise((resolve) => setTimeout(resolve, 150, { status: 200, body: '{"done":true}' }));
      }),
  },
  {
    now: () => new Date(),
    log: logToFile(2),
    signal: interruptSignal(process),
    started: (started) => process.stdout.write(`${JSON.stringify(started)}\n`),
  },
);

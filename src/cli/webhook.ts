/** `weft webhook` as a command: its flags, and the engine put into the server. */
import type { Command } from "commander";
import { issueText } from "../core/base/text/issue.ts";
import type { Given } from "../serve/flags.ts";
import { usageFailure } from "./io.ts";
import type { Io } from "./io.ts";
import { webhookFlags, webhookOptions } from "../serve/webhook/flags.ts";
import { addFlags } from "./options.ts";
import { runWebhook } from "../serve/webhook/server.ts";

export function register(command: Command, io: Io): void {
  addFlags(command, webhookFlags);
  command.action(async () => {
    const options = webhookOptions(command.opts<Given>(), io.env);
    if ("issues" in options) throw usageFailure(...options.issues.map(issueText));
    await runWebhook(options.value, io, {
      now: () => new Date(),
      log: io.log,
      signal: io.signal,
      started: () => io.serving?.(),
    });
  });
}

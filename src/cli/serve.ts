/** `weft serve`: the webhook, and with `--all` the control plane in the same process, for small clusters. */
import type { Command } from "commander";
import { issueText } from "../core/base/text/issue.ts";
import { issuesOf } from "../core/base/text/result.ts";
import { allFlag, bothFlags } from "../serve/both-flags.ts";
import { controllerOptions } from "../serve/controller/flags.ts";
import type { Given } from "../serve/flags.ts";
import { usageFailure } from "./io.ts";
import type { Io } from "./io.ts";
import { webhookOptions } from "../serve/webhook/flags.ts";
import { addFlags } from "./options.ts";
import { runWebhook } from "../serve/webhook/server.ts";
import { both } from "../serve/both.ts";

export function register(command: Command, io: Io): void {
  command.option(allFlag.name, allFlag.help);
  addFlags(command, bothFlags);
  command.action(async () => {
    const { all, ...given } = command.opts<Given & { readonly all?: boolean }>();
    const webhook = webhookOptions(given, io.env);
    const controller = all === true ? controllerOptions(given, io.env) : undefined;
    const issues = [webhook, controller].flatMap(issuesOf);
    if (issues.length > 0) throw usageFailure(...new Set(issues.map(issueText)));
    if (!("value" in webhook)) return;
    const world = { now: () => new Date(), log: io.log, signal: io.signal, started: () => io.serving?.() };
    if (controller === undefined || !("value" in controller)) await runWebhook(webhook.value, io, world);
    else await both(webhook.value, controller.value, io, world);
  });
}

/** `weft serve`: the webhook, and with `--all` the control plane in the same process, for small clusters. */
import type { Command } from "commander";
import { issueText } from "../core/base/text/issue.ts";
import { createLog } from "../observe/log.ts";
import { follower, runController } from "./controller.ts";
import { keptController } from "./kept-controller.ts";
import { controllerParts } from "./controller-command.ts";
import { controllerFlags, controllerOptions } from "./controller-options.ts";
import type { ControllerOptions } from "./controller-options.ts";
import { addFlags } from "./flag-rows.ts";
import type { Given } from "./flag-rows.ts";
import { usageFailure } from "./io.ts";
import type { Io } from "./io.ts";
import { runWebhook } from "./webhook-command.ts";
import type { WebhookIo } from "./webhook.ts";
import { webhookFlags, webhookOptions } from "./webhook-options.ts";
import type { WebhookOptions } from "./webhook-options.ts";

export function register(command: Command, io: Io): void {
  command.option("--all", "serve identity, destination and policy, too");
  // What both have is told in the webhook's words; without --trust-anchors each takes its own usual file.
  addFlags(command, [...controllerFlags, ...webhookFlags]);
  command.action(async () => {
    const { all, ...given } = command.opts<Given & { readonly all?: boolean }>();
    const webhook = webhookOptions(given, io.env);
    const controller = all === true ? controllerOptions(given, io.env) : undefined;
    const issues = [webhook, controller].flatMap((read) => (read !== undefined && "issues" in read ? read.issues : []));
    if (issues.length > 0) throw usageFailure(...new Set(issues.map(issueText)));
    if (!("value" in webhook)) return;
    const world = { now: () => new Date(), log: io.log, signal: io.signal };
    if (controller === undefined || !("value" in controller)) await runWebhook(webhook.value, io, world);
    else await both(webhook.value, controller.value, io, world);
  });
}

/** One log, one admin listener. A control plane that cannot start leaves the webhook at work. */
async function both(
  webhook: WebhookOptions,
  controller: ControllerOptions,
  io: Io,
  { now, log: sink, signal }: WebhookIo,
): Promise<void> {
  const log = createLog({ level: webhook.logLevel, format: webhook.logFormat, sink, now });
  const stopping = follower(signal);
  const start = () => runController(controller, controllerParts(controller, io), { log, now, signal: stopping.signal });
  const beside = keptController(start, log, stopping.signal);
  const parts = [beside.ended, runWebhook(webhook, io, { now, log: sink, signal: stopping.signal, beside })];
  try {
    await Promise.all(parts);
  } finally {
    stopping.abort();
    await Promise.allSettled(parts);
  }
}

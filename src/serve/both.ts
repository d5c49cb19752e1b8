/** The webhook and the control plane in one process. */
import { createLog } from "../observe/log.ts";
import { follower, runController } from "./controller/server.ts";
import { restartedController } from "./restarted.ts";
import type { ControllerOptions } from "./controller/flags.ts";
import type { Context } from "./context.ts";
import { runWebhook } from "./webhook/server.ts";
import type { WebhookIo } from "./webhook/server.ts";
import type { WebhookOptions } from "./webhook/flags.ts";
import { controllerParts } from "./controller/outside.ts";

/** One log, one admin listener. A control plane that cannot start leaves the webhook at work. */
export async function both(
  webhook: WebhookOptions,
  controller: ControllerOptions,
  context: Context,
  { now, log: sink, signal, started }: WebhookIo,
): Promise<void> {
  const log = createLog({ level: webhook.logLevel, format: webhook.logFormat, sink, now });
  const stopping = follower(signal);
  const start = () =>
    runController(controller, controllerParts(controller, context), { log, now, signal: stopping.signal });
  const beside = restartedController(start, log, stopping.signal);
  const parts = [
    beside.ended,
    runWebhook(webhook, context, { now, log: sink, signal: stopping.signal, beside, ...(started && { started }) }),
  ];
  try {
    await Promise.all(parts);
  } finally {
    stopping.abort();
    await Promise.allSettled(parts);
  }
}

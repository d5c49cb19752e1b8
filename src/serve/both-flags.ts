/** The flags of `weft serve`: the webhook's, and the control plane's for `--all`. */
import { controllerFlags } from "./controller/flags.ts";
import { webhookFlags } from "./webhook/flags.ts";
import type { Flag } from "./flags.ts";

export const allFlag = { name: "--all", help: "serve identity, destination and policy, too" } as const;

/** What both have is told in the webhook's words; without --trust-anchors each takes its own usual file. */
export const bothFlags: readonly Flag[] = [
  ...new Map([...controllerFlags, ...webhookFlags].map((flag) => [flag.name, flag])).values(),
];

/** `weft controller` as a command: its flags, and the cluster and the issuer put into the control plane. */
import type { Command } from "commander";
import { issueText } from "../core/base/text/issue.ts";
import { controller } from "../serve/controller/server.ts";
import { controllerFlags, controllerOptions } from "../serve/controller/flags.ts";
import type { Given } from "../serve/flags.ts";
import { usageFailure } from "./io.ts";
import type { Io } from "./io.ts";
import { addFlags } from "./options.ts";
import { controllerParts } from "../serve/controller/outside.ts";

export function register(command: Command, io: Io): void {
  addFlags(command, controllerFlags);
  command.action(async () => {
    const options = controllerOptions(command.opts<Given>(), io.env);
    if ("issues" in options) throw usageFailure(...options.issues.map(issueText));
    await controller(options.value, controllerParts(options.value, io), {
      now: () => new Date(),
      log: io.log,
      signal: io.signal,
      started: () => io.serving?.(),
    });
  });
}

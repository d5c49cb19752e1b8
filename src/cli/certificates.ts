/** `weft certificates` as a command: its flags, and the cluster that they name. */
import type { Command } from "commander";
import { names } from "../core/install/names.ts";
import { issueText } from "../core/base/text/issue.ts";
import { connect } from "../kube/connect.ts";
import { certificates } from "../serve/certificates/server.ts";
import { certificatesFlags, certificatesOptions } from "../serve/certificates/flags.ts";
import type { Given } from "../serve/flags.ts";
import { CommandFailure, usageFailure } from "./io.ts";
import type { Io } from "./io.ts";
import { addFlags } from "./options.ts";

export function register(command: Command, io: Io): void {
  const { env, version } = io;
  addFlags(command, certificatesFlags);
  command.action(async () => {
    const options = certificatesOptions(command.opts<Given>(), env);
    if ("issues" in options) throw usageFailure(...options.issues.map(issueText));
    const { kubeconfig, context } = options.value;
    const api = await connect({ kubeconfig, context, env });
    if ("issues" in api) throw new CommandFailure(api.issues.map(issueText));
    const instance = env["HOSTNAME"] ?? names.certificates;
    await certificates(api.value, options.value, {
      version,
      instance,
      now: () => new Date(),
      log: io.log,
      signal: io.signal,
      started: () => io.serving?.(),
    });
  });
}

/** `weft controller` as a command: its flags, and the cluster and the issuer put into the control plane. */
import type { Command } from "commander";
import { names } from "../core/install/names.ts";
import { issueText } from "../core/mesh/issue.ts";
import type { Parsed } from "../files/reloaded.ts";
import { realClock } from "../kube/clock.ts";
import { connect } from "../kube/connect.ts";
import { controller } from "./controller.ts";
import { controllerIdentity } from "./controller-identity.ts";
import { controllerFlags, controllerOptions } from "./controller-options.ts";
import type { ControllerOptions } from "./controller-options.ts";
import type { ControllerParts, ControllerWorld, ServedIdentity } from "./controller-parts.ts";
import { addFlags } from "./flag-rows.ts";
import type { Given } from "./flag-rows.ts";
import { usageFailure } from "./io.ts";
import type { Io } from "./io.ts";
import { toldEvents } from "./told-events.ts";

export function register(command: Command, io: Io): void {
  addFlags(command, controllerFlags);
  command.action(async () => {
    const options = controllerOptions(command.opts<Given>(), io.env);
    if ("issues" in options) throw usageFailure(...options.issues.map(issueText));
    await controller(options.value, controllerParts(options.value, io), {
      now: () => new Date(),
      log: io.log,
      signal: io.signal,
    });
  });
}

/** The cluster that the options name, or the pod's own, and the issuer in its folder. */
export function controllerParts(
  options: ControllerOptions,
  { env, version }: Pick<Io, "env" | "version">,
): ControllerParts {
  const instance = env["HOSTNAME"] ?? names.controller;
  return {
    version,
    instance,
    connect: () => connect({ kubeconfig: options.kubeconfig, context: options.context, env }),
    openIdentity: (world) => openIdentity(options, world, instance),
  };
}

async function openIdentity(
  options: ControllerOptions,
  { api, mesh, log, metrics, now, end }: ControllerWorld,
  instance: string,
): Promise<Parsed<ServedIdentity>> {
  const events = toldEvents({ ask: api.ask, instance, now, log });
  const opened = await controllerIdentity(
    {
      issuerDir: options.issuerDir,
      trustAnchors: options.trustAnchors,
      mesh,
      spiffe: options.identitySpiffe,
      lifetime: options.identityLifetime,
      clockSkew: options.identityClockSkew,
    },
    {
      log,
      metrics,
      now,
      signal: end,
      ask: api.ask,
      clock: realClock,
      record: events.record,
      // Without uid, which reading the Deployment would take a right for.
      deployment: () => ({
        apiVersion: "apps/v1",
        kind: "Deployment",
        namespace: options.namespace,
        name: names.controller,
        uid: "",
      }),
    },
  );
  return "issues" in opened ? opened : { value: { ...opened.value, close: events.end } };
}

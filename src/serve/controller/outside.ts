/** What the control plane has from outside: the cluster that the options name, or the pod's own, and the issuer in its folder. */
import { names } from "../../core/install/names.ts";
import { realClock } from "../../async/clock.ts";
import { connect } from "../../kube/connect.ts";
import { toldEvents } from "../told-events.ts";
import { controllerIdentity } from "./identity.ts";
import type { ControllerOptions } from "./flags.ts";
import type { ControllerParts, ControllerWorld, ServedIdentity } from "./parts.ts";
import type { Context } from "../context.ts";
import type { Result } from "../../core/base/text/result.ts";

/** The cluster that the options name, or the pod's own, and the issuer in its folder. */
export function controllerParts(options: ControllerOptions, { env, version }: Context): ControllerParts {
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
  { api, mesh, mounted, log, metrics, now, end }: ControllerWorld,
  instance: string,
): Promise<Result<ServedIdentity>> {
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
      mounted,
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

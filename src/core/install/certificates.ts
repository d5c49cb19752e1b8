/** `weft certificates` as a Deployment runs it, where weft makes its certificates itself. No Service leads to it. */
import type { JsonObject } from "../base/json/json.ts";
import { deploymentOf, loggingArgs } from "./deployment.ts";
import type { Program } from "./deployment.ts";
import { components, configurationNames, names } from "./names.ts";
import { disruptionBudget, networkPolicy } from "./network-objects.ts";
import type { InstallOptions } from "./chosen.ts";

/** The certificate controller counts missed pods where it is given. */
export const missedPodsFlag = "--missed-pods-every";

/** Nothing of it where somebody else makes them. */
export function certificateControllerObjects(options: InstallOptions): readonly JsonObject[] {
  if (options.certificates.kind !== "self") return [];
  const program = certificateController(options);
  const guarded = { ...program, ingress: [] };
  return [deploymentOf(options, program), ...disruptionBudget(options, guarded), ...networkPolicy(options, guarded)];
}

function certificateController(options: InstallOptions): Program {
  const { weft, mesh, namespace, controlPlane } = options;
  const configurations = configurationNames(mesh.kind === "adopted");
  return {
    name: names.certificates,
    component: components.certificates,
    replicas: weft["certificates.replicas"],
    resources: weft["certificates.resources"],
    args: [
      "certificates",
      `--namespace=${namespace}`,
      `--service=${names.injector}`,
      `--ca-secret=${names.caSecret}`,
      `--certificates-secret=${names.servedSecret}`,
      `--mutating-configuration=${configurations.mutating}`,
      `--validating-configuration=${configurations.validating}`,
      // weft's own controller watches pods already, and counts those that were missed.
      ...(controlPlane.kind === "own"
        ? [`--validating-configuration=${configurations.policies}`]
        : [`${missedPodsFlag}=2m`]),
      ...loggingArgs(options),
    ],
    ports: [],
    mounts: [],
  };
}

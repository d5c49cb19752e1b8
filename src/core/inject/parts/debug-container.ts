/** The debug sidecar with tshark. */
import { containerNames } from "../../mesh/sidecar.ts";
import type { NewContainer } from "./containers.ts";
import type { PodSettings } from "../settings/settings.ts";

export function debugContainer(settings: PodSettings): NewContainer {
  const version = settings["debugContainer.image.version"];
  const policy = settings["debugContainer.image.pullPolicy"];
  const context = settings["debugContainer.securityContext"];
  const probe = { exec: { command: ["true"] } };
  return {
    name: containerNames.debug,
    image: `${settings["debugContainer.image.name"]}:${version === "" ? settings.linkerdVersion : version}`,
    imagePullPolicy: policy === "" ? settings.imagePullPolicy : policy,
    livenessProbe: probe,
    readinessProbe: probe,
    ...(context === undefined ? {} : { securityContext: context }),
    terminationMessagePolicy: "FallbackToLogsOnError",
  };
}

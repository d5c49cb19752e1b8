/** The debug sidecar with tshark. */
import { containerNames } from "../../mesh/sidecar.ts";
import type { NewContainer } from "./containers.ts";
import type { PodSettings, Settings } from "../settings/settings.ts";

export function debugContainer(settings: PodSettings): NewContainer {
  const context = settings["debugContainer.securityContext"];
  const probe = { exec: { command: ["true"] } };
  return {
    name: containerNames.debug,
    ...debugImage(settings),
    livenessProbe: probe,
    readinessProbe: probe,
    ...(context === undefined ? {} : { securityContext: context }),
    terminationMessagePolicy: "FallbackToLogsOnError",
  };
}

/** With it a running pod is debugged, too. */
export function debugImage(settings: Settings): { readonly image: string; readonly imagePullPolicy: string } {
  const version = settings["debugContainer.image.version"];
  const policy = settings["debugContainer.image.pullPolicy"];
  return {
    image: `${settings["debugContainer.image.name"]}:${version === "" ? settings.linkerdVersion : version}`,
    imagePullPolicy: policy === "" ? settings.imagePullPolicy : policy,
  };
}

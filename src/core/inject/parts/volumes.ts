/** Volumes that weft adds, in order. */
import type { Volume } from "../../mesh/models.ts";
import { perObject } from "../../base/memory/memo.ts";
import { initMode } from "../settings/init-mode.ts";
import { tokenAudience } from "../../mesh/control-plane.ts";
import type { PodSettings } from "../settings/settings.ts";

export const volumeNames = {
  lock: "linkerd-proxy-init-xtables-lock",
  identity: "linkerd-identity-end-entity",
  podInfo: "linkerd-podinfo",
  token: "linkerd-identity-token",
} as const;

/** Where the proxy has them. */
export const identityDirectory = "/var/run/linkerd/identity/end-entity";
export const podInfoDirectory = "/var/run/linkerd/podinfo";
export const tokenDirectory = "/var/run/secrets/tokens";

export type NewVolume = Volume & { readonly name: string };

/** Name and mount path of the lock file's volume; one name for both, whatever the settings say (S-23). */
export function lockVolume(settings: PodSettings): { readonly name: string; readonly mountPath: string } {
  const name = settings["proxyInit.xtMountPath.name"];
  const mountPath = settings["proxyInit.xtMountPath.mountPath"];
  return { name: name === "" ? volumeNames.lock : name, mountPath: mountPath === "" ? "/run" : mountPath };
}

export const volumes = perObject((settings: PodSettings): readonly NewVolume[] => [
  // For Linkerd's program alone: the lock of weft's modes is elsewhere (init-firewall.ts).
  ...(settings.cniEnabled || initMode(settings) !== "linkerd"
    ? []
    : [{ name: lockVolume(settings).name, emptyDir: {} }]),
  { name: volumeNames.identity, emptyDir: { medium: "Memory" } },
  ...(settings["proxy.tracing.enabled"] ? [podInfo] : []),
  ...(settings["identity.serviceAccountTokenProjection"] ? [token] : []),
]);

const podInfo: NewVolume = {
  name: volumeNames.podInfo,
  downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] },
};

const token: NewVolume = {
  name: volumeNames.token,
  projected: {
    sources: [
      {
        serviceAccountToken: {
          path: volumeNames.token,
          expirationSeconds: 86_400,
          audience: tokenAudience,
        },
      },
    ],
  },
};

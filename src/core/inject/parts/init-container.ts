/** The init container that redirects the pod's traffic, or in CNI mode the one that checks it. */
import type { CapabilityLists, SecurityContext } from "../../mesh/models.ts";
import { begunWith } from "../../base/json/beginning.ts";
import { perObject, perText } from "../../base/memory/memo.ts";
import { numberText, isZero } from "../../base/scalars/numbers.ts";
import { containerNames } from "../../mesh/sidecar.ts";
import { proxyCapabilities, proxyImage, resources, tokenMounts, whole, withoutAdmin } from "./containers.ts";
import type { NewContainer } from "./containers.ts";
import { initArguments } from "../settings/init-arguments.ts";
import { firewallInit, firewallPrivileges } from "./init-firewall.ts";
import { initMode } from "../settings/init-mode.ts";
import type { PodView } from "../pod/pod-view.ts";
import { lockVolume } from "./volumes.ts";
import type { PodSettings } from "../settings/settings.ts";

export function initContainer(settings: PodSettings, pod: PodView): NewContainer {
  if (settings.cniEnabled) return networkValidator(settings);
  return initMode(settings) === "linkerd" ? linkerdInit(settings, pod) : ownInit(settings, pod);
}

function linkerdInit(settings: PodSettings, pod: PodView): NewContainer {
  const lock = lockVolume(settings);
  return begunWith(beginnings(settings)(JSON.stringify(proxyCapabilities(pod, settings) ?? null)), {
    volumeMounts: [{ mountPath: lock.mountPath, name: lock.name }, ...tokenMounts(pod.containers[0]?.tokenMount)],
  });
}

/** weft's own modes (docs/redirect.md). */
function ownInit(settings: PodSettings, pod: PodView): NewContainer {
  const volumeMounts = tokenMounts(pod.containers[0]?.tokenMount);
  return {
    ...firewallInit(settings),
    securityContext: { ...firewallPrivileges(settings), ...initUser(settings), ...confined },
    terminationMessagePolicy: "FallbackToLogsOnError",
    ...(volumeMounts.length === 0 ? {} : { volumeMounts }),
  };
}

/** All but the volumes, the same object for pods whose first container has the same capabilities. */
const beginnings = perObject((settings: PodSettings) =>
  perText(
    (lists): NewContainer => ({
      name: containerNames.init,
      ...proxyImage(settings),
      command: ["/usr/lib/linkerd/linkerd2-proxy-init"],
      args: initArguments(settings),
      ...resources(settings),
      securityContext: initSecurityContext(settings, (JSON.parse(lists) as CapabilityLists | null) ?? undefined),
      terminationMessagePolicy: "FallbackToLogsOnError",
    }),
    { most: 8, longest: 1024 },
  ),
);

const network = new Set(["NET_ADMIN", "NET_RAW"]);

function initSecurityContext(settings: PodSettings, fromProxy: CapabilityLists | undefined): SecurityContext {
  const { add, drop } = fromProxy ?? withoutAdmin(settings["proxyInit.capabilities"]) ?? { add: [], drop: [] };
  const dropped = fromProxy === undefined ? drop : drop.filter((name) => !network.has(name));
  const escalates = !isZero(settings["proxyInit.closeWaitTimeoutSecs"]) || settings["proxyInit.privileged"];
  return {
    allowPrivilegeEscalation: escalates,
    capabilities: { add: [...network, ...add], ...(dropped.length > 0 ? { drop: dropped } : {}) },
    privileged: escalates,
    ...initUser(settings),
    ...confined,
  };
}

const confined: SecurityContext = { readOnlyRootFilesystem: true, seccompProfile: { type: "RuntimeDefault" } };

const nobody = 65534;

function initUser(settings: PodSettings): SecurityContext {
  if (settings["proxyInit.runAsRoot"]) return { runAsGroup: 0, runAsNonRoot: false, runAsUser: 0 };
  const or = (id: number | bigint): number => (isZero(id) ? nobody : whole(id));
  return {
    runAsGroup: or(settings["proxyInit.runAsGroup"]),
    runAsNonRoot: true,
    runAsUser: or(settings["proxyInit.runAsUser"]),
  };
}

function networkValidator(settings: PodSettings): NewContainer {
  const { disableIPv6: v4 } = settings;
  const connect = settings["networkValidator.connectAddr"];
  const listen = settings["networkValidator.listenAddr"];
  // Where the redirected connection arrives; Linkerd says 4140 whatever the outbound port is (S-22).
  const port = numberText(settings["proxy.ports.outbound"]);
  return {
    name: containerNames.validator,
    ...proxyImage(settings),
    command: ["/usr/lib/linkerd/linkerd2-network-validator"],
    args: [
      "--log-format",
      settings["networkValidator.logFormat"],
      "--log-level",
      settings["networkValidator.logLevel"],
      "--connect-addr",
      connect === "" ? (v4 ? "1.1.1.1:20001" : "[fd00::1]:20001") : connect,
      "--listen-addr",
      listen === "" ? `${v4 ? "0.0.0.0" : "[::]"}:${port}` : listen,
      "--timeout",
      settings["networkValidator.timeout"],
    ],
    ...resources(settings),
    securityContext: settings["networkValidator.securityContext"] ?? {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
      runAsGroup: nobody,
      runAsNonRoot: true,
      runAsUser: nobody,
      seccompProfile: { type: "RuntimeDefault" },
    },
  };
}

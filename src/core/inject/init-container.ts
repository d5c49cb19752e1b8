/** The init container that redirects the pod's traffic, or in CNI mode the one that checks it (contract 6.4, 6.5). */
import type { SecurityContext } from "../mesh/models.ts";
import { perObject } from "../mesh/memo.ts";
import { numberText } from "../mesh/numbers.ts";
import type { PodSettings } from "./annotation-settings.ts";
import {
  isZero,
  names,
  proxyCapabilities,
  proxyImage,
  proxyUser,
  resources,
  tokenMounts,
  whole,
} from "./containers.ts";
import type { NewContainer } from "./containers.ts";
import type { PodView } from "./pod-view.ts";
import { lockVolume } from "./volumes.ts";

export const initContainer = (settings: PodSettings, pod: PodView): NewContainer =>
  settings.cniEnabled ? networkValidator(settings) : redirectingInit(settings, pod);

function redirectingInit(settings: PodSettings, pod: PodView): NewContainer {
  const lock = lockVolume(settings);
  return {
    ...fixed(settings),
    securityContext: initSecurityContext(settings, pod),
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts: [{ mountPath: lock.mountPath, name: lock.name }, ...tokenMounts(pod.containers[0]?.tokenMount)],
  };
}

/** What follows from the settings alone, made once for them. */
const fixed = perObject((settings: PodSettings) => ({
  name: names.init,
  ...proxyImage(settings),
  command: ["/usr/lib/linkerd/linkerd2-proxy-init"],
  args: initArguments(settings),
  ...resources(settings),
}));

function initArguments(settings: PodSettings): readonly string[] {
  const flag = (name: string, value: string | undefined): readonly string[] =>
    value === undefined || value === "" ? [] : [name, value];
  const closeWait = settings["proxyInit.closeWaitTimeoutSecs"];
  const own = `${numberText(settings["proxy.ports.control"])},${numberText(settings["proxy.ports.admin"])}`;
  const skipped = settings["proxyInit.ignoreInboundPorts"];
  return [
    ...(settings["proxyInit.iptablesMode"] === "nft"
      ? ["--firewall-bin-path", "iptables-nft", "--firewall-save-bin-path", "iptables-nft-save"]
      : []),
    ...(settings.disableIPv6 ? ["--ipv6=false"] : []),
    ...flag("--incoming-proxy-port", numberText(settings["proxy.ports.inbound"])),
    ...flag("--outgoing-proxy-port", numberText(settings["proxy.ports.outbound"])),
    ...flag("--proxy-uid", proxyUser(settings)),
    ...flag("--proxy-gid", settings["proxy.gid"] >= 0 ? numberText(settings["proxy.gid"]) : undefined),
    ...flag("--inbound-ports-to-ignore", skipped === "" ? own : `${own},${skipped}`),
    ...flag("--outbound-ports-to-ignore", settings["proxyInit.ignoreOutboundPorts"]),
    ...flag("--timeout-close-wait-secs", isZero(closeWait) ? undefined : numberText(closeWait)),
    ...flag("--log-format", settings["proxyInit.logFormat"]),
    ...flag("--log-level", settings["proxyInit.logLevel"]),
    ...flag("--subnets-to-ignore", settings["proxyInit.skipSubnets"]),
  ];
}

const network = new Set(["NET_ADMIN", "NET_RAW"]);

function initSecurityContext(settings: PodSettings, pod: PodView): SecurityContext {
  const fromProxy = proxyCapabilities(pod, settings);
  const { add, drop } = fromProxy ?? settings["proxyInit.capabilities"] ?? { add: [], drop: [] };
  const dropped = fromProxy === undefined ? drop : drop.filter((name) => !network.has(name));
  const escalates = !isZero(settings["proxyInit.closeWaitTimeoutSecs"]) || settings["proxyInit.privileged"];
  return {
    allowPrivilegeEscalation: escalates,
    capabilities: { add: [...network, ...add], ...(dropped.length > 0 ? { drop: dropped } : {}) },
    privileged: escalates,
    ...initUser(settings),
    readOnlyRootFilesystem: true,
    seccompProfile: { type: "RuntimeDefault" },
  };
}

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
    name: names.validator,
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

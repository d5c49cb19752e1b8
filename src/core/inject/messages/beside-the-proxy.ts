/**
 * What of the pod stands in the way of the proxy beside it: who runs as the proxy's user is not redirected, and of two
 * who listen on one port one cannot start. Such a pod is injected, and yet not in the mesh.
 */
import { keys } from "../../mesh/annotations.ts";
import type { JsonObject } from "../../base/json/json.ts";
import { perObject } from "../../base/memory/memo.ts";
import { numberText, isZero } from "../../base/scalars/numbers.ts";
import { sidecarPorts } from "../../mesh/proxy-ports.ts";
import type { SidecarPorts } from "../../mesh/proxy-ports.ts";
import { containerNames } from "../../mesh/sidecar.ts";
import { asObject } from "../../base/json/edit.ts";
import type { Warning } from "../outcome/injection.ts";
import type { ContainerView, PodView } from "../pod/pod-view.ts";
import { readPod } from "../pod/pod-view.ts";
import { mostOfAKind } from "./warnings.ts";
import type { PodSettings } from "../settings/settings.ts";
import { proxyUser } from "../settings/settings.ts";

/** Warnings of the first rank, and one about a wait that outlasts the pod. */
export const besideWarnings = (pod: PodView, settings: PodSettings): readonly Warning[] => [
  ...takenWarnings(pod, runningBeside(pod, settings), proxyOf(settings)),
  ...ownPortWarnings(settings),
  ...nameWarnings(pod),
  ...waitWarnings(pod, settings),
];

/** What is said of the same kind about a pod with a proxy, as it runs. */
export function besideRunning(pod: JsonObject): readonly string[] {
  const read = readPod(pod);
  if ("issues" in read) return [];
  const { initContainers, containers } = read.value;
  const isProxy = ({ name }: ContainerView): boolean => name === containerNames.proxy;
  const first = initContainers.findIndex(isProxy);
  const proxy = first === -1 ? containers.find(isProxy) : initContainers[first];
  if (proxy === undefined) return [];
  const beside = [
    ...initContainers.filter(({ raw }, index) => (first !== -1 && index > first) || raw["restartPolicy"] === "Always"),
    ...containers,
  ].filter(({ name }) => !ownNames.has(name));
  return takenWarnings(read.value, beside, runningProxy(proxy.raw)).map(({ text }) => text);
}

const ownNames: ReadonlySet<string> = new Set(Object.values(containerNames));

/** What of a proxy nobody else in its pod can have. */
interface ProxyOwns {
  /** Undefined: nothing says it. */
  readonly runAsUser: string | undefined;
  readonly runAsGroup: string | undefined;
  readonly ports: SidecarPorts;
}

const proxyOf = perObject((settings: PodSettings): ProxyOwns => ({
  runAsUser: proxyUser(settings),
  runAsGroup: numberText(settings["proxy.gid"]),
  ports: Object.fromEntries(proxyPorts.map(({ path, name }) => [name, Number(settings[path])])),
}));

function runningProxy(container: JsonObject): ProxyOwns {
  const context = asObject(container["securityContext"]);
  const idText = (id: unknown): string | undefined => (typeof id === "number" ? String(id) : undefined);
  return {
    runAsUser: idText(context?.["runAsUser"]),
    runAsGroup: idText(context?.["runAsGroup"]),
    ports: sidecarPorts(container),
  };
}

const takenWarnings = (pod: PodView, beside: readonly ContainerView[], proxy: ProxyOwns): readonly Warning[] => [
  ...sameIdWarnings(pod, beside, proxy),
  ...listeningWarnings(beside, proxy),
];

/** Init containers that end before the redirection is there are not in its way. */
const runningBeside = (pod: PodView, settings: PodSettings): readonly ContainerView[] => [
  ...pod.initContainers.filter(({ raw }) => settings["proxy.nativeSidecar"] || raw["restartPolicy"] === "Always"),
  ...pod.containers,
];

const firstRank = (about: string, texts: readonly string[]): readonly Warning[] =>
  texts.slice(0, mostOfAKind).map((text) => ({ about, rank: 0, text }));

/** The redirection spares the proxy's user and its group (core/redirect/rules.ts), neither of them where it is 0. */
function sameIdWarnings(pod: PodView, beside: readonly ContainerView[], proxy: ProxyOwns): readonly Warning[] {
  const rows = [
    { field: "runAsUser", what: "user", key: keys.proxyUid },
    { field: "runAsGroup", what: "group", key: keys.proxyGid },
  ] as const;
  const ofPod = asObject(pod.spec?.["securityContext"]);
  return rows.flatMap(({ field, what, key }) => {
    const id = proxy[field];
    const same = beside.filter(({ raw }) => {
      const own = asObject(raw["securityContext"])?.[field] ?? ofPod?.[field];
      return typeof own === "number" && own > 0 && String(own) === id;
    });
    return firstRank(
      key,
      same.map(
        ({ name }) =>
          `container ${name} runs as ${what} ${id}, as the proxy does: what it sends goes past the proxy; ` +
          `use another ${field}, or ${key}`,
      ),
    );
  });
}

const proxyPorts = [
  { path: "proxy.ports.inbound", name: "inbound", key: keys.inboundPort },
  { path: "proxy.ports.outbound", name: "outbound", key: keys.outboundPort },
  { path: "proxy.ports.control", name: "control", key: keys.controlPort },
  { path: "proxy.ports.admin", name: "admin", key: keys.adminPort },
] as const;

function listeningWarnings(beside: readonly ContainerView[], proxy: ProxyOwns): readonly Warning[] {
  return proxyPorts.flatMap(({ name, key }) => {
    const port = proxy.ports[name];
    const takers = beside.filter(({ ports }) =>
      ports.some(({ number, protocol }) => number === port && (protocol === "" || protocol === "TCP")),
    );
    return firstRank(
      key,
      takers.map(
        (container) =>
          `container ${container.name} listens on port ${port}, the proxy's ${name} port: one of them cannot start; ` +
          `${key} moves the proxy's`,
      ),
    );
  });
}

const ownPortWarnings = perObject((settings: PodSettings): readonly Warning[] =>
  proxyPorts.flatMap(({ path, name, key }, index) => {
    const others = proxyPorts
      .slice(index + 1)
      .filter((other) => Number(settings[other.path]) === Number(settings[path]));
    return firstRank(
      key,
      others.map(
        (other) =>
          `the proxy's ${name} and ${other.name} port are both ${numberText(settings[path])}, so that it cannot start; ` +
          `give ${key} and ${other.key} different ports`,
      ),
    );
  }),
);

/** The control plane has names of the cluster's DNS; a node's own name servers mostly know none of these. */
function nameWarnings({ spec }: PodView): readonly Warning[] {
  const about = "spec.dnsPolicy";
  const text =
    `${about} is Default: the proxy asks the node's name servers for the control plane, ` +
    "and gets no certificate where they do not know the cluster's names; use ClusterFirst";
  return spec?.["dnsPolicy"] === "Default" ? firstRank(about, [text]) : [];
}

/** What core/v1 has where a pod does not say it, in seconds. */
const defaultGracePeriod = 30;

/** A hook that outlasts the grace period is killed with all of the pod. */
function waitWarnings(pod: PodView, settings: PodSettings): readonly Warning[] {
  const wait = settings["proxy.waitBeforeExitSeconds"];
  const given = pod.spec?.["terminationGracePeriodSeconds"];
  const grace = typeof given === "number" ? given : defaultGracePeriod;
  if (settings["proxy.nativeSidecar"] || isZero(wait) || Number(wait) < grace) return [];
  const text =
    `the proxy waits ${numberText(wait)} s before it ends, but the pod is killed after ${grace} s: ` +
    "give terminationGracePeriodSeconds more";
  return [{ about: keys.proxyWaitBeforeExitSeconds, rank: 3, text }];
}

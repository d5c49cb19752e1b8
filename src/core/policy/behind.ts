/**
 * What of the pods behind a Service matters to the policies that name it: made once for all of them, in one walk over the
 * pods, and the same as long as pods only come and go.
 */
import { labels as labelKeys } from "../mesh/annotations.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { PodView, ServiceView } from "../view/objects.ts";
import { podsBehind } from "./covering.ts";
import { portsByName, servicePortOf, targetOf } from "./pod-ports.ts";
import { proxyPortsOf } from "./port-list.ts";
import { serversOf } from "./server.ts";
import { ownerOf } from "./sharing.ts";

/** Texts about ports of pods: by the number, and by the names by which the Service finds a port of that number. */
export type Facts = ReadonlyMap<number | string, readonly string[]>;

export interface PodsSummary {
  /** `Deployment/web has no proxy`. */
  readonly unmeshed: readonly string[];
  /** Ports that a container gives a name. */
  readonly named: Facts;
  /** `Server web decides about port 80`. */
  readonly servers: Facts;
  /** `port 4191 is the proxy's own`. */
  readonly proxys: Facts;
  /** `80/ready`, that kubelet asks by HTTP. */
  readonly probes: Facts;
}

/** Undefined: there are no pods. */
export const podsSummary = (view: ClusterView, mesh: MeshView, { namespace, name }: ServiceView) =>
  view.shared(`pods behind ${namespace}/${name} with ${JSON.stringify(mesh.proxyPorts)}`, (view) => {
    const service = view.service(namespace, name);
    const pods = service === undefined ? [] : podsBehind(view, service);
    return service === undefined || pods.length === 0 ? undefined : summary(view, mesh, service, pods);
  });

/** Of the port that a policy lists: the pod's own, and the one that the Service's port of that number leads to. */
export function factsAt(facts: Facts, service: ServiceView, listed: number): readonly string[] {
  const behind = servicePortOf(service, listed);
  const target = behind === undefined ? listed : targetOf(behind);
  const own = facts.get(listed) ?? [];
  return target === listed ? own : [...own, ...(facts.get(target) ?? [])];
}

function summary(view: ClusterView, mesh: MeshView, service: ServiceView, pods: readonly PodView[]): PodsSummary {
  const targets = new Set(service.ports.map(targetOf));
  const [named, servers, proxys, probes] = [factsOf(), factsOf(), factsOf(), factsOf()];
  for (const pod of pods) {
    const keysOf = keysOn(pod, targets);
    for (const port of new Set(pod.ports.flatMap(({ name, port }) => (name === "" ? [] : [port]))))
      named.add(keysOf(port), ["named"]);
    for (const [port, server] of serversOf(view, pod))
      servers.add(keysOf(port), [`Server ${server.name} decides about port ${port}`]);
    for (const port of proxyPortsOf(mesh, pod)) proxys.add(keysOf(port), [`port ${port} is the proxy's own`]);
    for (const [port, paths] of Map.groupBy(pod.probes, (probe) => probe.port))
      probes.add(keysOf(port), new Set(paths.map(({ path }) => `${port}${path}`)));
  }
  const unmeshed = pods.filter(({ labels }) => labels[labelKeys.controlPlaneNamespace] === undefined);
  return {
    unmeshed: [...new Set(unmeshed.map((pod) => `${ownerOf(pod)} has no proxy`))],
    named: named.found(),
    servers: servers.found(),
    proxys: proxys.found(),
    probes: probes.found(),
  };
}

/** A port's number, and its names that the Service has for targets. */
function keysOn(pod: PodView, targets: ReadonlySet<number | string>): (port: number) => readonly (number | string)[] {
  const named = [...portsByName(pod.ports)].filter(([name]) => targets.has(name));
  const names = Map.groupBy(named, ([, port]) => port);
  return (port) => [port, ...(names.get(port) ?? []).map(([name]) => name)];
}

/** More texts about one port than anybody reads are not kept. */
const mostTexts = 32;

function factsOf() {
  const sets = new Map<number | string, Set<string>>();
  return {
    add: (keys: readonly (number | string)[], texts: Iterable<string>): void => {
      const few = [...texts].slice(0, mostTexts);
      for (const key of keys) {
        const known = sets.get(key) ?? new Set();
        sets.set(key, known);
        for (const text of few) if (known.size < mostTexts) known.add(text);
      }
    },
    found: (): Facts => new Map([...sets].map(([key, texts]) => [key, [...texts]])),
  };
}

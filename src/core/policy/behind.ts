/**
 * What of the pods behind a Service matters to the policies that name it: made once for all of them, in one walk over the
 * pods, and the same as long as pods only come and go.
 */
import { keys } from "../mesh/annotations.ts";
import { hasPort } from "../mesh/port-list.ts";
import type { PortList } from "../mesh/port-list.ts";
import { proxyPortsOf } from "../mesh/proxy-ports.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { MeshView } from "../view/mesh.ts";
import type { PodView, PolicyView, ServiceView } from "../view/objects.ts";
import { podsBehind } from "./covering.ts";
import { outsideTheMesh } from "./in-mesh.ts";
import { portsByName, servicePortOf, targetOf, tcpPorts } from "./pod-ports.ts";
import { portListIn } from "./port-list.ts";
import { decidingAmong, serverOn, serversFor } from "./server.ts";
import type { ServersOfPod } from "./server.ts";
import { ownerOf } from "./sharing.ts";

/** Texts about ports of pods: by the number, and by the names by which the Service finds a port of that number. */
export type Facts = ReadonlyMap<number | string, readonly string[]>;

export interface PodsSummary {
  /** Whose proxies keep to no policy: `Deployment/web has no proxy`. */
  readonly outside: readonly string[];
  /** Ports that a container gives a name. */
  readonly named: Facts;
  /** `Server web decides about port 80`. */
  readonly servers: Facts;
  /** `port 4191 is the proxy's own`. */
  readonly proxys: Facts;
  /** `port 80 of Deployment/web passes its proxy by`. */
  readonly skipped: Facts;
  /** The same of ports that no container has and the Service does not lead to: these lists have them. */
  readonly skipping: ReadonlyMap<string, PortList>;
  /** `80/ready`, that kubelet asks by HTTP or gRPC, through the proxy. */
  readonly probes: Facts;
}

/** Undefined: there are no pods. */
export const podsSummary = (view: ClusterView, mesh: MeshView, { namespace, name }: ServiceView) => {
  const key = `pods behind ${namespace}/${name} with ${JSON.stringify(mesh.proxyPorts)}`;
  return view.shared(key, (view) => {
    const parts = Array.from({ length: view.podParts(namespace) }, (_, part) =>
      view.shared(`${key}, part ${part}`, (view) => {
        const service = view.service(namespace, name);
        const pods = service === undefined ? [] : podsBehind(service, view.podsInPart(namespace, part));
        return service === undefined || pods.length === 0 ? undefined : summary(view, mesh, service, pods);
      }),
    );
    const some = parts.filter((part) => part !== undefined);
    return some.length === 0 ? undefined : together(some);
  });
};

/** Of all pods, as of each part of them. */
function together(parts: readonly PodsSummary[]): PodsSummary {
  const facts = (of: (part: PodsSummary) => Facts): Facts => {
    const all = factsOf();
    for (const part of parts) for (const [key, texts] of of(part)) all.add([key], texts);
    return all.found();
  };
  return {
    outside: [...new Set(parts.flatMap(({ outside }) => outside))],
    named: facts(({ named }) => named),
    servers: facts(({ servers }) => servers),
    proxys: facts(({ proxys }) => proxys),
    skipped: facts(({ skipped }) => skipped),
    skipping: new Map(parts.flatMap(({ skipping }) => [...skipping]).slice(0, mostTexts)),
    probes: facts(({ probes }) => probes),
  };
}

/** Of the port that a policy lists: the pod's own, and the one that the Service's port of that number leads to. */
export function factsAt(facts: Facts, service: ServiceView, listed: number): readonly string[] {
  const behind = servicePortOf(service, listed);
  const target = behind === undefined ? listed : targetOf(behind);
  const own = facts.get(listed) ?? [];
  return target === listed ? own : [...own, ...(facts.get(target) ?? [])];
}

function summary(view: ClusterView, mesh: MeshView, service: ServiceView, pods: readonly PodView[]): PodsSummary {
  // Those of all pods first: where looking for them puts this off, nothing else was done yet.
  for (const pod of pods) serversFor(view, pod);
  const targets = new Set(service.ports.map(targetOf));
  const outside = new Set<string>();
  const skipping = new Map<string, PortList>();
  const elsewhere = serversElsewhere();
  const [named, servers, proxys, skipped, probes] = [factsOf(), factsOf(), factsOf(), factsOf(), factsOf()];
  for (const pod of pods) {
    const keysOf = keysOn(pod, targets);
    for (const port of new Set(pod.ports.flatMap(({ name, port }) => (name === "" ? [] : [port]))))
      named.add(keysOf(port), ["named"]);
    elsewhere.add(serversFor(view, pod), pod);
    for (const port of tcpPorts(pod.ports)) {
      const server = serverOn(view, pod, port);
      if (server !== undefined) servers.add(keysOf(port), [decides(server, port)]);
    }
    const own = new Set<number>(Object.values({ ...proxyPortsOf(mesh.proxyPorts, pod) }));
    for (const port of own) proxys.add(keysOf(port), [`port ${port} is the proxy's own`]);
    const why = outsideTheMesh(mesh, pod);
    if (why !== undefined) {
      outside.add(`${ownerOf(pod)} ${why}`);
      continue;
    }
    const isSkipped = skippedOn(pod, skipping);
    for (const port of portsLedTo(pod, service))
      if (isSkipped(port)) skipped.add(keysOf(port), [`port ${port} of ${ownerOf(pod)} passes its proxy by`]);
    for (const [port, paths] of Map.groupBy(pod.probes, (probe) => probe.port))
      if (!isSkipped(port) && !own.has(port))
        probes.add(keysOf(port), new Set(paths.map(({ path }) => `${port}${path}`)));
  }
  for (const [port, server] of elsewhere.found(view, service.namespace)) servers.add([port], [decides(server, port)]);
  return {
    outside: [...outside],
    named: named.found(),
    servers: servers.found(),
    proxys: proxys.found(),
    skipped: skipped.found(),
    skipping,
    probes: probes.found(),
  };
}

const decides = ({ name }: PolicyView, port: number): string => `Server ${name} decides about port ${port}`;

/** Ports that no container lists, as Servers select them by number: the same for all pods that the same Servers select. */
function serversElsewhere() {
  const counts = new Map<ServersOfPod, { pods: number; readonly listing: Map<number, number> }>();
  return {
    add: (servers: ServersOfPod, { ports }: PodView): void => {
      const count = counts.get(servers) ?? { pods: 0, listing: new Map<number, number>() };
      counts.set(servers, count);
      count.pods += 1;
      for (const port of tcpPorts(ports)) count.listing.set(port, (count.listing.get(port) ?? 0) + 1);
    },
    found: (view: ClusterView, namespace: string): Iterable<readonly [number, PolicyView]> =>
      decidingAmong(view, namespace, counts.keys(), (servers, port) => {
        const count = counts.get(servers);
        return count?.listing.get(port) !== count?.pods;
      }),
  };
}

/** A list that is too long skipped no port when the pod was injected. */
function skippedOn({ annotations }: PodView, lists: Map<string, PortList>): (port: number) => boolean {
  const list = portListIn(annotations, keys.skipInboundPorts);
  if (list === undefined || list === "overlong") return () => false;
  if (lists.size < mostTexts) lists.set(annotations[keys.skipInboundPorts] ?? "", list);
  return (port) => hasPort(list, port);
}

/** That a container has, or that the Service's numbers are of. */
const portsLedTo = ({ ports }: PodView, service: ServiceView): ReadonlySet<number> =>
  new Set([
    ...ports.map(({ port }) => port),
    ...service.ports.flatMap((each) => [each.port, targetOf(each)]).filter((each) => typeof each === "number"),
  ]);

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

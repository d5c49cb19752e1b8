/** Which NetworkPolicies hold for a pod: those whose Service selects it; and for which of its ports. */
import { perObject } from "../base/memory/memo.ts";
import { meets } from "../base/scalars/ports.ts";
import type { PortRange } from "../base/scalars/ports.ts";
import type { ClusterView } from "../view/cluster.ts";
import type { PodView, PolicyView, ServiceView } from "../view/objects.ts";
import { closedToAll, networkRules, rulesFor } from "./network-rules.ts";
import type { IngressRule } from "./network-rules.ts";
import { portsByName, servicePortOf, targetOf } from "./pod-ports.ts";
import { readEach } from "./reading.ts";
import { selectingOf, takenBy } from "./selecting.ts";
import { selectorOfService } from "./selector.ts";

/** A Service with the policies that name it, in the order of their names. */
export interface CoveredService {
  readonly service: ServiceView;
  readonly policies: readonly PolicyView[];
}

/** Of a namespace, by their names, in the order of their first policies. */
const coveredServices = (view: ClusterView, namespace: string): ReadonlyMap<string, CoveredService> =>
  view.shared(`Services under NetworkPolicies in ${namespace}`, (view) => {
    const names = byService(view, namespace).keys();
    const covered = [...names].flatMap((name) => coveredService(view, namespace, name) ?? []);
    return new Map(covered.map((each) => [each.service.name, each]));
  });

/** The same object for as long as its Service and its policies stay: what is made of it is not made again. */
export const coveredService = (view: ClusterView, namespace: string, name: string): CoveredService | undefined =>
  view.shared(`Service ${namespace}/${name} under NetworkPolicies`, (view) => {
    const policies = byService(view, namespace).get(name);
    const service = policies === undefined ? undefined : view.service(namespace, name);
    return policies === undefined || service === undefined ? undefined : { service, policies };
  });

function byService(view: ClusterView, namespace: string): ReadonlyMap<string, readonly PolicyView[]> {
  const policies = view.policies("NetworkPolicy", namespace);
  readEach(view, policies, networkRules);
  return groupedByService(policies);
}

const groupedByService = perObject((policies: readonly PolicyView[]): ReadonlyMap<string, readonly PolicyView[]> => {
  const named = policies.filter((policy) => networkRules(policy).service !== undefined);
  return Map.groupBy(named, (policy) => networkRules(policy).service ?? "");
});

/** One object for all pods of which the same Services lead to. */
export const coveredServicesOf = (view: ClusterView, pod: PodView): readonly CoveredService[] =>
  selecting(coveredServices(view, pod.namespace))(pod);

const selecting = perObject((all: ReadonlyMap<string, CoveredService>) => {
  const numbers = new Map([...all.values()].map((covered, index) => [covered, index]));
  const numberOf = (covered: CoveredService): number => numbers.get(covered) ?? 0;
  const { taking } = selectingOf([...all.values()], ({ service }) => selectorOfService(service.selector));
  const known = new Map<string, readonly CoveredService[]>();
  return perObject(({ labels }: PodView): readonly CoveredService[] => {
    const found = taking(labels).toSorted((a, b) => numberOf(a) - numberOf(b));
    const key = found.map(numberOf).join();
    const same = known.get(key) ?? found;
    known.set(key, same);
    return same;
  });
});

/** A rule that lists a port. */
export interface Listing {
  readonly policy: PolicyView;
  readonly rule: IngressRule;
}

/**
 * Rules that hold for a port of the pod. A listed port is the pod's own; where the Service has a port of that number it
 * also is the pod's port which that one leads to. Either way of writing a policy so restricts what it means to.
 */
export function listingsOn(covered: readonly CoveredService[], pod: PodView, port: number): readonly Listing[] {
  const { byNumber, byName, byRange } = listingsOfAll(covered);
  const own = byNumber.get(port) ?? [];
  const named = byName.size === 0 ? [] : (namedOn(covered)(pod).get(port) ?? []);
  const closing = byRange.filter(({ ranges }) => meets(ranges, { low: port, high: port }));
  if (named.length === 0 && closing.length === 0) return own;
  return [...new Set([...own, ...named, ...closing.map(({ listing }) => listing)])];
}

const namedOn = perObject((covered: readonly CoveredService[]) =>
  perObject(({ ports }: PodView): ReadonlyMap<number, readonly Listing[]> => {
    const found = new Map<number, Listing[]>();
    for (const [name, port] of portsByName(ports)) {
      for (const listing of listingsOfAll(covered).byName.get(name) ?? []) append(found, port, listing);
    }
    return found;
  }),
);

/** Of several Services together. */
const listingsOfAll = perObject((covered: readonly CoveredService[]): Omit<Listings, "listed"> => {
  const [byNumber, byName] = [new Map<number, Listing[]>(), new Map<string, Listing[]>()];
  for (const each of covered.map(listings)) {
    for (const [port, all] of each.byNumber) for (const listing of all) append(byNumber, port, listing);
    for (const [name, all] of each.byName) for (const listing of all) append(byName, name, listing);
  }
  return { byNumber, byName, byRange: covered.flatMap((each) => listings(each).byRange) };
});

interface Listings {
  /** As they stand in the policies. */
  readonly listed: ReadonlySet<number>;
  /** By the pods' ports. */
  readonly byNumber: ReadonlyMap<number, readonly Listing[]>;
  /** By the names that the pods have for them. */
  readonly byName: ReadonlyMap<string, readonly Listing[]>;
  /** Those that close ranges of the pods' ports. */
  readonly byRange: readonly { readonly ranges: readonly PortRange[]; readonly listing: Listing }[];
}

const listings = perObject(({ service, policies }: CoveredService): Listings => {
  const all = policies.flatMap((policy) => rulesFor(service, networkRules(policy)).map((rule) => ({ policy, rule })));
  const [byNumber, byName] = [new Map<number, Listing[]>(), new Map<string, Listing[]>()];
  for (const listing of all) {
    for (const port of listing.rule.ports) {
      append(byNumber, port, listing);
      const behind = servicePortOf(service, port);
      const target = behind && targetOf(behind);
      if (typeof target === "string") append(byName, target, listing);
      else if (target !== undefined && target !== port) append(byNumber, target, listing);
    }
  }
  const byRange = policies.flatMap((policy) => {
    const { closed: ranges } = networkRules(policy);
    return ranges.length === 0 ? [] : [{ ranges, listing: { policy, rule: closedToAll } }];
  });
  return { listed: new Set(all.flatMap(({ rule }) => rule.ports)), byNumber, byName, byRange };
});

function append<Key, Value>(groups: Map<Key, Value[]>, key: Key, value: Value): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [value]);
  else if (group.at(-1) !== value) group.push(value);
}

export interface ListedOrBehind {
  /** As the policies list them. */
  readonly ports: ReadonlyMap<number, true>;
  /** Ports of pods that are listed, and names of ports that lead to one of those on some pod. */
  readonly targets: ReadonlyMap<number | string, true>;
}

/** What of a Service its policies list, by its own ports or by the pods' ports behind them. */
export const listedOrBehind = (view: ClusterView, { service: { namespace, name } }: CoveredService): ListedOrBehind =>
  view.shared(`listed ports of Service ${namespace}/${name}`, (view): ListedOrBehind => {
    const covered = coveredService(view, namespace, name);
    if (covered === undefined) return { ports: new Map(), targets: new Map() };
    const { listed, byNumber, byName } = listings(covered);
    const targets = new Map<number | string, true>([...byNumber.keys()].map((port) => [port, true]));
    for (const { ports } of listed.size === 0 ? [] : podsBehind(covered.service, view.podsIn(namespace))) {
      const named = [...portsByName(ports)];
      const here = new Set(named.flatMap(([key, port]) => (byName.has(key) ? [port] : [])));
      // A port of the pod may have two names: what lists one of them also lists what leads to the other.
      for (const [key, port] of named) if (byNumber.has(port) || here.has(port)) targets.set(key, true);
      for (const port of here) targets.set(port, true);
    }
    return { ports: new Map([...listed].map((port) => [port, true])), targets };
  });

/** Ports that the policies of the Services make opaque where their pods connect to them. */
export const egressPortsOf = perObject(
  (covered: readonly CoveredService[]): ReadonlySet<number> =>
    new Set(covered.flatMap(({ policies }) => policies.flatMap((policy) => [...networkRules(policy).egressPorts]))),
);

/** Of the pods of its namespace, or some of them. */
export const podsBehind = ({ selector }: ServiceView, pods: readonly PodView[]): readonly PodView[] =>
  takenBy(pods, selectorOfService(selector)).filter(({ alive }) => alive);

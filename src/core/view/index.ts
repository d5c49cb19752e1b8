/**
 * The index that all streams share: objects come in one by one, and whoever read something learns that it has changed.
 * What was read is known by keys, such as `pod shop/web-1` or `pods at 10.1.2.3`; the reader gives the set that they go
 * into.
 */
import type { ClusterView } from "./cluster.ts";
import { equal } from "../base/json/equal.ts";
import { Grouped } from "./grouped.ts";
import { policyKinds } from "./objects.ts";
import type {
  NamespaceView,
  NodeView,
  PodView,
  PolicyKind,
  PolicyObject,
  PolicyState,
  PolicyView,
  ServiceView,
  SharedKind,
  SliceView,
} from "./objects.ts";

/** What the index holds, by kind. */
export interface Kinds extends Record<PolicyKind, PolicyObject> {
  readonly Pod: PodView;
  readonly Service: ServiceView;
  readonly EndpointSlice: SliceView;
  readonly Node: NodeView;
  readonly Namespace: NamespaceView;
}
export type Kind = keyof Kinds;

interface Held<Value> {
  readonly get: (key: string) => Value | undefined;
  /** What would apply it; undefined: it is as it was. */
  readonly change: (key: string, value: Value | undefined) => (() => void) | undefined;
}

export interface ClusterIndex {
  /**
   * An object as it is now; undefined: it is gone. `key` is its name, or `namespace/name`. Nothing happens when it is as
   * it was.
   */
  readonly apply: <Name extends Kind>(kind: Name, key: string, value: Kinds[Name] | undefined) => void;
  /** The objects of a kind, for whoever brings them and keeps none himself. */
  readonly held: <Name extends Kind>(kind: Name) => Held<Kinds[Name]>;
  /** Objects of these kinds were left out of what is known of a namespace; none: all of it is known. */
  readonly leaveOut: (namespace: string, kinds: readonly SharedKind[]) => void;
  /** The cluster; keys of what is read are added to `read`. */
  readonly view: (read?: Set<string>) => ClusterView;
  /** How many objects of a kind there are, and all of them. */
  readonly size: (kind: Kind) => number;
  readonly every: <Name extends Kind>(kind: Name) => Iterable<Kinds[Name]>;
}

/** `onChange` is called with the keys under which an object was, or is now, found. */
export function clusterIndex(onChange: (keys: readonly string[]) => void = () => undefined): ClusterIndex {
  const objects = new Map<Kind, Map<string, Kinds[Kind]>>();
  const groups = new Grouped<Kinds[Kind]>();
  const states = new Map<string, PolicyState>();
  const leftOut = new Map<string, readonly SharedKind[]>();
  const of = (kind: Kind): Map<string, Kinds[Kind]> => {
    const known = objects.get(kind) ?? new Map<string, Kinds[Kind]>();
    objects.set(kind, known);
    return known;
  };
  const putState = (policy: string, state: PolicyState | undefined): void => {
    if (state === undefined) states.delete(policy);
    else states.set(policy, state);
    onChange([stateKey(policy)]);
  };
  const put = (kind: Kind, key: string, value: Kinds[Kind] | undefined): void => {
    const known = of(kind);
    const old = known.get(key);
    if (value === undefined) known.delete(key);
    else known.set(key, value);
    const before = old === undefined ? [] : groupsOf(kind, old);
    const after = value === undefined ? [] : groupsOf(kind, value);
    const namespace = kind === "Pod" ? namespaceOf(key) : undefined;
    const parts = (): number => (namespace === undefined ? 1 : podParts(groups, namespace));
    const partsBefore = parts();
    for (const group of before) groups.remove(group, key);
    for (const group of after) if (value !== undefined) groups.add(group, key, value);
    const others = namespace !== undefined && parts() !== partsBefore ? [partsKey(namespace)] : [];
    onChange([...new Set([`${kind} ${key}`, ...before, ...after, ...others])]);
  };
  const change = (kind: Kind, key: string, value: Kinds[Kind] | undefined): (() => void) | undefined => {
    const known = of(kind);
    const policy = `${kind} ${key}`;
    const state = isPolicy(kind) ? stateOf(value as PolicyObject | undefined) : undefined;
    const isOther = !equal(specOf(kind, known.get(key)), specOf(kind, value));
    const hasOtherState = !equal(states.get(policy), state);
    if (!isOther && !hasOtherState) return undefined;
    return () => {
      // It may have been taken out meanwhile, as there was no room for it.
      const isNew = !known.has(key);
      if (hasOtherState || (isNew && state !== undefined)) putState(policy, state);
      if (isOther || isNew) put(kind, key, value);
    };
  };
  return {
    apply: (kind, key, value) => change(kind, key, value)?.(),
    held: <Name extends Kind>(kind: Name) => ({
      // What is held under a kind is of that kind: nothing else is put there.
      get: (key) => objects.get(kind)?.get(key) as Kinds[Name] | undefined,
      change: (key, value) => change(kind, key, value),
    }),
    leaveOut: (namespace, kinds) => {
      if (equal(leftOut.get(namespace) ?? [], kinds)) return;
      if (kinds.length === 0) leftOut.delete(namespace);
      else leftOut.set(namespace, kinds);
      onChange([leftOutKey(namespace)]);
    },
    view: (read) => viewOf((kind, key) => objects.get(kind)?.get(key), { states, leftOut }, groups, read),
    size: (kind) => objects.get(kind)?.size ?? 0,
    every: <Name extends Kind>(kind: Name) => (objects.get(kind)?.values() ?? []) as Iterable<Kinds[Name]>,
  };
}

const namespaceOf = (key: string): string => key.slice(0, key.indexOf("/"));

/** A namespace with more pods has its pods in several parts. */
const mostInOnePart = 1_000;
const severalParts = 64;
const partsKey = (namespace: string): string => `parts of pods in ${namespace}`;
const partGroup = (namespace: string, part: number): string => `pods in ${namespace}, part ${part}`;

const podParts = (groups: Grouped<Kinds[Kind]>, namespace: string): number =>
  groups.size(`pods in ${namespace}`) > mostInOnePart ? severalParts : 1;

/** Which names are in one part, nobody can choose to any harm: it is then as large as it would be without parts. */
function partOf(name: string): number {
  let hash = 0;
  for (let index = 0; index < name.length; index += 1) hash = (hash * 31 + name.charCodeAt(index)) | 0;
  return Math.abs(hash % severalParts);
}

const leftOutKey = (namespace: string): string => `left out of ${namespace}`;
const stateKey = (policy: string): string => `state of ${policy}`;

const isPolicy = (kind: Kind): kind is PolicyKind => policyKinds.some((each) => each === kind);

const stateOf = (policy: PolicyObject | undefined): PolicyState | undefined =>
  policy && { status: policy.status, version: policy.version };

/** The object without what is kept apart from it. */
const specOf = (kind: Kind, object: Kinds[Kind] | undefined): unknown =>
  isPolicy(kind) && object !== undefined ? { ...object, status: undefined, version: undefined } : object;

/** The groups that an object is found in. */
function groupsOf(kind: Kind, object: Kinds[Kind]): readonly string[] {
  const rows: Readonly<Partial<Record<Kind, (object: never) => readonly string[]>>> = {
    Pod: podGroups,
    Service: serviceGroups,
    EndpointSlice: ({ namespace, service }: SliceView) => [`slices of ${namespace}/${service}`],
    Node: () => [],
    Namespace: () => [],
  };
  const row = rows[kind] ?? (({ namespace }: PolicyView) => [`${kind} in ${namespace}`, `every ${kind}`]);
  // Each row takes the objects of its own kind.
  return (row as (object: Kinds[Kind]) => readonly string[])(object);
}

function podGroups({ namespace, name, ips, hostIps, hostNetwork, alive, ports }: PodView): readonly string[] {
  const onHost = hostNetwork || ports.some(({ hostPort }) => hostPort !== undefined);
  return [
    `pods in ${namespace}`,
    partGroup(namespace, partOf(name)),
    ...(alive && !hostNetwork ? ips.map((ip) => `pods at ${ip}`) : []),
    ...(alive && onHost ? hostIps.map((ip) => `pods on host ${ip}`) : []),
  ];
}

const serviceGroups = ({ namespace, clusterIps }: ServiceView): readonly string[] => [
  `services in ${namespace}`,
  ...clusterIps.map((ip) => `service at ${ip}`),
];

/** What is known of objects beside what they are found by. */
interface KeptApart {
  readonly states: ReadonlyMap<string, PolicyState>;
  readonly leftOut: ReadonlyMap<string, readonly SharedKind[]>;
}

function viewOf(
  object: (kind: Kind, key: string) => Kinds[Kind] | undefined,
  { states, leftOut }: KeptApart,
  groups: Grouped<Kinds[Kind]>,
  read: Set<string> | undefined,
): ClusterView {
  // What is found under a kind, and in its groups, is of that kind: `apply` puts nothing else there.
  const one = <Name extends Kind>(kind: Name, key: string): Kinds[Name] | undefined => {
    read?.add(`${kind} ${key}`);
    return object(kind, key) as Kinds[Name] | undefined;
  };
  const all = <Name extends Kind>(_: Name, group: string): readonly Kinds[Name][] => {
    read?.add(group);
    return groups.in(group) as readonly Kinds[Name][];
  };
  const partsIn = (namespace: string): number => {
    read?.add(partsKey(namespace));
    return podParts(groups, namespace);
  };
  const view: ClusterView = {
    pod: (namespace, name) => one("Pod", `${namespace}/${name}`),
    podsAt: (ip) => all("Pod", `pods at ${ip}`),
    podsOnHost: (ip) => all("Pod", `pods on host ${ip}`),
    podsIn: (namespace) => all("Pod", `pods in ${namespace}`),
    podParts: (namespace) => partsIn(namespace),
    podsInPart: (namespace, part) =>
      all("Pod", partsIn(namespace) === 1 ? `pods in ${namespace}` : partGroup(namespace, part)),
    service: (namespace, name) => one("Service", `${namespace}/${name}`),
    serviceAt: (ip) => all("Service", `service at ${ip}`)[0],
    servicesIn: (namespace) => all("Service", `services in ${namespace}`),
    slice: (namespace, name) => one("EndpointSlice", `${namespace}/${name}`),
    slicesOf: (namespace, service) => all("EndpointSlice", `slices of ${namespace}/${service}`),
    node: (name) => one("Node", name),
    namespace: (name) => one("Namespace", name),
    policy: (kind, namespace, name) => one(kind, `${namespace}/${name}`),
    policyState: (kind, namespace, name) => {
      const policy = `${kind} ${namespace}/${name}`;
      read?.add(stateKey(policy));
      return states.get(policy);
    },
    policies: (kind, namespace) => all(kind, `${kind} in ${namespace}`),
    leftOut: (namespace) => {
      read?.add(leftOutKey(namespace));
      return leftOut.get(namespace) ?? [];
    },
    everyPolicy: (kind) => all(kind, `every ${kind}`),
    // Whoever shares values puts them in place of it (live.ts).
    shared: (_key, make) => make(view),
    rest: () => undefined,
  };
  return view;
}

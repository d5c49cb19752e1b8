/** Annotations that list ports, as the control plane asks them: each is read once for its object. */
import type { Annotations } from "../base/json/json.ts";
import { perObject } from "../base/memory/memo.ts";
import { hasPort, parsePortList } from "../mesh/port-list.ts";
import type { PortList } from "../mesh/port-list.ts";
import type { PortRange } from "../base/scalars/ports.ts";
import type { ContainerPort, PodView } from "../view/objects.ts";

/** Undefined: there is none. `overlong`: it is longer than lists may be, and cannot be used. */
export function portListIn(annotations: Annotations, key: string): PortList | "overlong" | undefined {
  const text = annotations[key];
  if (text === undefined) return undefined;
  const known = listsOf(annotations);
  const list = known.get(key) ?? parsePortList(text) ?? "overlong";
  known.set(key, list);
  return list;
}

/** Filled as they are asked for: annotations are one object for as long as they stay. */
const listsOf = perObject((_: Annotations) => new Map<string, PortList | "overlong">());

/** What is neither a port, nor a range, nor a name is left out. */
export const isListedFor = (list: PortList, pod: PodView, port: number): boolean =>
  hasPort(list, port) || (list.names.size > 0 && portsNamedIn(list)(pod.ports).has(port));

const portsNamedIn = perObject(({ names }: PortList) =>
  perObject(
    (ports: readonly ContainerPort[]): ReadonlySet<number> =>
      new Set(ports.flatMap(({ name, port, protocol }) => (protocol === "TCP" && names.has(name) ? [port] : []))),
  ),
);

export const isWithin = (port: number, { low, high }: PortRange): boolean => port >= low && port <= high;

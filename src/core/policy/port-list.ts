/** Annotations that list ports: numbers, ranges and names of ports. */
import { keys } from "../mesh/annotations.ts";
import { perText } from "../mesh/memo.ts";
import { parsePort, parsePortRange, splitList } from "../mesh/ports.ts";
import type { PortRange } from "../mesh/ports.ts";
import type { MeshView } from "../view/mesh.ts";
import type { PodView } from "../view/objects.ts";

/** `isNamed`: whether the port has this name. What is neither a port, nor a range, nor a name is left out. */
export const isInPortList = (list: string, port: number, isNamed: (name: string) => boolean): boolean =>
  entriesOf(list).some((entry) => (typeof entry === "string" ? isNamed(entry) : isWithin(port, entry)));

export const isWithin = (port: number, { low, high }: PortRange): boolean => port >= low && port <= high;

/** Whether a container of the pod gives this port this name. */
export const isNamedOn =
  ({ ports }: Pick<PodView, "ports">, port: number) =>
  (name: string): boolean =>
    ports.some((each) => each.name === name && each.port === port && each.protocol === "TCP");

/** One of the ports that the pod's proxy itself answers on. */
export function isProxyPort({ proxyPorts }: MeshView, { annotations }: PodView, port: number): boolean {
  const of = (key: string, otherwise: number): number => parsePort(annotations[key] ?? "") ?? otherwise;
  return (
    port === of(keys.adminPort, proxyPorts.admin) ||
    port === of(keys.controlPort, proxyPorts.control) ||
    port === of(keys.inboundPort, proxyPorts.inbound)
  );
}

const entriesOf = perText((list: string): readonly (PortRange | string)[] =>
  splitList(list).map((piece) => parsePortRange(piece) ?? piece),
);

/** Ports of pods and Services, found by number and by name: each list is gone through once, whoever asks for whatever. */
import { perObject } from "../base/memory/memo.ts";
import type { ContainerPort, PodView, ServicePort, ServiceView } from "../view/objects.ts";

/** The first of this number; only TCP counts. */
export const servicePortOf = ({ ports }: Pick<ServiceView, "ports">, port: number): ServicePort | undefined =>
  servicePorts(ports).get(port);

const servicePorts = perObject((ports: readonly ServicePort[]): ReadonlyMap<number, ServicePort> => {
  const byNumber = new Map<number, ServicePort>();
  for (const each of ports) if (each.protocol === "TCP" && !byNumber.has(each.port)) byNumber.set(each.port, each);
  return byNumber;
});

/** A pod's ports by their names, as target ports find them: of each name the first that is TCP. */
export const portsByName = perObject((ports: readonly ContainerPort[]): ReadonlyMap<string, number> => {
  const numbers = new Map<string, number>();
  for (const { name, port, protocol } of ports) {
    if (name !== "" && protocol === "TCP" && !numbers.has(name)) numbers.set(name, port);
  }
  return numbers;
});

/** The pod's TCP ports of this name: containers of one pod may give it to several. */
export const portsNamed = ({ ports }: Pick<PodView, "ports">, name: string): ReadonlySet<number> =>
  allByName(ports).get(name) ?? none;

const none: ReadonlySet<number> = new Set();

const allByName = perObject((ports: readonly ContainerPort[]): ReadonlyMap<string, ReadonlySet<number>> => {
  const numbers = new Map<string, Set<number>>();
  for (const { name, port, protocol } of ports) {
    if (protocol !== "TCP") continue;
    const known = numbers.get(name) ?? new Set();
    numbers.set(name, known.add(port));
  }
  return numbers;
});

export const tcpPorts = perObject(
  (ports: readonly ContainerPort[]): ReadonlySet<number> =>
    new Set(ports.flatMap(({ port, protocol }) => (protocol === "TCP" ? [port] : []))),
);

/** The names that containers give a TCP port. */
export const namesByPort = perObject((ports: readonly ContainerPort[]): ReadonlyMap<number, ReadonlySet<string>> => {
  const names = new Map<number, Set<string>>();
  for (const { name, port, protocol } of ports) {
    if (name === "" || protocol !== "TCP") continue;
    const known = names.get(port) ?? new Set();
    names.set(port, known.add(name));
  }
  return names;
});

/** Where a Service's port leads to: a number, or the name that a pod may have for one. */
export const targetOf = ({ port, targetPort }: ServicePort): number | string => (targetPort === 0 ? port : targetPort);

/** Opaque ports: traffic that the proxy forwards without reading it. */
import { keys } from "../../mesh/annotations.ts";
import { perText } from "../../base/memory/memo.ts";
import type { Annotations } from "../../base/json/json.ts";
import { excess, mostPorts } from "../../mesh/lists.ts";
import { opaqueSource } from "../../mesh/opaque-ports.ts";
import { everyPort, parsePortRange, portRangeText, splitList } from "../../base/scalars/ports.ts";
import type { PodView, ServicePortView } from "./pod-view.ts";

/** Where a pod's list comes from, and its text. */
export type OpaquePorts =
  | { readonly from: "pod" | "namespace"; readonly text: string }
  /** `linkerd.io/enable-opaque-ports`, weft's addition: every TCP port. */
  | { readonly from: "switch"; readonly at: "pod" | "namespace"; readonly text: string }
  /** The default list, filtered by what is exposed; empty text: nothing matches. */
  | { readonly from: "default"; readonly text: string };

/** `exposed`: ports in the default list that the object exposes, in order (`exposedDefaults`). */
export function opaquePorts(own: Annotations, namespace: Annotations, exposed: readonly number[]): OpaquePorts {
  const source = opaqueSource(own, namespace, usableList);
  if (source.from === "default") return { from: "default", text: exposed.join(",") };
  return source.from === "switch" ? { ...source, text: everyPort } : { from: source.from, text: source.list };
}

/** What is longer than lists may be counts as absent. */
export const usableList = ({ [keys.opaquePorts]: list }: Annotations): string | undefined =>
  list === undefined || isOverlong(list) ? undefined : list;

const isOverlong = (list: string): boolean => excess(list, mostPorts) !== undefined;

/** Container ports in the default list, in order, each once (S-27). Pieces of the list are compared as they are. */
export function exposedDefaults(pod: PodView, defaults: string): readonly number[] {
  const listed = pieces(defaults);
  const found = new Set<number>();
  for (const { ports } of containersOf(pod)) {
    for (const { number } of ports) if (listed.has(String(number))) found.add(number);
  }
  return [...found];
}

/** Service ports whose target is in the default list: listed is always `port`. */
export function exposedServiceDefaults(ports: readonly ServicePortView[], defaults: string): readonly number[] {
  const listed = pieces(defaults);
  const matches = ({ port, targetPort }: ServicePortView): boolean =>
    typeof targetPort === "number" && listed.has(String(targetPort === 0 ? port : targetPort));
  return [...new Set(ports.filter(matches).map(({ port }) => port))];
}

const pieces = perText((defaults): ReadonlySet<string> => new Set(defaults.split(",")), { most: 8 });

export interface PortList {
  /** As the proxy takes it: numbers and ranges joined with commas. */
  readonly text: string;
  /** Entries that are no port, no range and no name of a container port; they are left out. */
  readonly unusable: readonly string[];
}

/** The annotation's text as the proxy takes it: port names become this pod's numbers. */
export function portList(annotation: string, pod: PodView): PortList {
  if (annotation === "") return { text: "", unusable: [] };
  const named = new Map(
    containersOf(pod)
      .flatMap((container) => container.ports)
      .filter((port) => port.name !== "")
      .map((port) => [port.name, port.number]),
  );
  const used: string[] = [];
  const unusable: string[] = [];
  for (const piece of splitList(annotation)) {
    const number = named.get(piece);
    const range = number === undefined ? parsePortRange(piece) : { low: number, high: number };
    if (range === undefined) unusable.push(piece);
    else used.push(portRangeText(range));
  }
  return { text: used.join(","), unusable };
}

/**
 * Ports of `LINKERD2_PROXY_INBOUND_PORTS`: sorted as text (S-21), each once. The proxy follows the
 * policy of each from its start, and asks for that of another port when somebody connects to it: so what is more than
 * lists may have is left out, and closes nothing.
 */
export function inboundPorts(pod: PodView): string {
  const found = new Set<string>();
  for (const { ports, probePorts } of containersOf(pod)) {
    for (const { number } of ports) found.add(String(number));
    for (const number of probePorts) found.add(String(number));
  }
  return [...found].toSorted().slice(0, mostPorts).join(",");
}

const containersOf = ({ initContainers, containers }: PodView): PodView["containers"] =>
  initContainers.length === 0 ? containers : [...initContainers, ...containers];

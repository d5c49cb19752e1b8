/** Advice on a Service: what is said of any object, and whether its opaque ports are ports that it has. */
import { inject } from "../inject/inject.ts";
import type { Warning } from "../inject/outcome/injection.ts";
import { mostOfAKind } from "../inject/messages/warnings.ts";
import { readMetadata, readServicePorts } from "../inject/pod/pod-view.ts";
import type { ServicePortView } from "../inject/pod/pod-view.ts";
import { keys } from "../mesh/annotations.ts";
import { parsePortList } from "../mesh/port-list.ts";
import type { PortList } from "../mesh/port-list.ts";
import { disjoint, everyPort, meets, portRangeText } from "../base/scalars/ports.ts";
import type { PortRange } from "../base/scalars/ports.ts";
import { quoted } from "../base/text/quote.ts";
import type { AdviceRequest } from "./request.ts";

export function serviceAdvice({ object, namespace, installation }: AdviceRequest): readonly Warning[] {
  const owner = { kind: "", name: "" };
  const injection = inject({ object, namespace, owner, installation, createdBy: "weft/advice" });
  const said = "warnings" in injection ? injection.warnings : [];
  const metadata = readMetadata(object);
  const ports = readServicePorts(object);
  if ("issues" in metadata || "issues" in ports) return said;
  const list = metadata.value.annotations[keys.opaquePorts];
  // These are weft's own, written in the same request, before this is asked.
  if (list === undefined || list === namespace.annotations[keys.opaquePorts] || list === everyPort) return said;
  return [...said, ...opaqueWarnings(list, ports.value)];
}

/** Public for its test: the work is that of both lists, not of one times the other. */
export function opaqueWarnings(list: string, ports: readonly ServicePortView[]): readonly Warning[] {
  // That it is too long is said already.
  const entries: PortList["entries"] = parsePortList(list)?.entries ?? [];
  const names = new Set(ports.flatMap(({ name }) => (name === "" ? [] : [name])));
  const unusable = entries.filter((entry) => typeof entry === "string").filter((entry) => !names.has(entry));
  const about = keys.opaquePorts;
  return [
    ...(unusable.length === 0
      ? []
      : [
          {
            about,
            rank: 1 as const,
            text: `${about}: ${quoted(unusable.join(","))} is left out: not a port, a range or the name of a port of this Service`,
          },
        ]),
    ...foreign(entries, ports).map((range) => ({
      about,
      rank: 1 as const,
      text: `${about}: "${portRangeText(range)}" is not a port of this Service${targetHint(range, ports)}`,
    })),
  ];
}

/** Entries that are no port of the Service: the first few. */
function foreign(entries: PortList["entries"], ports: readonly ServicePortView[]): readonly PortRange[] {
  const own = disjoint(ports.map(({ port }) => ({ low: port, high: port })));
  return entries
    .filter((entry) => typeof entry !== "string")
    .filter((range) => !meets(own, range))
    .slice(0, mostOfAKind);
}

/** Clients see a Service's own port, and so does the proxy on their side. */
function targetHint(range: PortRange, ports: readonly ServicePortView[]): string {
  const isMeant = (target: number | string): boolean =>
    typeof target === "number" && target >= range.low && target <= range.high;
  const meant = ports.find(({ targetPort }) => isMeant(targetPort));
  return meant === undefined ? "" : `, but the target of its port ${meant.port}; did you mean ${meant.port}?`;
}

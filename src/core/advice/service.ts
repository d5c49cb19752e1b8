/** Advice on a Service: what is said of any object, and whether its opaque ports are ports that it has. */
import { inject } from "../inject/inject.ts";
import type { Warning } from "../inject/injection.ts";
import { everyPort } from "../inject/opaque-ports.ts";
import { readMetadata, readServicePorts } from "../inject/pod-view.ts";
import type { ServicePortView } from "../inject/pod-view.ts";
import { keys } from "../mesh/annotations.ts";
import { parsePortRange, splitList } from "../mesh/ports.ts";
import type { PortRange } from "../mesh/ports.ts";
import { quoted } from "../mesh/quote.ts";
import type { AdviceRequest } from "./advice.ts";

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

function opaqueWarnings(list: string, ports: readonly ServicePortView[]): readonly Warning[] {
  const entries = splitList(list).filter((entry) => !ports.some(({ name }) => name !== "" && name === entry));
  const ranges = entries.map((entry) => ({ entry, range: parsePortRange(entry) }));
  const unusable = ranges.filter(({ range }) => range === undefined).map(({ entry }) => entry);
  const foreign = ranges.flatMap(({ entry, range }) =>
    range === undefined || ports.some(({ port }) => isWithin(port, range)) ? [] : [{ entry, range }],
  );
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
    ...foreign.map(({ entry, range }) => ({
      about,
      rank: 1 as const,
      text: `${about}: ${quoted(entry)} is no port of this Service${targetHint(range, ports)}`,
    })),
  ];
}

const isWithin = (port: number, { low, high }: PortRange): boolean => port >= low && port <= high;

/** Clients see a Service's own port, and so does the proxy on their side (contract 7.5). */
function targetHint(range: PortRange, ports: readonly ServicePortView[]): string {
  const meant = ports.find(({ targetPort }) => typeof targetPort === "number" && isWithin(targetPort, range));
  return meant === undefined ? "" : `, but the target of its port ${meant.port}; did you mean ${meant.port}?`;
}

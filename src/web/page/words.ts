/** What is said of a workload and of an edge to who hears the page, and in tooltips. */
import type { MapEdge } from "../../core/traffic/map.ts";
import type { Arrow, Box } from "./graph.ts";
import { counted, latencyText, rateText, shareText } from "./numbers.ts";
import { securitySaid } from "./security.ts";
import { isStranger, strangerText } from "./shown.ts";
import type { Named } from "./shown.ts";

/** `deployment web in shop`. */
export const nameSaid = (named: Named): string =>
  isStranger(named) ? `${named.name}, ${strangerText(named)}` : `${named.kind} ${named.name} in ${named.namespace}`;

export function boxSaid({ kind, pods, title }: Pick<Box, "kind" | "pods" | "title">, named: Named | undefined): string {
  const name = kind === "namespace" || named === undefined ? `${kind} ${title}` : nameSaid(named);
  if (pods === undefined) return name;
  return `${name}, ${pods.meshed} of ${counted(pods.running, "pod")} meshed`;
}

function figuresSaid({ rps, success, p95 }: Pick<MapEdge, "rps" | "success" | "p95">): string {
  if (rps === null) return "";
  return [
    `${rateText(rps)} requests a second`,
    ...(success === null ? [] : [`${shareText(success)} successful`]),
    ...(p95 === null ? [] : [`95% within ${latencyText(p95)}`]),
  ].join(", ");
}

export function arrowSaid({ edges }: Arrow, nameOf: (id: string) => string): string {
  return edges
    .map((edge) => {
      const figures = figuresSaid(edge);
      return `${nameOf(edge.from)} to ${nameOf(edge.to)}, ${securitySaid(edge)}${figures === "" ? "" : `, ${figures}`}`;
    })
    .join("\n");
}

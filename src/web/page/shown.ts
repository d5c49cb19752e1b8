/** What of a map is shown: a filter, and the order of the table's rows. */
import type { MapEdge, MapState, MapWorkload } from "../../core/traffic/map.ts";
import { securityOf, securityText } from "./security.ts";
import type { Security } from "./security.ts";

export interface Filter {
  /** Words that all have to be in a name, a namespace, a kind or a reason. */
  readonly text: string;
  readonly onlyUnsecured: boolean;
}

export interface Shown {
  readonly workloads: readonly MapWorkload[];
  readonly edges: readonly MapEdge[];
}

export type Figures = Pick<MapWorkload, "rps" | "success" | "p50" | "p95" | "p99" | "open">;
export type Named = Pick<MapWorkload, "id" | "namespace" | "kind" | "name">;

/** Who has no pods that anybody could look at: callers without a proxy, targets outside, accounts of other namespaces. */
export const isStranger = ({ kind }: Pick<Named, "kind">): boolean => kind === "" || kind === "sa";

/** The namespaces of those who have none are marks: `-`, `(outside)`. */
export function strangerText({ kind, namespace }: Named): string {
  if (kind === "sa") return `service account in ${namespace}`;
  return namespace === "-" ? "callers without a proxy" : "outside of what is looked at";
}

/** By id. */
export const namesOf = ({ workloads }: Pick<Shown, "workloads">): ReadonlyMap<string, Named> =>
  new Map(workloads.map((workload) => [workload.id, workload]));

/** An edge is shown when it fits, or either end does; a workload when it fits, or has an edge that is shown. */
export function shownOf(message: Pick<MapState, "workloads" | "edges">, { text, onlyUnsecured }: Filter): Shown {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && !onlyUnsecured) return message;
  const names = namesOf(message);
  const fits = (...texts: readonly string[]): boolean => {
    const line = texts.join(" ").toLowerCase();
    return words.every((word) => line.includes(word));
  };
  const textOf = (id: string): string => {
    const { namespace = "", kind = "", name = "" } = names.get(id) ?? {};
    return `${kind}/${name} ${namespace} ${id}`;
  };
  const edges = message.edges.filter((edge) => {
    const security = securityOf(edge);
    if (onlyUnsecured && (security === "secured" || security === "inside")) return false;
    return fits(textOf(edge.from), textOf(edge.to), securityText(edge), edge.ports.join(" "), edge.protocol);
  });
  const ends = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const workloads = message.workloads.filter(
    ({ id }) => ends.has(id) || (!onlyUnsecured && words.length > 0 && fits(textOf(id))),
  );
  return { workloads, edges };
}

export const columns = ["from", "to", "secured", "rps", "success", "p50", "p95", "p99", "open"] as const;
export type Column = (typeof columns)[number];

export interface Order {
  readonly column: Column;
  readonly descending: boolean;
}

/** What is not secured comes first: it is what somebody is looking for. */
export const firstOrder: Order = { column: "secured", descending: false };

/** The same column again turns the order round; numbers begin with the largest. */
export function orderAfter({ column, descending }: Order, chosen: Column): Order {
  if (column === chosen) return { column, descending: !descending };
  return { column: chosen, descending: !["from", "to", "secured"].includes(chosen) };
}

/** Equal rows stay in the order of their names; unknown numbers are last, whichever way. */
export function sorted(edges: readonly MapEdge[], { column, descending }: Order): readonly MapEdge[] {
  const turn = descending ? -1 : 1;
  const byName = (one: MapEdge, other: MapEdge): number =>
    compareText(one.from, other.from) || compareText(one.to, other.to);
  return edges.toSorted((one, other) => {
    const [left, right] = [valueOf(one, column), valueOf(other, column)];
    if (left === right) return byName(one, other);
    if (left === null) return 1;
    if (right === null) return -1;
    return (
      turn * (typeof left === "string" ? compareText(left, String(right)) : left - Number(right)) || byName(one, other)
    );
  });
}

const compareText = (one: string, other: string): number => one.localeCompare(other, "en", { numeric: true });

const securities: readonly Security[] = ["unsecured", "partial", "inside", "secured"];

const valueOf = (edge: MapEdge, column: Column): string | number | null =>
  column === "secured" ? securities.indexOf(securityOf(edge)) : edge[column];

/** Of an edge, unique within a map. */
export const edgeId = ({ from, to }: Pick<MapEdge, "from" | "to">): string => `${from} → ${to}`;

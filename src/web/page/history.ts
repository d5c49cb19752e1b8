/** The last ten minutes of each workload and each edge, for the charts: kept in the page, gone with it. */
import type { MapState } from "../../core/traffic/map.ts";
import { edgeId } from "./shown.ts";
import type { Figures } from "./shown.ts";

/** Milliseconds. */
export const kept = 600_000;

export interface Moment extends Pick<Figures, "rps" | "success" | "p50" | "p95" | "p99"> {
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** By id of a workload or of an edge; oldest first. */
export type History = ReadonlyMap<string, readonly Moment[]>;

/** With a round more. Who is gone keeps its past for as long as it is within the ten minutes. */
export function withRound(history: History, { at, workloads, edges }: MapState): History {
  const now = new Map<string, Figures>([
    ...workloads.map((each) => [each.id, each] as const),
    ...edges.map((each) => [edgeId(each), each] as const),
  ]);
  const recent = (moments: readonly Moment[]): readonly Moment[] =>
    moments.filter((moment) => moment.at > at - kept && moment.at < at);
  const ids = new Set([...history.keys(), ...now.keys()]);
  return new Map(
    [...ids].flatMap((id): (readonly [string, readonly Moment[]])[] => {
      const figures = now.get(id);
      const before = recent(history.get(id) ?? []);
      const moments = figures === undefined ? before : [...before, momentOf(at, figures)];
      return moments.length === 0 ? [] : [[id, moments]];
    }),
  );
}

const momentOf = (at: number, { rps, success, p50, p95, p99 }: Figures): Moment => ({
  at,
  rps,
  success,
  p50,
  p95,
  p99,
});

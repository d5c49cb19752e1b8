/** All that the page knows, and what can be done to it. */
import type { MapState } from "../../core/traffic/map.ts";
import type { Graph } from "./graph.ts";
import type { History } from "./history.ts";
import { firstOrder } from "./shown.ts";
import type { Column, Filter, Named, Order } from "./shown.ts";
import type { Places, Size, View } from "./placed.ts";
import type { Line } from "./tap-lines.ts";

export interface State {
  /** Of the server: the namespace that it looks at, null for all; undefined: not told yet. */
  readonly scope: string | null | undefined;
  readonly connection: "opening" | "open" | "lost" | "ended";
  readonly message: MapState | undefined;
  readonly trouble: string | undefined;
  readonly history: History;
  readonly tab: "map" | "table";
  readonly filter: Filter;
  readonly order: Order;
  readonly chosen: Chosen | undefined;
  /** Where there are too many workloads for a map: whose are shown. */
  readonly openNamespace: string | undefined;
  readonly drawn: Drawn | undefined;
  /** Undefined: as the map is seen first. */
  readonly view: View | undefined;
  readonly window: Size;
  readonly tap: Tap | undefined;
}

export interface Chosen {
  readonly kind: "workload" | "edge";
  readonly id: string;
}

/** A graph and the places that it was given. */
export interface Drawn {
  readonly graph: Graph;
  readonly places: Places;
}

export interface Tap {
  readonly workload: Named;
  readonly asked: { readonly path: string; readonly method: string };
  readonly filter: string;
  readonly lines: readonly Line[];
  /** What came while it was paused. */
  readonly held: readonly Line[];
  readonly paused: boolean;
  readonly state: "opening" | "open" | "ended";
  /** Why it ended, or what it lacks. */
  readonly says: string;
}

export interface Actions {
  readonly showTab: (tab: State["tab"]) => void;
  readonly setFilter: (filter: Partial<Filter>) => void;
  readonly sortBy: (column: Column) => void;
  readonly choose: (chosen: Chosen | undefined) => void;
  readonly openNamespace: (namespace: string | undefined) => void;
  readonly setView: (view: View | undefined) => void;
  readonly dismissTrouble: () => void;
  readonly startTap: (workload: Named, asked?: Tap["asked"]) => void;
  readonly changeTap: (change: Partial<Pick<Tap, "filter" | "paused" | "lines">>) => void;
  readonly closeTap: () => void;
}

export const firstState: State = {
  scope: undefined,
  connection: "opening",
  message: undefined,
  trouble: undefined,
  history: new Map(),
  tab: "map",
  filter: { text: "", onlyUnsecured: false },
  order: firstOrder,
  chosen: undefined,
  openNamespace: undefined,
  drawn: undefined,
  view: undefined,
  window: { width: 0, height: 0 },
  tap: undefined,
};

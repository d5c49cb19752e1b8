/** Requests that have ended, counted by who asked whom for what: the table of `weft top`. Bounded in all it keeps. */
import { microseconds, tlsOf } from "./event.ts";
import type { Endpoint, EndTold, TapEvent } from "./event.ts";
import { Exchanges } from "./exchanges.ts";
import type { Exchange } from "./exchanges.ts";

export interface TopRow {
  /** A pod's name where it is known, else an address without port; blank: it is not told apart. */
  readonly source: string;
  readonly destination: string;
  readonly method: string;
  readonly path: string;
  /** As the proxy says it: `true`, or why it is not secured. */
  readonly tls: string;
  readonly count: number;
  /** Microseconds from the request to the end of its answer. */
  readonly best: number;
  readonly worst: number;
  readonly last: number;
  readonly succeeded: number;
  /** Of which it is known whether they succeeded. */
  readonly judged: number;
}

export interface TopHow {
  readonly hideSources: boolean;
  /** Undefined: nobody knows whose address it is. */
  readonly nameOf: (ip: string) => string | undefined;
}

export const mostTopRows = 1000;

export class TopTable {
  readonly #how: TopHow;
  readonly #exchanges = new Exchanges();
  readonly #rows = new Map<string, TopRow>();
  #leftOut = 0;

  constructor(how: TopHow) {
    this.#how = how;
  }

  /** How many rows were taken out, as there were too many. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Most frequent first. */
  rows(): readonly TopRow[] {
    return [...this.#rows.values()].toSorted((a, b) => b.count - a.count);
  }

  /** `now`: milliseconds. */
  add(event: TapEvent, now: number): void {
    const exchange = this.#exchanges.with(event, now);
    // Without its beginning nobody knows what it was.
    if (event.what.kind !== "end" || exchange.method === undefined) return;
    const { source, destination, method, path, tls } = this.#keyOf(event, exchange);
    const key = JSON.stringify([source, destination, method, path, tls]);
    const before = this.#rows.get(key) ?? { source, destination, method, path, tls, ...nothing };
    this.#rows.set(key, counted(before, event.what, exchange));
    if (this.#rows.size > mostTopRows) this.#drop(key);
  }

  #keyOf(event: TapEvent, { method = "", path = "" }: Exchange): Pick<TopRow, TextColumn> {
    const name = ({ ip }: Endpoint): string => this.#how.nameOf(ip) ?? ip;
    return {
      source: this.#how.hideSources ? "" : name(event.source),
      destination: name(event.destination),
      method,
      path,
      tls: tlsOf(event),
    };
  }

  /** The rarest, of these the one that came first. The new one is worth a look, however rare. */
  #drop(newest: string): void {
    let [rarest, fewest] = ["", Infinity];
    for (const [key, { count }] of this.#rows) if (key !== newest && count < fewest) [rarest, fewest] = [key, count];
    this.#rows.delete(rarest);
    this.#leftOut += 1;
  }
}

type TextColumn = "source" | "destination" | "method" | "path" | "tls";

const nothing: Omit<TopRow, TextColumn> = { count: 0, best: Infinity, worst: 0, last: 0, succeeded: 0, judged: 0 };

function counted(row: TopRow, end: EndTold, exchange: Exchange): TopRow {
  const took = microseconds(end.sinceRequest);
  const success = succeeded(end, exchange);
  return {
    ...row,
    count: row.count + 1,
    best: Math.min(row.best, took),
    worst: Math.max(row.worst, took),
    last: took,
    succeeded: row.succeeded + (success === true ? 1 : 0),
    judged: row.judged + (success === undefined ? 0 : 1),
  };
}

/** Statuses of gRPC that the proxy counts as failures. */
const failedGrpc: ReadonlySet<number> = new Set([2, 4, 7, 13, 14, 15]);

/** Undefined: the event with the status was lost. Whoever gets no answer is told 500 by the proxy, or has left. */
function succeeded({ grpcStatus, reset, sinceResponse }: EndTold, { status }: Exchange): boolean | undefined {
  if (reset !== undefined || sinceResponse === undefined) return false;
  if (grpcStatus !== undefined && failedGrpc.has(grpcStatus)) return false;
  return status === undefined ? undefined : status < 500;
}

/**
 * Requests that have not ended: what their later events are to be read with. A proxy whose reader is slow leaves out
 * events without a word, so that an end may never come.
 */
import { headerText } from "./headers.ts";
import type { TapEvent } from "./event.ts";

/** As far as it was told. */
export interface Exchange {
  readonly method?: string;
  /** Without its end where it is long. */
  readonly path?: string;
  readonly status?: number;
  readonly contentLength?: number;
}

/** How many are kept at most, milliseconds for which one is, and characters of what callers write. */
export const exchangeBounds = { most: 10_000, keptFor: 60_000, characters: 500 } as const;

interface Kept extends Exchange {
  readonly since: number;
}

export class Exchanges {
  /** The oldest first. */
  readonly #kept = new Map<string, Kept>();

  get size(): number {
    return this.#kept.size;
  }

  /** What is known of the event's request, the event included; with its end it is forgotten. `now`: milliseconds. */
  with(event: TapEvent, now: number): Exchange {
    this.#forget(now);
    const key = keyOf(event);
    const before = this.#kept.get(key) ?? { since: now };
    const exchange = { ...before, ...toldBy(event) };
    if (event.what.kind === "end") this.#kept.delete(key);
    else this.#kept.set(key, exchange);
    return exchange;
  }

  #forget(now: number): void {
    for (const [key, { since }] of this.#kept) {
      if (this.#kept.size < exchangeBounds.most && now - since < exchangeBounds.keptFor) return;
      this.#kept.delete(key);
    }
  }
}

const keyOf = ({ pod: { namespace, name }, id: { base, stream } }: TapEvent): string =>
  `${namespace}/${name} ${base}:${stream}`;

function toldBy({ what }: TapEvent): Exchange {
  switch (what.kind) {
    case "request":
      return { method: clipped(what.method), path: clipped(what.path) };
    case "response": {
      const length = headerText(what.headers, "content-length") ?? "";
      return { status: what.status, ...(/^\d{1,15}$/.test(length) ? { contentLength: Number(length) } : {}) };
    }
    case "end":
      return {};
  }
}

/** A text of its own: a part of a long one would keep all of it. */
const clipped = (text: string): string =>
  text.length <= exchangeBounds.characters
    ? text
    : `${Array.from(text.slice(0, exchangeBounds.characters - 1)).join("")}…`;

/** The whole of a collection, page by page. */
import { isList, isObject } from "../core/base/json/json.ts";
import type { JsonObject } from "../core/base/json/json.ts";
import type { AskApi } from "./api.ts";
import { TooMuch } from "./bounded-text.ts";
import { withTimeout } from "../async/limit.ts";
import type { PiecesOfWork } from "../async/pieces-of-work.ts";
import { mebibyte } from "./room.ts";
import { NotNow, refusalText, textOf } from "./metadata.ts";

/** What kube-apiserver's own clients ask for. */
const pageSize = 500;
const pageWithin = 30_000;
/** A page is parsed in one go, so that is to be over soon; one object alone may be larger. */
export const ofOnePage = { most: 4 * mebibyte, mostValues: 250_000 } as const;
/** After so many pages that fit a larger one is tried: a few large objects make no other pages small. */
const growsAfter = 8;
/** Continue tokens are good for five minutes. */
export const listWithin = 15 * 60_000;
/** So many objects may be asked for: more than a cluster has of one kind. */
export const mostListed = 1_000_000;

export interface ListCall {
  readonly path: string;
  /** What kind of answer is wanted; `application/json` when absent. */
  readonly accept?: string | undefined;
  /** Narrows the collection, such as `{ fieldSelector: "metadata.name=web" }`. */
  readonly selector?: Readonly<Record<string, string>> | undefined;
  readonly pieces: Pick<PiecesOfWork, "rest">;
}

/**
 * Calls `onObject` with each, which says whether it is one more; gives the version that a watch goes on from. A list that
 * does not get on ends with an error: each page is to bring something new.
 */
export async function listObjects(
  ask: AskApi,
  call: ListCall,
  onObject: (object: JsonObject) => boolean,
  signal: AbortSignal,
): Promise<string> {
  const { path, pieces } = call;
  return withTimeout(signal, listWithin, async (within) => {
    let [size, fitting] = [pageSize, 0];
    let next = "";
    for (let asked = 0; asked < mostListed; asked += size) {
      const page = await pageOf(ask, call, { size, next }, within);
      if (page === undefined) {
        // Never one object: that is larger than any that an API server takes.
        [size, fitting] = [Math.ceil(size / 4), 0];
        continue;
      }
      fitting += 1;
      if (fitting % growsAfter === 0) size = Math.min(pageSize, 2 * size);
      const { items, metadata } = page;
      let isNew = false;
      for (const item of isList(items) ? items : []) {
        const rest = pieces.rest();
        if (rest !== undefined) await rest;
        within.throwIfAborted();
        if (isObject(item)) isNew = onObject(item) || isNew;
      }
      const about = isObject(metadata) ? metadata : {};
      next = textOf(about, "continue");
      if (next === "") return textOf(about, "resourceVersion");
      if (!isNew) throw new Error(`listing ${path}: a page brought nothing new, and there would be more`);
    }
    throw new Error(`listing ${path}: more than ${mostListed} objects asked for`);
  });
}

/** `undefined`: it would be too large, and a smaller one may do. */
async function pageOf(
  ask: AskApi,
  { path, accept, selector }: ListCall,
  { size, next }: { readonly size: number; readonly next: string },
  signal: AbortSignal,
): Promise<JsonObject | undefined> {
  signal.throwIfAborted();
  const query = { ...selector, limit: String(size), ...(next === "" ? {} : { continue: next }) };
  const limits = size > 1 ? { limits: ofOnePage } : {};
  const call = { method: "GET", path, query, ...(accept && { accept }), ...limits } as const;
  try {
    const answer = await withTimeout(signal, pageWithin, (page) => ask({ ...call, signal: page }));
    if (answer.status === 200 && isObject(answer.body)) return answer.body;
    throw new NotNow(`listing ${path}: ${refusalText(answer)}`, answer.status, answer.retryAfter ?? 0);
  } catch (error) {
    if (error instanceof TooMuch && size > 1) return undefined;
    throw error;
  }
}

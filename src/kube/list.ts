/** The whole of a collection, page by page. */
import { isList, isObject } from "../core/base/json/json.ts";
import type { JsonObject } from "../core/base/json/json.ts";
import type { AskApi } from "./api.ts";
import { TooMuch } from "./bounded-text.ts";
import { withTimeout } from "../async/limit.ts";
import { NotNow, refusalText, textOf } from "./metadata.ts";

/** What kube-apiserver's own clients ask for. */
const pageSize = 500;
const pageWithin = 30_000;
/** Continue tokens are good for five minutes; a million objects are more than a cluster has of one kind. */
export const listWithin = 15 * 60_000;
export const mostPages = 2000;

export interface ListCall {
  readonly path: string;
  /** What kind of answer is wanted; `application/json` when absent. */
  readonly accept?: string | undefined;
  /** Narrows the collection, such as `{ fieldSelector: "metadata.name=web" }`. */
  readonly selector?: Readonly<Record<string, string>> | undefined;
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
  const { path } = call;
  return withTimeout(signal, listWithin, async (within) => {
    let size = pageSize;
    let next = "";
    for (let pages = 0; pages < mostPages; pages += 1) {
      const page = await pageOf(ask, call, { size, next }, within);
      if (page === undefined) {
        // Never one object: that is larger than any that an API server takes.
        size = Math.ceil(size / 4);
        continue;
      }
      const { items, metadata } = page;
      let isNew = false;
      for (const item of isList(items) ? items : []) if (isObject(item)) isNew = onObject(item) || isNew;
      const about = isObject(metadata) ? metadata : {};
      next = textOf(about, "continue");
      if (next === "") return textOf(about, "resourceVersion");
      if (!isNew) throw new Error(`listing ${path}: a page brought nothing new, and there would be more`);
    }
    throw new Error(`listing ${path}: more than ${mostPages} pages`);
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
  const call = { method: "GET", path, query, ...(accept && { accept }) } as const;
  try {
    const answer = await withTimeout(signal, pageWithin, (page) => ask({ ...call, signal: page }));
    if (answer.status === 200 && isObject(answer.body)) return answer.body;
    throw new NotNow(`listing ${path}: ${refusalText(answer)}`, answer.status, answer.retryAfter ?? 0);
  } catch (error) {
    if (error instanceof TooMuch && size > 1) return undefined;
    throw error;
  }
}

/** A list page by page, for those who keep all of it. Who watches takes `list.ts`, which keeps nothing of a page. */
import { objectsAt, textAt } from "../core/base/json/read.ts";
import type { JsonObject } from "../core/base/json/json.ts";
import type { ApiCall } from "./api.ts";

/** More than a cluster has of one kind: the server begins again and again. */
const mostListed = 1_000_000;

export const endless = "the list of the API server has no end";

/**
 * `pageOf` asks for a page; what it gives in place of one ends the list. Rejects when it rejects. `keep`: what is kept of
 * an object, before the next page is asked for.
 */
export async function allPages<Other, Kept>(
  pageOf: (query: NonNullable<ApiCall["query"]>) => Promise<{ readonly page: JsonObject } | { readonly other: Other }>,
  keep: (object: JsonObject) => Kept,
): Promise<{ readonly items: readonly Kept[] } | { readonly other: Other | typeof endless }> {
  const items: Kept[] = [];
  let next = "";
  do {
    const read = await pageOf({ limit: "500", ...(next === "" ? {} : { continue: next }) });
    if ("other" in read) return read;
    const more = objectsAt(read.page, "items");
    for (const item of more) items.push(keep(item));
    next = textAt(read.page, "metadata", "continue");
    if (next !== "" && (more.length === 0 || items.length > mostListed)) return { other: endless };
  } while (next !== "");
  return { items };
}

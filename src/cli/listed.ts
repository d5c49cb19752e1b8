/** Whole collections of a cluster, for commands. */
import { asObject, itemsOf } from "../core/base/json/edit.ts";
import type { JsonObject } from "../core/base/json/json.ts";
import type { AskApi } from "../kube/api.ts";
import { CommandFailure } from "./io.ts";
import { whyRefused } from "./live-objects.ts";

interface How {
  readonly labelSelector?: string;
  /** What kind of answer is wanted; whole objects without it. */
  readonly accept?: string;
}

/** More than a cluster has of one kind: the server begins again and again. */
export const mostListed = 1_000_000;

/** All objects at a path, page by page. */
export async function listed(
  ask: AskApi,
  path: string,
  { labelSelector, accept }: How,
): Promise<readonly JsonObject[]> {
  const found: JsonObject[] = [];
  let next = "";
  do {
    const selected = labelSelector === undefined ? {} : { labelSelector };
    const query = { ...selected, limit: "500", ...(next === "" ? {} : { continue: next }) };
    const answer = await ask({ method: "GET", path, query, ...(accept === undefined ? {} : { accept }) });
    if (answer.status >= 300) throw new CommandFailure([`${path} cannot be listed: ${whyRefused(answer)}`]);
    const list = asObject(answer.body) ?? {};
    const items = itemsOf(list["items"]);
    for (const item of items) found.push(item);
    const token = asObject(list["metadata"])?.["continue"];
    next = typeof token === "string" ? token : "";
    if (next !== "" && (items.length === 0 || found.length > mostListed))
      throw new CommandFailure([`${path} cannot be listed: the list of the API server has no end`]);
  } while (next !== "");
  return found;
}

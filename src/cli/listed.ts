/** Whole collections of a cluster, for commands. */
import { asObject, itemsOf } from "../core/inject/edit.ts";
import type { JsonObject } from "../core/mesh/api.ts";
import type { AskApi } from "../kube/api.ts";
import { CommandFailure } from "./io.ts";
import { whyRefused } from "./live-objects.ts";

interface How {
  readonly labelSelector?: string;
  /** What kind of answer is wanted; whole objects without it. */
  readonly accept?: string;
}

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
    found.push(...itemsOf(list["items"]));
    const token = asObject(list["metadata"])?.["continue"];
    next = typeof token === "string" ? token : "";
  } while (next !== "");
  return found;
}

/** Whole collections of a cluster, for commands. */
import { asObject } from "../core/base/json/edit.ts";
import type { JsonObject } from "../core/base/json/json.ts";
import type { AskApi } from "../kube/api.ts";
import { allPages } from "../kube/pages.ts";
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
  const selected = labelSelector === undefined ? {} : { labelSelector };
  const read = await allPages<string, JsonObject>(
    async (page) => {
      const query = { ...selected, ...page };
      const answer = await ask({ method: "GET", path, query, ...(accept === undefined ? {} : { accept }) });
      return answer.status >= 300 ? { other: whyRefused(answer) } : { page: asObject(answer.body) ?? {} };
    },
    (object) => object,
  );
  if ("items" in read) return read.items;
  throw new CommandFailure([`${path} cannot be listed: ${read.other}`]);
}

/** The whole of a collection, page by page. */
import { isList, isObject } from "../core/mesh/api.ts";
import type { JsonObject } from "../core/mesh/api.ts";
import type { AskApi } from "./api.ts";
import { limited } from "./limit.ts";
import { refusalText, textOf } from "./metadata.ts";

/** What kube-apiserver's own clients ask for. */
const pageSize = "500";
const pageWithin = 30_000;

export interface ListCall {
  readonly path: string;
  /** What kind of answer is wanted; `application/json` when absent. */
  readonly accept?: string | undefined;
}

/** Calls `onObject` with each; gives the version that a watch goes on from. */
export async function listObjects(
  ask: AskApi,
  { path, accept }: ListCall,
  onObject: (object: JsonObject) => void,
  signal: AbortSignal,
): Promise<string> {
  let next = "";
  for (;;) {
    signal.throwIfAborted();
    const query = { limit: pageSize, ...(next === "" ? {} : { continue: next }) };
    const call = { method: "GET", path, query, ...(accept && { accept }) } as const;
    const answer = await limited(signal, pageWithin, (page) => ask({ ...call, signal: page }));
    if (answer.status !== 200 || !isObject(answer.body)) throw new Error(`listing ${path}: ${refusalText(answer)}`);
    const { items, metadata } = answer.body;
    for (const item of isList(items) ? items : []) if (isObject(item)) onObject(item);
    const about = isObject(metadata) ? metadata : {};
    next = textOf(about, "continue");
    if (next === "") return textOf(about, "resourceVersion");
  }
}

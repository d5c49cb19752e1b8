/** The whole of a collection, by its metadata, page by page. */
import { isList, isObject } from "../core/mesh/api.ts";
import type { JsonObject } from "../core/mesh/api.ts";
import type { AskApi } from "./api.ts";
import { limited } from "./limit.ts";
import { acceptMetadataList, metadataOf, refusalText, textOf } from "./metadata.ts";

/** What kube-apiserver's own clients ask for. */
const pageSize = "500";
const pageWithin = 30_000;

/** Calls `onObject` with the metadata of each; gives the version that a watch goes on from. */
export async function listMetadata(
  ask: AskApi,
  path: string,
  onObject: (metadata: JsonObject) => void,
  signal: AbortSignal,
): Promise<string> {
  let next = "";
  for (;;) {
    signal.throwIfAborted();
    const query = { limit: pageSize, ...(next === "" ? {} : { continue: next }) };
    const call = { method: "GET", path, query, accept: acceptMetadataList } as const;
    const answer = await limited(signal, pageWithin, (page) => ask({ ...call, signal: page }));
    if (answer.status !== 200 || !isObject(answer.body)) throw new Error(`listing ${path}: ${refusalText(answer)}`);
    const { items, metadata } = answer.body;
    for (const item of isList(items) ? items : []) onObject(metadataOf(item));
    const about = isObject(metadata) ? metadata : {};
    next = textOf(about, "continue");
    if (next === "") return textOf(about, "resourceVersion");
  }
}

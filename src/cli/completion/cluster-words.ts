/** Words that only a cluster knows, or a kubeconfig; none where they cannot be had in time. */
import { readFile } from "node:fs/promises";
import { readDocument } from "../../core/documents/document.ts";
import { nameOf, objectsAt, textAt } from "../../core/base/json/read.ts";
import { collectionPath } from "../../core/kubernetes/kinds.ts";
import { connect, kubeconfigFiles } from "../../kube/connect.ts";
import { metadataOnly } from "../check/reach.ts";
import type { Io } from "../io.ts";
import type { Asked } from "./sources.ts";

/** `within`: milliseconds that the cluster has for its answer. */
export async function clusterWords(asked: Asked, { env }: Pick<Io, "env">, within: number): Promise<readonly string[]> {
  try {
    return asked.what === "contexts" ? await contextsIn(asked.kubeconfig, env) : await namesOf(asked, env, within);
  } catch {
    // There is nobody to tell: the shell shows nothing but words.
    return [];
  }
}

/** More than anybody chooses from. */
const mostNames = 500;

async function namesOf(
  asked: Asked & { readonly what: "names" },
  env: Io["env"],
  within: number,
): Promise<readonly string[]> {
  const { kind, before, kubeconfig, context } = asked;
  const api = await connect({ kubeconfig, context, env });
  if ("issues" in api) return [];
  const namespace = kind.namespaced ? (asked.namespace ?? api.value.namespace ?? "default") : undefined;
  const { body } = await api.value.ask({
    method: "GET",
    path: collectionPath(kind, namespace),
    query: { limit: String(mostNames) },
    accept: metadataOnly,
    signal: AbortSignal.timeout(within),
  });
  return objectsAt(body, "items").map((item) => `${before}${nameOf(item)}`);
}

async function contextsIn(kubeconfig: string | undefined, env: Io["env"]): Promise<readonly string[]> {
  const files = kubeconfig === undefined ? kubeconfigFiles(env) : [kubeconfig];
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8").catch(() => "")));
  return texts.flatMap((text) => objectsAt(readDocument(text).value, "contexts").map((each) => textAt(each, "name")));
}

/** Objects of an installation as a cluster has them, and as it would have them: server-side apply, as a dry run. */
import { collectionPath, kinds, objectPath } from "../core/kubernetes/kinds.ts";
import { withoutForgotten } from "../core/install/last-applied.ts";
import { labelSelector } from "../core/install/names.ts";
import { nameOf } from "../core/install/print.ts";
import { itemsOf } from "../core/base/json/edit.ts";
import { isObject } from "../core/base/json/json.ts";
import type { JsonObject } from "../core/base/json/json.ts";
import type { ApiAnswer, AskApi } from "../kube/api.ts";
import { CommandFailure } from "./io.ts";

export type Trial =
  /** `before`: the live object, if there is one. */
  | { readonly kind: "accepted"; readonly before: JsonObject | undefined; readonly after: JsonObject }
  | { readonly kind: "refused"; readonly why: string };

/** What `kubectl apply` would make of an object: the API server is asked, and keeps nothing. */
export async function tried(object: JsonObject, ask: AskApi): Promise<Trial> {
  const answer = await ask({
    method: "PATCH",
    path: objectPath(nameOf(object)),
    query: { fieldManager: "kubectl", dryRun: "All", force: "true", fieldValidation: "Strict" },
    contentType: "application/apply-patch+yaml",
    body: object,
  });
  if (answer.status >= 300 || !isObject(answer.body)) return { kind: "refused", why: whyRefused(answer) };
  const before = await live(object, ask);
  const after = before === undefined ? answer.body : withoutForgotten(answer.body, before, object);
  return { kind: "accepted", before, after };
}

/** The object as it is; undefined when there is none. */
export async function live(object: JsonObject, ask: AskApi): Promise<JsonObject | undefined> {
  const answer = await ask({ method: "GET", path: objectPath(nameOf(object)) });
  if (answer.status === 404) return undefined;
  if (answer.status < 300 && isObject(answer.body)) return answer.body;
  throw new CommandFailure([`${objectPath(nameOf(object))}: ${whyRefused(answer)}`]);
}

/** What is at a path; undefined: nothing. What cannot be read is never taken for absent. */
export async function found(ask: AskApi, path: string): Promise<JsonObject | undefined> {
  const answer = await ask({ method: "GET", path });
  if (answer.status === 404) return undefined;
  if (answer.status < 300 && isObject(answer.body)) return answer.body;
  throw new CommandFailure([`${path} cannot be read: ${whyRefused(answer)}`]);
}

/** Everything that carries weft's labels, whatever it is called and wherever it is, in the order of deletion. */
export async function labelled(ask: AskApi): Promise<readonly JsonObject[]> {
  const found: JsonObject[] = [];
  for (const kind of kinds) {
    const answer = await ask({ method: "GET", path: collectionPath(kind), query: { labelSelector } });
    // Kinds of cert-manager are not everywhere.
    if (answer.status === 404) continue;
    if (answer.status >= 300) throw new CommandFailure([`${collectionPath(kind)}: ${whyRefused(answer)}`]);
    const items = isObject(answer.body) ? itemsOf(answer.body["items"]) : [];
    found.push(...items.map((item) => ({ apiVersion: kind.apiVersion, kind: kind.kind, ...item })));
  }
  return found;
}

export const whyRefused = ({ status, body }: ApiAnswer): string =>
  isObject(body) && typeof body["message"] === "string" ? body["message"] : `the API server answers ${status}`;

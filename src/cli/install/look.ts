/** `weft install` looks first at the cluster that it leads to, where there is one: is weft there, or a mesh? */
import type { Command } from "commander";
import { itemsOf } from "../../core/base/json/edit.ts";
import { isObject } from "../../core/base/json/json.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { wordsOf } from "../../core/base/text/words.ts";
import type { Found } from "../../core/install/before.ts";
import { labelSelector, names } from "../../core/install/names.ts";
import { collectionPath, groupPath, namedPath, resources } from "../../core/kubernetes/kinds.ts";
import { certManagerText, nodeLines } from "../../core/install/needs.ts";
import type { Needs } from "../../core/install/needs.ts";
import type { Kind } from "../../core/kubernetes/kinds.ts";
import type { ApiAnswer, AskApi } from "../../kube/api.ts";
import { connect } from "../../kube/connect.ts";
import { CommandFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { whyRefused } from "../live-objects.ts";
import { isGiven, textsOf } from "../options.ts";
import { issueText } from "../../core/base/text/issue.ts";

export type Look =
  | { readonly kind: "seen"; readonly found: Found; readonly ask: AskApi }
  /** Why nobody looked. */
  | { readonly kind: "unseen"; readonly why: string };

/** Milliseconds: for the first answer, and for those of a cluster that has answered. */
const within = { first: 3000, next: 10_000 };

/**
 * Fails where a kubeconfig was named and is of no use, and where a cluster answers and does not let itself be looked
 * at: what is not seen there must not be taken for absent.
 */
export async function lookAt(command: Command, { env }: Pick<Io, "env">, namespace: string): Promise<Look> {
  if (isGiven(command, "offline")) return { kind: "unseen", why: "--offline" };
  const [kubeconfig, context] = ["kubeconfig", "context"].map((flag) => textsOf(command, flag).at(-1));
  const api = await connect({ kubeconfig, context, env });
  if ("issues" in api) {
    const why = api.issues.map(issueText);
    if (kubeconfig !== undefined || context !== undefined) throw new CommandFailure(why);
    return { kind: "unseen", why: why.join("; ") };
  }
  const { ask, server } = api.value;
  try {
    await ask({ method: "GET", path: "/version", signal: AbortSignal.timeout(within.first) });
  } catch (error) {
    return { kind: "unseen", why: `${server} does not answer: ${wordsOf(error)}` };
  }
  return { kind: "seen", found: await foundBy(ask, namespace), ask };
}

async function foundBy(ask: AskApi, namespace: string): Promise<Found> {
  const list = async (kind: Kind, query: Readonly<Record<string, string>>): Promise<readonly JsonObject[]> => {
    const body = await read(ask, collectionPath(kind), query);
    const items = isObject(body) ? itemsOf(body["items"]) : [];
    return items.map((item) => ({ apiVersion: kind.apiVersion, kind: kind.kind, ...item }));
  };
  const one = async (kind: Kind, name: string): Promise<readonly JsonObject[]> => {
    const object = await read(ask, namedPath(kind, name, namespace), {});
    return object === undefined ? [] : [{ apiVersion: kind.apiVersion, kind: kind.kind, ...object }];
  };
  const [configMaps, deployments, mutating, ...authorities] = await Promise.all([
    list(resources.configMaps, { labelSelector }),
    list(resources.deployments, { labelSelector }),
    list(resources.mutatingWebhooks, {}),
    one(resources.configMaps, names.trustAnchors),
    one(resources.secrets, names.issuer),
  ]);
  return { labelled: [...configMaps, ...deployments], mutating, authorities: authorities.flat() };
}

/** What the choices need and the cluster does not have, as far as it can be seen. */
export async function lackingIn(ask: AskApi, needs: Needs): Promise<readonly string[]> {
  const get = (path: string): Promise<ApiAnswer> => answered(ask, path, {});
  const lines: string[] = [];
  if (needs.nodes > 1) {
    const { status, body } = await get(collectionPath(resources.nodes));
    if (status < 300) lines.push(...nodeLines(needs, isObject(body) ? itemsOf(body["items"]) : []));
  }
  if (needs.certManager && (await get(groupPath(resources.certificates.apiVersion))).status === 404)
    lines.push(certManagerText);
  return lines;
}

/** Undefined: nothing is there. */
async function read(
  ask: AskApi,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<JsonObject | undefined> {
  const answer = await answered(ask, path, query);
  if (answer.status === 404) return undefined;
  if (answer.status < 300 && isObject(answer.body)) return answer.body;
  throw unreadable(path, whyRefused(answer));
}

async function answered(ask: AskApi, path: string, query: Readonly<Record<string, string>>): Promise<ApiAnswer> {
  try {
    return await ask({ method: "GET", path, query, signal: AbortSignal.timeout(within.next) });
  } catch (error) {
    throw unreadable(path, wordsOf(error));
  }
}

const unreadable = (path: string, why: string): CommandFailure =>
  new CommandFailure([
    `whether weft is installed cannot be seen: ${path}: ${why}`,
    "nothing was printed; --offline does not look, and prints for a cluster that has no weft",
  ]);

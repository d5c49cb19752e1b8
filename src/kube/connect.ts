/**
 * The way to a cluster: a kubeconfig file that was named, those of $KUBECONFIG, the one in the home folder, or the
 * access of the pod that this runs in. Nothing is asked of the cluster yet.
 */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Issue } from "../core/mesh/issue.ts";
import type { Access } from "./access.ts";
import type { KubeApi } from "./api.ts";
import { inClusterAccess, isInCluster } from "./in-cluster.ts";
import { readKubeconfig } from "./kubeconfig.ts";
import { kubeconfigAccess } from "./kubeconfig-access.ts";
import { asker, requests } from "./requests.ts";
import { watcher } from "./watches.ts";

export interface ConnectOptions {
  /** Has to be there; without it the usual places are looked through. */
  readonly kubeconfig?: string | undefined;
  /** Of the kubeconfig; its current one when absent. */
  readonly context?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `Date.now`, for certificates that have expired and tokens that are to be read again. */
  readonly now?: () => number;
}

type Read<Value> = { readonly value: Value } | { readonly issues: readonly Issue[] };

export async function connect(options: ConnectOptions): Promise<Read<KubeApi>> {
  const access = await accessOf(options);
  return "issues" in access ? access : { value: apiOf(access.value) };
}

function apiOf(access: Access): KubeApi {
  const open = requests(access);
  return { server: access.server, ask: asker(access, open), watch: watcher(access, open) };
}

async function accessOf({ kubeconfig, context, env, now = Date.now }: ConnectOptions): Promise<Read<Access>> {
  const files = kubeconfig === undefined ? usualFiles(env) : [kubeconfig];
  if (files.length === 0 && context === undefined && isInCluster(env)) return inClusterAccess(env, now);
  if (files.length === 0) return { issues: [nothingFound(context)] };
  const chosen = await readKubeconfig(files, { context, optional: kubeconfig === undefined });
  return "issues" in chosen ? chosen : kubeconfigAccess(chosen.value, now);
}

/** $KUBECONFIG, else the home folder's; as kubectl. */
function usualFiles(env: ConnectOptions["env"]): readonly string[] {
  const named = (env["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  if (named.length > 0) return named;
  const ofHome = join(env["HOME"] ?? "", ".kube", "config");
  return (env["HOME"] ?? "") !== "" && existsSync(ofHome) ? [ofHome] : [];
}

const nothingFound = (context: string | undefined): Issue =>
  context === undefined
    ? { at: "", message: "no cluster: give --kubeconfig FILE, or set KUBECONFIG" }
    : { at: "--context", message: `no kubeconfig that could have ${JSON.stringify(context)}: give --kubeconfig FILE` };

/**
 * The way to a cluster: a kubeconfig file that was named, those of $KUBECONFIG, the one in the home folder, or the
 * access of the pod that this runs in. Nothing is asked of the cluster yet.
 */
import { tokenMountPath } from "../core/kubernetes/service-account.ts";
import { existsSync } from "node:fs";
import { isIPv6 } from "node:net";
import { delimiter, join } from "node:path";
import type { Issue } from "../core/base/text/issue.ts";
import type { Result } from "../core/base/text/result.ts";
import { accessBy } from "./access.ts";
import type { Access } from "./access.ts";
import { accessIssues } from "./access-issues.ts";
import type { KubeApi } from "./api.ts";
import { defaultText } from "./bounded-text.ts";
import { readKubeconfig, tokenFileProvider } from "./kubeconfig.ts";
import type { Chosen, NewConfig } from "./kubeconfig.ts";
import { asker, requests } from "./requests.ts";
import { watcher } from "./watches.ts";

export interface ConnectOptions {
  /** Has to be there; without it the usual places are looked through. */
  readonly kubeconfig?: string | undefined;
  /** Of the kubeconfig; its current one when absent. */
  readonly context?: string | undefined;
  readonly env: Environment;
  /** `Date.now`, for certificates that have expired. */
  readonly now?: () => number;
  /** Where the kubelet puts the token and the CA of a pod. */
  readonly serviceAccountDir?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

export async function connect(options: ConnectOptions): Promise<Result<KubeApi>> {
  // It takes 0.4 s and 90 MB, so nothing else of weft loads it. Its config.js alone would take nearly as much.
  const client = await import("@kubernetes/client-node");
  const chosen = await chooseAccess(options, () => new client.KubeConfig());
  if ("issues" in chosen) return chosen;
  const issues = accessIssues(chosen.value, (options.now ?? Date.now)());
  return issues.length > 0
    ? { issues }
    : { value: apiOf(accessBy(chosen.value.config, chosen.value.userAt), chosen.value.namespace) };
}

function apiOf(access: Access, namespace: string | undefined): KubeApi {
  const open = requests(access);
  const limits = defaultText();
  return { server: access.server, namespace, ask: asker(access, open, limits), watch: watcher(access, open, limits) };
}

async function chooseAccess(options: ConnectOptions, newConfig: NewConfig): Promise<Result<Chosen>> {
  const { kubeconfig, context, env } = options;
  const files = kubeconfig === undefined ? defaultFiles(env) : [kubeconfig];
  if (files.length > 0) return readKubeconfig(newConfig, files, { context, optional: kubeconfig === undefined });
  const isInPod = context === undefined && (env["KUBERNETES_SERVICE_HOST"] ?? "") !== "";
  return isInPod ? { value: ofPod(options, newConfig) } : { issues: [nothingFound(context)] };
}

/** $KUBECONFIG, else the home folder's; as kubectl. */
function defaultFiles(env: Environment): readonly string[] {
  const named = (env["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  if (named.length > 0) return named;
  const ofHome = join(env["HOME"] ?? "", ".kube", "config");
  return (env["HOME"] ?? "") !== "" && existsSync(ofHome) ? [ofHome] : [];
}

// What KubeConfig.loadFromCluster makes, with the environment that was passed.
function ofPod({ env, serviceAccountDir: dir = tokenMountPath }: ConnectOptions, newConfig: NewConfig): Chosen {
  const host = env["KUBERNETES_SERVICE_HOST"] ?? "";
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${env["KUBERNETES_SERVICE_PORT"] || "443"}`;
  const cluster = { name: "pod", server, skipTLSVerify: false, caFile: join(dir, "ca.crt") };
  const user = { name: "pod", authProvider: tokenFileProvider(join(dir, "token")) };
  const config = newConfig();
  config.loadFromClusterAndUser(cluster, user);
  return { config, cluster, user, clusterAt: "the pod's cluster", userAt: "the pod's service account" };
}

const nothingFound = (context: string | undefined): Issue =>
  context === undefined
    ? { at: "", message: "no cluster: give --kubeconfig FILE, or set KUBECONFIG" }
    : { at: "--context", message: `no kubeconfig that could have ${JSON.stringify(context)}: give --kubeconfig FILE` };

/**
 * The way to a cluster: a kubeconfig file that was named, those of $KUBECONFIG, the one in the home folder, or the
 * access of the pod that this runs in. Nothing is asked of the cluster yet.
 */
import { tokenMountPath } from "../core/kubernetes/service-account.ts";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Issue } from "../core/base/text/issue.ts";
import type { Result } from "../core/base/text/result.ts";
import { accessBy } from "./access.ts";
import type { Access } from "./access.ts";
import { accessIssues } from "./access-issues.ts";
import type { Reached } from "./access-issues.ts";
import type { KubeApi } from "./api.ts";
import { defaultText } from "./bounded-text.ts";
import { executor } from "./exec.ts";
import type { ExecInPod } from "./exec.ts";
import { forwarder } from "./forward.ts";
import type { ReachPod } from "./forward.ts";
import type { readKubeconfig } from "./kubeconfig.ts";
import { filesOfPod, podAccess } from "./pod-access.ts";
import { asker, requests } from "./requests.ts";
import { watcher } from "./watches.ts";

export interface ConnectOptions {
  /** Has to be there; without it the usual places are looked through. */
  readonly kubeconfig?: string | undefined;
  /** Of the kubeconfig; its current one when absent. */
  readonly context?: string | undefined;
  readonly env: Environment;
  /** `Date.now`, for certificates that have expired and tokens that are replaced. */
  readonly now?: () => number;
  /** Where the kubelet puts the token and the CA of a pod. */
  readonly serviceAccountDir?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** With the way to its pods. */
export interface ClusterApi extends KubeApi {
  readonly reach: ReachPod;
  readonly exec: ExecInPod;
}

export async function connect(options: ConnectOptions): Promise<Result<ClusterApi>> {
  const { kubeconfig, context, env, now = Date.now } = options;
  const files = kubeconfig === undefined ? kubeconfigFiles(env) : [kubeconfig];
  if (files.length > 0) return byKubeconfig(files, { context, optional: kubeconfig === undefined }, now);
  const isInPod = context === undefined && (env["KUBERNETES_SERVICE_HOST"] ?? "") !== "";
  if (!isInPod) return { issues: [nothingFound(context)] };
  const ofPod = filesOfPod(env, options.serviceAccountDir ?? tokenMountPath);
  return usable(ofPod, now, () => apiOf(podAccess(ofPod, now), undefined));
}

async function byKubeconfig(
  files: readonly string[],
  how: Parameters<typeof readKubeconfig>[2],
  now: () => number,
): Promise<Result<ClusterApi>> {
  // It takes 0.4 s and 90 MB, so nothing else of weft loads it, and no pod. Its config.js alone would take nearly as much.
  const [client, { readKubeconfig }] = await Promise.all([
    import("@kubernetes/client-node"),
    import("./kubeconfig.ts"),
  ]);
  const chosen = await readKubeconfig(() => new client.KubeConfig(), files, how);
  if ("issues" in chosen) return chosen;
  const { config, userAt, namespace } = chosen.value;
  return usable(chosen.value, now, () => apiOf(accessBy(config, userAt), namespace));
}

function usable(reached: Reached, now: () => number, open: () => ClusterApi): Result<ClusterApi> {
  const issues = accessIssues(reached, now());
  return issues.length > 0 ? { issues } : { value: open() };
}

function apiOf(access: Access, namespace: string | undefined): ClusterApi {
  const open = requests(access);
  const limits = defaultText();
  return {
    server: access.server,
    namespace,
    ask: asker(access, open, limits),
    watch: watcher(access, open, limits),
    reach: forwarder(access),
    exec: executor(access),
  };
}

/** $KUBECONFIG, else the home folder's; as kubectl. */
export function kubeconfigFiles(env: Environment): readonly string[] {
  const named = (env["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  if (named.length > 0) return named;
  const ofHome = join(env["HOME"] ?? "", ".kube", "config");
  return (env["HOME"] ?? "") !== "" && existsSync(ofHome) ? [ofHome] : [];
}

const nothingFound = (context: string | undefined): Issue =>
  context === undefined
    ? { at: "", message: "no cluster: give --kubeconfig FILE, or set KUBECONFIG" }
    : { at: "--context", message: `no kubeconfig that could have ${JSON.stringify(context)}: give --kubeconfig FILE` };

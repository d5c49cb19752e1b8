/**
 * The access that a pod has by its service account. Read here and not by client-node: that would cost each replica
 * 0.4 s and 90 MB, reads the CA once only, and does not read a refused token again.
 */
import { access } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import type { Issue } from "../core/mesh/issue.ts";
import { rememberedFile } from "./access.ts";
import type { Access, Tls } from "./access.ts";

/** Where the kubelet puts them. */
export const serviceAccountDir = "/var/run/secrets/kubernetes.io/serviceaccount";

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether the environment is a pod's. */
export const isInCluster = (env: Environment): boolean => (env["KUBERNETES_SERVICE_HOST"] ?? "") !== "";

export async function inClusterAccess(
  env: Environment,
  now: () => number,
  dir = serviceAccountDir,
): Promise<{ readonly value: Access } | { readonly issues: readonly Issue[] }> {
  const host = env["KUBERNETES_SERVICE_HOST"] ?? "";
  const paths = [join(dir, "token"), join(dir, "ca.crt")] as const;
  const missing = await Promise.all(paths.map(isMissing));
  if (missing.includes(true)) {
    const at = paths[missing.indexOf(true)] ?? dir;
    return { issues: [{ at, message: "there is no such file: the pod has no token of a service account mounted" }] };
  }
  const [token, ca] = [rememberedFile(paths[0], now), rememberedFile(paths[1], now)];
  let tls: Tls = {};
  return {
    value: {
      server: `https://${isIPv6(host) ? `[${host}]` : host}:${env["KUBERNETES_SERVICE_PORT"] || "443"}`,
      credentials: async () => {
        const [bearer, trusted] = await Promise.all([token.text(), ca.text()]);
        if (tls.ca !== trusted) tls = { ca: trusted };
        return { headers: { authorization: `Bearer ${bearer}` }, tls };
      },
      renew: () => {
        token.forget();
        ca.forget();
      },
    },
  };
}

const isMissing = async (path: string): Promise<boolean> => {
  try {
    await access(path);
    return false;
  } catch {
    return true;
  }
};

/**
 * The way from a pod to its cluster: the address is in the environment, token and CA are files that the kubelet replaces
 * while the pod runs. That is all there is to it, so nothing of client-node is loaded.
 */
import { readFile } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { join } from "node:path";
import type { Access, Tls } from "./access.ts";
import type { Reached } from "./access-issues.ts";
import { fileFault } from "./file-fault.ts";

// A token is read again as often as client-go does it (transport/token_source.go). Whoever makes a new CA may serve by it
// at once, and a connection that fails for it is not asked for again by itself.
const readAgainAfter = { token: 60_000, ca: 1000 };

export interface PodFiles extends Reached {
  readonly cluster: { readonly server: string; readonly caFile: string };
  readonly user: { readonly authProvider: { readonly config: { readonly tokenFile: string } } };
}

/** `folder`: where the kubelet puts the token and the CA. */
export function filesOfPod(env: Readonly<Record<string, string | undefined>>, folder: string): PodFiles {
  const host = env["KUBERNETES_SERVICE_HOST"] ?? "";
  const server = `https://${isIPv6(host) ? `[${host}]` : host}:${env["KUBERNETES_SERVICE_PORT"] || "443"}`;
  return {
    cluster: { server, caFile: join(folder, "ca.crt") },
    user: { authProvider: { config: { tokenFile: join(folder, "token") } } },
    clusterAt: "the pod's cluster",
    userAt: "the pod's service account",
  };
}

/** `now`: milliseconds, as `Date.now`. */
export function podAccess({ cluster, user, clusterAt, userAt }: PodFiles, now: () => number): Access {
  const token = kept(user.authProvider.config.tokenFile, `${userAt}: token file`, readAgainAfter.token, now);
  const ca = kept(cluster.caFile, `${clusterAt}: certificate-authority`, readAgainAfter.ca, now);
  let tls: Tls = {};
  return {
    server: cluster.server,
    credentials: async () => {
      const [shown, trusted] = await Promise.all([token.text(), ca.text()]);
      if (tls.ca !== trusted) tls = { ca: trusted };
      return { headers: { authorization: `Bearer ${shown.trim()}` }, tls };
    },
    renew: () => {
      token.forget();
      ca.forget();
    },
  };
}

interface Kept {
  readonly text: () => Promise<string>;
  /** The next one who asks has it read. */
  readonly forget: () => void;
}

/** A file's text, read anew when it is `age` old. One that cannot be read any more, or is empty, counts as it was. */
function kept(path: string, at: string, age: number, now: () => number): Kept {
  let last: { readonly text: string; readonly until: number } | undefined;
  return {
    text: async () => {
      if (last !== undefined && now() < last.until) return last.text;
      const until = now() + age;
      try {
        last = { text: await filled(path), until };
      } catch (error) {
        if (last === undefined) throw new Error(`${at}: ${path}: ${fileFault(error)}`, { cause: error });
      }
      return last.text;
    },
    forget: () => {
      if (last !== undefined) last = { ...last, until: 0 };
    },
  };
}

async function filled(path: string): Promise<string> {
  const text = await readFile(path, "utf8");
  if (text.trim() === "") throw new Error("is empty");
  return text;
}

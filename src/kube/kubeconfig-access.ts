/** The access that a chosen context gives. */
import { isObject } from "../core/mesh/api.ts";
import type { Issue } from "../core/mesh/issue.ts";
import type { Access, Tls } from "./access.ts";
import { clientNodeAccess } from "./client-node-access.ts";
import { textOf } from "./kubeconfig.ts";
import type { Chosen, Named } from "./kubeconfig.ts";
import { materialIssues, materialOf, userHeaders } from "./material.ts";
import type { Material } from "./material.ts";

/** The clock is that of `Date.now()`. */
export async function kubeconfigAccess(
  chosen: Chosen,
  now: () => number,
): Promise<{ readonly value: Access } | { readonly issues: readonly Issue[] }> {
  const { cluster } = chosen;
  const server = textOf(cluster.fields, "server").replace(/\/+$/, "");
  if (!/^https?:\/\/[^/]/.test(server) || !URL.canParse(server)) {
    return { issues: [{ at: `${cluster.at}: server`, message: `${JSON.stringify(server)} is no https URL` }] };
  }
  const material = materialOf(chosen, now);
  const issues = await materialIssues(chosen, material, now);
  if (issues.length > 0) return { issues };
  const access = needsClientNode(chosen) ? clientNodeAccess : plainAccess;
  return { value: access(server, chosen, material) };
}

const needsClientNode = ({ cluster, user }: Chosen): boolean =>
  isObject(user.fields["exec"]) || isObject(user.fields["auth-provider"]) || textOf(cluster.fields, "proxy-url") !== "";

function plainAccess(server: string, { cluster, user }: Chosen, { ca, cert, key, token }: Material): Access {
  let last = tlsOf(cluster);
  return {
    server,
    credentials: async () => {
      const tls = { ...tlsOf(cluster), ca: await ca?.text(), cert: await cert?.text(), key: await key?.text() };
      if (tls.ca !== last.ca || tls.cert !== last.cert || tls.key !== last.key) last = tls;
      return { headers: userHeaders(user, await token?.text()), tls: last };
    },
    renew: () => [ca, cert, key, token].forEach((each) => each?.forget()),
  };
}

const tlsOf = ({ fields }: Named): Tls => ({
  servername: textOf(fields, "tls-server-name") || undefined,
  rejectUnauthorized: fields["insecure-skip-tls-verify"] !== true,
});

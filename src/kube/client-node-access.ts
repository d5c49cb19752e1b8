/**
 * Access by what client-node knows: exec plugins, OIDC and proxies. Loaded only for these: it costs 0.4 s and 90 MB,
 * and its own reading of kubeconfig files takes no `tokenFile` and lets the last of several files win.
 */
import type { RequestOptions } from "node:https";
import { resolve } from "node:path";
import type { Cluster, KubeConfig, User } from "@kubernetes/client-node";
import { isObject } from "../core/mesh/api.ts";
import type { Access, Credentials } from "./access.ts";
import { textOf } from "./kubeconfig.ts";
import type { Chosen, Named } from "./kubeconfig.ts";
import { userHeaders } from "./material.ts";
import type { Material } from "./material.ts";

export function clientNodeAccess(server: string, chosen: Chosen, material: Material): Access {
  let config: Promise<KubeConfig> | undefined;
  let last: Credentials["tls"] = {};
  return {
    server,
    credentials: async () => {
      config ??= loaded(server, chosen);
      const { headers, agent, tls } = await applied(await config, chosen.user);
      const text = { ...tls, ca: await material.ca?.text() };
      if (text.ca !== last.ca || text.cert !== last.cert || text.key !== last.key) last = text;
      return {
        headers: { ...userHeaders(chosen.user, await material.token?.text()), ...headers },
        tls: last,
        ...(textOf(chosen.cluster.fields, "proxy-url") === "" || agent === undefined ? {} : { agent }),
      };
    },
    renew: () => {
      config = undefined;
    },
  };
}

/** What client-node makes of a request. Plugins are run and tokens renewed here, when they have to be. */
async function applied(config: KubeConfig, user: Named): Promise<Credentials> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw new Error(`${user.at}: no credentials: ${pluginWords(user, error)}`, { cause: error });
  }
  const { headers = {}, agent, cert, key, servername, rejectUnauthorized } = options;
  const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  return {
    headers: Object.fromEntries(lowerCase),
    tls: { cert: pemText(cert), key: pemText(key), servername, rejectUnauthorized },
    ...(typeof agent === "object" ? { agent } : {}),
  };
}

const pemText = (value: unknown): string | undefined =>
  typeof value === "string" ? value : Buffer.isBuffer(value) ? value.toString("utf8") : undefined;

/** The plugin's own words, and how to get it where it is missing. */
function pluginWords({ fields }: Named, error: unknown): string {
  const exec = fields["exec"];
  const hint = isObject(exec) ? textOf(exec, "installHint") : "";
  const words = error instanceof Error ? error.message : String(error);
  return [words, hint]
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .join("; ");
}

async function loaded(server: string, { cluster, user }: Chosen): Promise<KubeConfig> {
  const client = await import("@kubernetes/client-node");
  const config = new client.KubeConfig();
  const exec = user.fields["exec"];
  const oneCluster: Cluster = {
    name: cluster.name,
    server,
    caFile: pathOf(cluster, "certificate-authority"),
    caData: textOf(cluster.fields, "certificate-authority-data"),
    // It refuses http without this, where nothing is verified anyway.
    skipTLSVerify: cluster.fields["insecure-skip-tls-verify"] === true || server.startsWith("http:"),
    tlsServerName: textOf(cluster.fields, "tls-server-name"),
    proxyUrl: textOf(cluster.fields, "proxy-url"),
  };
  const oneUser: User = {
    name: user.name,
    certFile: pathOf(user, "client-certificate"),
    certData: textOf(user.fields, "client-certificate-data"),
    keyFile: pathOf(user, "client-key"),
    keyData: textOf(user.fields, "client-key-data"),
    authProvider: user.fields["auth-provider"],
    exec: isObject(exec) ? { ...exec, command: commandOf(user, textOf(exec, "command")) } : undefined,
  };
  config.loadFromClusterAndUser(oneCluster, oneUser);
  return config;
}

const pathOf = ({ fields, folder }: Named, key: string): string =>
  textOf(fields, key) === "" ? "" : resolve(folder, textOf(fields, key));

// As kubectl: a command with a slash is relative to its kubeconfig, one without is looked for in PATH.
const commandOf = ({ folder }: Named, command: string): string =>
  command.includes("/") ? resolve(folder, command) : command;

/**
 * What a request needs beside its contents: where to, as whom, and whom to believe. client-node's KubeConfig knows;
 * it is asked for each request, since tokens and certificates are replaced.
 */
import { wordsOf } from "../core/base/text/words.ts";
import type { Agent } from "node:http";
import type { RequestOptions } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";

export interface Access {
  /** Such as `https://10.96.0.1:443`, without a slash at the end. */
  readonly server: string;
  /** Rejects with words that say where the credentials come from. */
  readonly credentials: () => Promise<Credentials>;
  /** The server did not accept them (401): whatever was remembered is to be read again. */
  readonly renew: () => void;
}

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  /** The same object as long as nothing in it changed. */
  readonly tls: Tls;
  /** Connections through a proxy that the kubeconfig names. */
  readonly agent?: Agent;
}

export interface Tls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly servername?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
}

/** `at`: where its user is from, for messages. */
export function accessBy(config: KubeConfig, at: string): Access {
  const cluster = config.getCurrentCluster();
  let current = copyOf(config);
  let last: Tls = {};
  return {
    server: cluster?.server ?? "",
    credentials: async () => {
      const { headers, tls, agent } = await applied(current, at);
      if (!isSame(tls, last)) last = tls;
      const viaProxy = (cluster?.proxyUrl ?? "") !== "" && agent !== undefined;
      return { headers, tls: last, ...(viaProxy ? { agent } : {}) };
    },
    // Tokens of plugins and of files are remembered in the KubeConfig, and there is no other way to forget them.
    renew: () => {
      current = copyOf(config);
    },
  };
}

function copyOf(config: KubeConfig): KubeConfig {
  const copy = new (config.constructor as new () => KubeConfig)();
  const { clusters, users, contexts, currentContext } = config;
  copy.loadFromOptions({ clusters, users, contexts, currentContext });
  return copy;
}

/** Plugins are run and tokens renewed here, when they have to be. */
async function applied(config: KubeConfig, at: string): Promise<Credentials> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw new Error(`${at}: no credentials: ${faultWords(config, error)}`, { cause: error });
  }
  const { headers = {}, auth, agent, ca, cert, key, servername, rejectUnauthorized } = options;
  const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value).trim()] as const);
  const basic = auth === undefined || auth === null ? {} : { authorization: `Basic ${base64(auth)}` };
  return {
    headers: { ...basic, ...Object.fromEntries(lowerCase) },
    tls: { ca: pemText(ca), cert: pemText(cert), key: pemText(key), servername, rejectUnauthorized },
    ...(typeof agent === "object" ? { agent } : {}),
  };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

const pemText = (value: unknown): string | undefined =>
  typeof value === "string" ? value : Buffer.isBuffer(value) ? value.toString("utf8") : undefined;

const isSame = (a: Tls, b: Tls): boolean =>
  (["ca", "cert", "key", "servername", "rejectUnauthorized"] as const).every((name) => a[name] === b[name]);

/** The plugin's own words, and how to get it where it is missing. */
function faultWords(config: KubeConfig, error: unknown): string {
  const hint: unknown = config.getCurrentUser()?.exec?.installHint;
  const words = wordsOf(error);
  return [words, typeof hint === "string" ? hint : ""]
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .join("; ");
}

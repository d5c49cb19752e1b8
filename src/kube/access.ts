/** What a request needs beside its contents: where to, as whom, and whom to believe. Asked for anew by each request. */
import { readFile } from "node:fs/promises";
import type { Agent } from "node:http";

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

/** A text that somebody else replaces from time to time, such as the token of a pod. */
export interface Remembered {
  readonly text: () => Promise<string>;
  /** The next one who asks reads it again. */
  readonly forget: () => void;
}

// As client-go does; the kubelet renews a token long before it expires.
const rereadAfter = 60_000;

/** A file, read again after a minute. When it cannot be read again, what was read before is still of use. */
export function rememberedFile(path: string, now: () => number): Remembered {
  let known: { readonly text: string; readonly at: number } | undefined;
  return {
    text: async () => {
      if (known !== undefined && now() - known.at < rereadAfter) return known.text;
      try {
        known = { text: (await readFile(path, "utf8")).trim(), at: now() };
      } catch (error) {
        if (known === undefined) throw new Error(`${path}: ${fileWords(error)}`, { cause: error });
      }
      return known.text;
    },
    forget: () => {
      known &&= { text: known.text, at: -Infinity };
    },
  };
}

/** Why a file could not be read. */
export function fileWords(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return words.get(code) ?? `cannot be read (${code === "" ? String(error) : code})`;
}

const words: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "there is no such file"],
  ["ENOTDIR", "there is no such file"],
  ["EACCES", "may not be read"],
  ["EISDIR", "is a folder"],
]);

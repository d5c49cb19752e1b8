/**
 * The Kubernetes API as two functions over raw JSON: objects travel as documents, so unknown fields survive. Who needs
 * less than this asks for less.
 */
import type { Json, JsonObject } from "../core/base/json/json.ts";

export interface ApiCall {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path below the server, such as `/api/v1/namespaces/shop`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
  /** Of the body; `application/json` when absent. Patches name theirs, such as `application/merge-patch+json`. */
  readonly contentType?: string;
  /** What kind of answer is wanted; `application/json` when absent. */
  readonly accept?: string;
  /** Of the answer, where less is wanted than any answer may have; a larger one rejects with `TooMuch`. */
  readonly limits?: { readonly most: number; readonly mostValues: number };
  /** Ends the wait. Without it an answer is waited for 30 s. */
  readonly signal?: AbortSignal;
}

export interface ApiAnswer {
  /** HTTP status. */
  readonly status: number;
  /** The object, or the `Status` of a refusal; `null` when the body was no JSON. */
  readonly body: Json;
  /** The body as it came when it was no JSON, such as a page asked for through the server's proxy. */
  readonly text?: string;
  /** Seconds the server asks to wait before trying again. */
  readonly retryAfter?: number;
  /** The header `Date`: the server's clock. */
  readonly date?: string;
  /** The texts of the headers `Warning`, as kubectl prints them. */
  readonly warnings?: readonly string[];
}

/** Resolves with whatever the server answered; rejects only when there was no answer (connection, TLS, time). */
export type AskApi = (call: ApiCall) => Promise<ApiAnswer>;

/** One line of a watch (meta/v1 WatchEvent). */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: JsonObject;
}

/** Opens a watch; calls `onEvent` for each line; resolves when the server ends it, rejects when it breaks. */
export type WatchApi = (
  call: Pick<ApiCall, "path" | "query" | "accept">,
  onEvent: (event: WatchEvent) => void,
  signal: AbortSignal,
) => Promise<void>;

export interface KubeApi {
  /** Such as `https://10.96.0.1:443`, for messages. */
  readonly server: string;
  /** Of the kubeconfig's context, as kubectl takes it where nobody says another; undefined: it names none. */
  readonly namespace?: string | undefined;
  readonly ask: AskApi;
  readonly watch: WatchApi;
}

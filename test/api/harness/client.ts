/** Asks the API server as somebody; a client of the tests' own, so that weft's is not tested by itself. */
import { Agent, request } from "node:https";
import type { Json } from "../../../src/core/base/json/json.ts";
import type { ApiAnswer, ApiCall } from "../../../src/kube/api.ts";

export type Ask = (call: ApiCall) => Promise<ApiAnswer>;

/** A client certificate, or a token. */
export type Identity = { readonly certificate: string; readonly key: string } | { readonly token: string };

export interface AskOptions {
  readonly server: string;
  readonly ca: string;
  readonly who: Identity;
  /** Asks in the name of this user (impersonation). */
  readonly as?: string;
}

export function asker({ server, ca, who, as }: AskOptions): Ask {
  const secrets = "token" in who ? {} : { cert: who.certificate, key: who.key };
  const agent = new Agent({ keepAlive: true, ca, ...secrets });
  const headers = {
    ...("token" in who ? { Authorization: `Bearer ${who.token}` } : {}),
    ...(as === undefined ? {} : { "Impersonate-User": as }),
  };
  return (call) => exchange(server, call, { agent, headers });
}

interface Way {
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
}

const exchange = (server: string, call: ApiCall, { agent, headers }: Way): Promise<ApiAnswer> =>
  new Promise((resolve, reject) => {
    const url = new URL(call.path, server);
    for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.append(name, value);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const signal = call.signal ?? AbortSignal.timeout(30_000);
    const sent = request(
      url,
      {
        agent,
        method: call.method,
        signal,
        headers: {
          ...headers,
          Accept: call.accept ?? "application/json",
          ...(body === undefined
            ? {}
            : { "Content-Type": call.contentType ?? "application/json", "Content-Length": Buffer.byteLength(body) }),
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", reject);
        answer.on("end", () => {
          const warnings = answer.rawHeaders.flatMap((name, at, all) =>
            at % 2 === 0 && name.toLowerCase() === "warning" ? [warningText(all[at + 1] ?? "")] : [],
          );
          resolve({
            status: answer.statusCode ?? 0,
            ...parsed(Buffer.concat(chunks).toString("utf8")),
            ...(warnings.length === 0 ? {} : { warnings }),
          });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });

function parsed(text: string): { readonly body: Json; readonly text?: string } {
  try {
    return { body: JSON.parse(text) as Json };
  } catch {
    return { body: null, text };
  }
}

/** `299 - "the text"` → the text (RFC 7234, 5.5). */
const warningText = (header: string): string =>
  (/^\d{3} \S+ "((?:[^"\\]|\\.)*)"/.exec(header)?.[1] ?? header).replaceAll(/\\(.)/g, "$1");

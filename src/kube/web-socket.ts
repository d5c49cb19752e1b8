/** WebSockets to an API server, asked for as whom and trusting whom every other request is and does. */
import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { isObject } from "../core/base/json/json.ts";
import type { Json } from "../core/base/json/json.ts";
import { objectPath } from "../core/kubernetes/api-path.ts";
import { resources } from "../core/kubernetes/kinds.ts";
import type { Access } from "./access.ts";
import { agentsFor } from "./agents.ts";
import { defaultText, textIn } from "./bounded-text.ts";
import { credentialsWithin, urlOf } from "./requests.ts";
import { mebibyte } from "./room.ts";
import { unreachable } from "./unreachable.ts";

export interface PodRef {
  readonly namespace: string;
  readonly name: string;
}

export interface SocketCall {
  readonly pod: PodRef;
  /** Of the pod, such as `portforward`. */
  readonly subresource: string;
  /** A name may stand there several times. */
  readonly query: readonly [name: string, value: string][];
  /** Names of subprotocols, the preferred one first. */
  readonly protocols: readonly string[];
}

interface SocketRefused {
  /** HTTP status. */
  readonly status: number;
  /** Those of the API server. */
  readonly words: string;
}

/** Closed by `destroy`; `errored` says why it was closed before it was open. */
interface Stream {
  readonly destroy: () => unknown;
  readonly errored: Error | null;
  readonly once: (event: "close", listener: () => void) => unknown;
}

/**
 * `attach`: makes a stream of a socket that is not open yet, so that it hears of everything. Rejects where the API server
 * cannot be reached. A 401 is tried once more with renewed credentials.
 */
export type OpenSocket = <Made extends Stream>(
  call: SocketCall,
  attach: (socket: WebSocket) => Made,
  signal: AbortSignal,
) => Promise<Made | { readonly refused: SocketRefused }>;

/** The kubelet sends 32 KiB in one message. */
const mostInMessage = mebibyte;

export function socketOpener(access: Access): OpenSocket {
  const agentOf = agentsFor(access.server);
  const limits = defaultText();

  return async (call, attach, signal) => {
    const first = await attempt(call, attach, signal);
    if (!("refused" in first) || first.refused.status !== 401) return first;
    access.renew();
    return attempt(call, attach, signal);
  };

  async function attempt<Made extends Stream>(
    call: SocketCall,
    attach: (socket: WebSocket) => Made,
    signal: AbortSignal,
  ): Promise<Made | { readonly refused: SocketRefused }> {
    const path = `${pathOf(call)}?${new URLSearchParams(call.query).toString()}`;
    signal.throwIfAborted();
    const credentials = await credentialsWithin(access, signal);
    const { WebSocket } = await import("ws");
    const socket = new WebSocket(urlOf(access.server, { path }), [...call.protocols], {
      headers: { ...credentials.headers, "user-agent": "weft" },
      // No other request waits behind it: a connection leaves its agent when it becomes a WebSocket.
      agent: agentOf(credentials, "watch"),
      perMessageDeflate: false,
      maxPayload: mostInMessage,
    });
    const stream = attach(socket);
    try {
      const answer = await opened(socket, stream);
      if (answer === "open") return stream;
      const refused = refusal(answer, await textIn(answer, limits));
      stream.destroy();
      return { refused };
    } catch (error) {
      stream.destroy();
      throw unreachable(access.server, error, signal);
    }
  }
}

function pathOf({ pod: { namespace, name }, subresource }: SocketCall): string {
  const found = objectPath({ ...resources.pods, namespace }, name);
  if ("issue" in found) throw new Error(found.issue.message);
  return `${found.path}/${subresource}`;
}

/** An answer is one that is no WebSocket. */
function opened(socket: WebSocket, stream: Stream): Promise<"open" | IncomingMessage> {
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve("open"));
    socket.once("unexpected-response", (_, response) => resolve(response));
    socket.once("error", reject);
    stream.once("close", () => reject(stream.errored ?? new Error("the connection was closed")));
  });
}

/** The words of a Status (meta/v1), else the page's. */
function refusal({ statusCode: status = 0, statusMessage = "" }: IncomingMessage, body: string): SocketRefused {
  let found: Json = null;
  try {
    found = JSON.parse(body) as Json;
  } catch {
    // Such as a page of a proxy on the way.
  }
  const message = isObject(found) ? found["message"] : undefined;
  return { status, words: typeof message === "string" ? message : `${status} ${statusMessage}: ${body}` };
}

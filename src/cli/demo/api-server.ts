/** The other end of a webhook call: sends a review as an API server does, over one connection that is kept. */
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import type { TLSSocket } from "node:tls";
import { text } from "node:stream/consumers";
import type { Address } from "../../net/address.ts";

export interface WebhookCall {
  readonly address: Address;
  /** PEM text to verify the webhook with: what `caBundle` is in a registration. */
  readonly caBundle: string;
  /** The path, with what was registered behind it. */
  readonly path: string;
}

export interface CallOutcome {
  readonly status: number;
  readonly body: string;
  /** Such as `TLSv1.3`. */
  readonly protocol: string;
  /** The connection was there already. */
  readonly reused: boolean;
  /** From the request to the end of the answer. */
  readonly milliseconds: number;
}

export interface Caller {
  /** Rejects when there is no answer. */
  readonly send: (review: string, signal: AbortSignal) => Promise<CallOutcome>;
  readonly close: () => void;
}

/** Calls a webhook with the timeout that it is registered with, in seconds. */
export function webhookCaller({ address, caBundle, path }: WebhookCall, timeoutSeconds: number): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: caBundle });
  const { host = "localhost", port } = address;
  const send = async (review: string, signal: AbortSignal): Promise<CallOutcome> => {
    const start = performance.now();
    const call = request({
      agent,
      host,
      port,
      method: "POST",
      path: `${path}?timeout=${timeoutSeconds}s`,
      headers: {
        accept: "application/json, */*",
        "content-type": "application/json",
        "user-agent": "kube-apiserver-admission",
        "content-length": Buffer.byteLength(review),
      },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]),
    });
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    call.once("response", resolve).once("error", reject).end(review);
    const response = await promise;
    // Not after the body: the socket goes back to the agent then.
    const protocol = (response.socket as TLSSocket).getProtocol() ?? "";
    const body = await text(response);
    return {
      status: response.statusCode ?? 0,
      body,
      protocol,
      reused: call.reusedSocket,
      milliseconds: performance.now() - start,
    };
  };
  return { send, close: () => agent.destroy() };
}

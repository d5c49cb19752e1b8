/** Answers what Node's parser gave up on, where no request exists that one could answer. */
import type { IncomingMessage } from "node:http";
import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { STATUS_CODES } from "../net/node-http.ts";
import { isUnused } from "./connections.ts";
import { brokenHttp, failureBody, failures } from "./failure.ts";
import type { Failure } from "./failure.ts";
import type { InFlightReview } from "./in-flight.ts";

export interface BrokenHttpOptions {
  readonly requestOn: (socket: Socket) => InFlightReview | undefined;
  /** It is answered by other means. */
  readonly giveUp: (one: InFlightReview) => void;
  readonly refused: (failure: Failure) => void;
  /** Milliseconds that a connection may stay open before its first request. */
  readonly unusedTimeout: number;
}

/** From now on every error that Node finds in HTTP itself is answered with a `Status` body too. */
export const answerBrokenHttp = (
  server: Server,
  { requestOn, giveUp, refused, unusedTimeout }: BrokenHttpOptions,
): void => {
  const doomed = new WeakSet<Duplex>();
  const endWith = (socket: Duplex, failure: Failure, headers = ""): void => {
    const request = requestOn(socket as Socket);
    if (!socket.writable || request?.response.headersSent === true) return void socket.destroy();
    if (request !== undefined) giveUp(request);
    doomed.add(socket);
    refused(failure);
    // Half-closed first: destroyed at once, with bytes unread, the client might see a reset and no answer.
    socket.end(rawAnswer(failure, headers));
    setTimeout(() => socket.destroy(), lingering).unref();
  };
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (doomed.has(socket)) return;
    const failure = failureOf(error.code ?? "");
    if (failure === undefined) return void socket.destroy();
    // Go's client, and so the API server, opens connections ahead of need. Node counts their silence as slow headers;
    // cutting one may hit the very request that is just being sent on it, which is then refused under failurePolicy Fail.
    if (failure === failures.slow && isUnused(socket)) return void socket.setTimeout(unusedTimeout);
    endWith(socket, failure);
  });
  // Without these two Node would answer with an empty body, or just hang up.
  server.on("checkExpectation", (request: IncomingMessage) => endWith(request.socket, failures.expectation));
  server.on("connect", (_request, socket) => endWith(socket, failures.method, "Allow: POST\r\n"));
};

const lingering = 1000;

const failureOf = (code: string): Failure | undefined => {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return failures.slow;
  if (code === "HPE_HEADER_OVERFLOW") return failures.headersTooLarge;
  if (code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") return failures.tooLarge;
  if (code === "HPE_INVALID_EOF_STATE") return failures.cutOff;
  // The rest is about TLS or the connection, where nobody could read an answer.
  return code.startsWith("HPE_") ? brokenHttp(code) : undefined;
};

const rawAnswer = (failure: Failure, headers: string): string => {
  const body = failureBody(failure);
  return (
    `HTTP/1.1 ${failure.code} ${STATUS_CODES[failure.code] ?? ""}\r\n` +
    "Content-Type: application/json\r\n" +
    `Content-Length: ${Buffer.byteLength(body)}\r\n` +
    `${headers}Connection: close\r\n\r\n${body}`
  );
};

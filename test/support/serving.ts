/** A webhook on a port of its own, and a client that sends exactly the bytes it is told to. */
import { once } from "node:events";
import { connect } from "node:tls";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import type { PemPair } from "../../src/certificates/x509/pem.ts";
import type { Answer, AnswerReview, ReviewRecord } from "../../src/webhook/answer.ts";
import type { ClientCertificates } from "../../src/webhook/client-certificates.ts";
import { serveReviews } from "../../src/webhook/https-server.ts";
import type { ReviewServer } from "../../src/webhook/https-server.ts";
import type { ReviewLimits } from "../../src/webhook/limits.ts";
import { reviewPaths } from "../../src/webhook/paths.ts";
import type { Answers } from "../../src/webhook/paths.ts";
import { serverPair } from "./certificates.ts";

export const record: ReviewRecord = {
  uid: "u-1",
  kind: "pod",
  namespace: "shop",
  owner: "deployment/web",
  name: "web-",
  result: "injected",
  reasons: [],
  warnings: [],
  dryRun: false,
  complete: true,
};

export const echo: AnswerReview = async (body): Promise<Answer> => ({
  status: 200,
  body: `{"bytes":${body.length}}`,
  record,
});

/** The same answer on every path. */
export const everywhere = (answer: AnswerReview): Answers => ({
  inject: () => answer,
  rest: () => answer,
  mirror: () => answer,
  advise: () => answer,
  policy: () => answer,
});

export interface Serving {
  readonly server: ReviewServer;
  readonly pair: PemPair;
  readonly events: readonly string[];
  readonly stop: () => Promise<void>;
  /** The same, without waiting. */
  readonly abort: () => void;
  /** Ready it is from the start. */
  readonly setReady: (now: boolean) => void;
}

/** Starts one; a test stops it in `afterEach`. One answer is given on every path. */
export const serving = async (
  answer: AnswerReview | Answers = echo,
  limits: Partial<ReviewLimits> = {},
  clients?: ClientCertificates,
): Promise<Serving> => {
  let ready = true;
  const pair = await serverPair();
  const controller = new AbortController();
  const events: string[] = [];
  const server = await serveReviews(
    {
      address: { host: "127.0.0.1", port: 0 },
      pair,
      paths: reviewPaths(typeof answer === "function" ? everywhere(answer) : answer),
      ready: () => ready,
      events: {
        answered: (of, status) => events.push(`answered ${status} ${of?.uid ?? ""}`),
        refused: ({ code }) => events.push(`refused ${code}`),
        faulted: (error, _milliseconds, uid) => events.push(`faulted ${String(error)} ${uid ?? ""}`),
        late: (_milliseconds, uid) => events.push(`late ${uid ?? ""}`),
      },
      clients,
      limits: { grace: 0, drainStart: 0, drain: 100, tick: 5, ...limits },
    },
    controller.signal,
  );
  const abort = (): void => controller.abort();
  const setReady = (now: boolean): void => void (ready = now);
  return { server, pair, events, abort, setReady, stop: () => (abort(), server.stopped) };
};

/** A TLS connection that trusts the server's certificate. */
export const connected = async ({ server, pair }: Serving, options: ConnectionOptions = {}): Promise<TLSSocket> => {
  const socket = connect({ port: server.address.port, host: "127.0.0.1", ca: pair.certificate, ...options });
  socket.setEncoding("utf8");
  await once(socket, "secureConnect");
  return socket;
};

/** Reads one whole answer, with the date taken out, or what came until the connection closed. */
export const answerOn = (socket: TLSSocket): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = "";
    const done = (): void => {
      socket.off("data", more).off("close", done).off("error", reject);
      resolve(text.replace(/^Date: .*\r\n/m, ""));
    };
    const more = (chunk: string): void => {
      text += chunk;
      const [, length] = /^content-length: (\d+)\r$/im.exec(text) ?? [];
      const head = text.indexOf("\r\n\r\n");
      if (length !== undefined && head >= 0 && text.length >= head + 4 + Number(length)) done();
    };
    socket.on("data", more).on("close", done).on("error", reject);
  });

/** Sends the bytes on a connection of its own, and gives back the answer. */
export const exchange = async (on: Serving, bytes: string, { half = false } = {}): Promise<string> => {
  const socket = await connected(on);
  const answer = answerOn(socket);
  if (half) socket.end(bytes);
  else socket.write(bytes);
  const text = await answer;
  socket.destroy();
  return text;
};

/** A request for a review with this body. */
export const post = (body: string, target = "/", headers = "Content-Type: application/json\r\n"): string =>
  `POST ${target} HTTP/1.1\r\nHost: weft\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

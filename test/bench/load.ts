/** Load on a webhook: one review over and over on kept-alive TLS connections, one request under way on each. */
import { once } from "node:events";
import { setTimeout as after } from "node:timers/promises";
import { connect } from "node:tls";
import type { TLSSocket } from "node:tls";

export interface Load {
  readonly requests: number;
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export interface Place {
  readonly port: number;
  readonly path: string;
}

export interface LoadOptions extends Place {
  /** Sent in turns. */
  readonly reviews: readonly Buffer[];
  readonly connections: number;
  /** Ends after so long, or after so many requests. */
  readonly seconds?: number;
  readonly requests?: number;
  /** No faster than that; absent: as fast as it goes. */
  readonly perSecond?: number;
}

/** Rejects when an answer differs from the first one to the same review, so that a fast wrong answer counts for nothing. */
export async function load(options: LoadOptions): Promise<Load> {
  const { port, path, reviews, connections, seconds, requests, perSecond = Number.POSITIVE_INFINITY } = options;
  const exchanges = await answered({ port, path }, reviews);
  const sockets = await Promise.all(Array.from({ length: connections }, () => opened(port)));
  const latencies: number[] = [];
  const begun = performance.now();
  const until = seconds === undefined ? Number.POSITIVE_INFINITY : begun + seconds * 1000;
  let left = requests ?? Number.POSITIVE_INFINITY;
  let next = 0;
  await Promise.all(
    sockets.map(async (socket, index) => {
      const exchange = exchanger(socket, exchanges[0]?.expected.length);
      let due = begun + (index * 1000) / perSecond;
      while (left > 0 && performance.now() < until) {
        left -= 1;
        next = (next + 1) % exchanges.length;
        const { message, expected } = exchanges[next] as Exchange;
        if (due > performance.now()) await after(due - performance.now());
        due += (connections * 1000) / perSecond;
        const sent = performance.now();
        const body = await exchange(message);
        latencies.push(performance.now() - sent);
        if (!body.equals(expected)) throw new Error(`another answer than before: ${body.toString().slice(0, 200)}`);
      }
    }),
  );
  const took = (performance.now() - begun) / 1000;
  for (const socket of sockets) socket.destroy();
  const sorted = Float64Array.from(latencies).toSorted();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { requests: latencies.length, rate: latencies.length / took, p50: at(0.5), p99: at(0.99) };
}

interface Exchange {
  readonly message: Buffer;
  readonly expected: Buffer;
}

async function answered(place: Place, reviews: readonly Buffer[]): Promise<readonly Exchange[]> {
  const [first] = reviews;
  if (first === undefined) throw new Error("no reviews");
  await checkedAnswer(place, first);
  const socket = await opened(place.port);
  const exchange = exchanger(socket);
  const exchanges: Exchange[] = [];
  for (const review of reviews) {
    const message = requestBytes(review, place.path);
    exchanges.push({ message, expected: await exchange(message) });
  }
  socket.destroy();
  return exchanges;
}

/** The body of one answer, which must allow the pod with a patch that adds the proxy. */
export async function checkedAnswer({ port, path }: Place, review: Buffer): Promise<Buffer> {
  const socket = await opened(port);
  const body = await exchanger(socket)(requestBytes(review, path));
  socket.destroy();
  const { response } = JSON.parse(body.toString()) as { response?: { allowed?: boolean; patch?: string } };
  const patch = Buffer.from(response?.patch ?? "", "base64").toString();
  if (response?.allowed !== true || !patch.includes('"name":"linkerd-proxy"')) {
    throw new Error(`the answer does not inject: ${body.toString().slice(0, 300)}`);
  }
  return body;
}

async function opened(port: number): Promise<TLSSocket> {
  // What is measured is no certificate.
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  socket.setNoDelay(true);
  await once(socket, "secureConnect");
  return socket;
}

const requestBytes = (review: Buffer, path: string): Buffer =>
  Buffer.concat([
    Buffer.from(
      `POST ${path}?timeout=10s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
        `Accept: application/json\r\nContent-Length: ${review.length}\r\n\r\n`,
    ),
    review,
  ]);

/** Sends a request and gives the answer's body. Reads by content-length, as small clients do. */
function exchanger(socket: TLSSocket, expectedLength = 0): (message: Buffer) => Promise<Buffer> {
  let take: ((body: Buffer) => void) | undefined;
  let fail: ((error: Error) => void) | undefined;
  let chunks: Buffer[] = [];
  let size = 0;
  let needed = 0;
  let bodyAt = 0;
  const reset = (): void => {
    chunks = [];
    size = 0;
    needed = 0;
  };
  socket.on("data", (chunk) => {
    chunks.push(chunk);
    size += chunk.length;
    if (needed === 0 && size >= expectedLength) {
      const head = Buffer.concat(chunks);
      bodyAt = head.indexOf("\r\n\r\n") + 4;
      if (bodyAt < 4) return;
      const length = /content-length: (\d+)/i.exec(head.toString("latin1", 0, bodyAt))?.[1];
      needed = bodyAt + Number(length);
    }
    if (needed === 0 || size < needed) return;
    const body = Buffer.concat(chunks).subarray(bodyAt, needed);
    reset();
    take?.(body);
  });
  const ended = (): void => fail?.(new Error("the server closed the connection"));
  socket.on("error", ended);
  socket.on("close", ended);
  return (message) =>
    new Promise((resolve, reject) => {
      take = resolve;
      fail = reject;
      socket.write(message);
    });
}

/** The admin listener on plain HTTP: is it alive, is it ready and why not, and the metrics. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { guardConnections } from "./connection-guard.ts";
import type { ConnectionGuard } from "./connection-guard.ts";
import type { ConnectionBounds, CutReason } from "./connection-table.ts";
import { endPipeline } from "./pipeline.ts";
import { createServer } from "./node-http.ts";
import { listen } from "./address.ts";
import type { Address } from "./address.ts";

/** One named check. */
export interface Check {
  readonly name: string;
  readonly look: () => CheckState;
}
export interface CheckState {
  /** Not ready: no new requests should come here. */
  readonly fails: boolean;
  /** One line; for a check that holds too, such as "loaded 2026-01-01T00:00:00.000Z" or a broken file that is not in use. */
  readonly says: string;
}

export interface AdminServerOptions {
  readonly address: Address;
  /** As they are when somebody asks: parts that are still starting may add theirs. */
  readonly checks: () => readonly Check[];
  /** The metrics as text, with their content type. */
  readonly metrics: () => Promise<MetricsText>;
  /** Told of each connection that is closed for a bound. */
  readonly onCut?: (reason: CutReason) => void;
  readonly bounds?: ConnectionBounds;
}

interface MetricsText {
  readonly text: string;
  readonly contentType: string;
}

export interface AdminServer {
  readonly address: Address;
  readonly connections: ConnectionGuard;
  /** Closes at once: it is the last to go, and nobody waits for it. */
  readonly close: () => Promise<void>;
}

/**
 * A kubelet's probes and a scraper or two ask here: 10 KiB each. Whoever asks as they do is as known as they are, so of
 * one address there are never more than are kept for all who are known.
 */
export const adminBounds: ConnectionBounds = { open: 256, openOfOne: 64, reserved: 64, perSecond: 200, waiting: 128 };

/** Milliseconds. */
export const timeouts = { headersTimeout: 5000, requestTimeout: 5000, keepAliveTimeout: 10_000 };

/** Starts to listen. Rejects when the address cannot be had. */
export const serveAdmin = async (options: AdminServerOptions): Promise<AdminServer> => {
  const pages = pagesOf(options);
  const server = createServer({ ...timeouts, connectionsCheckingInterval: 1000 });
  const { bounds = adminBounds, onCut } = options;
  const connections = guardConnections(server, { bounds, onCut });
  const asking = new WeakSet<Socket>();
  server.on("request", (request, response) => {
    const { socket } = request;
    // One at a time: whoever sends many at once would have all of them answered before anybody else.
    if (socket.destroyed || asking.has(socket)) return endPipeline(socket);
    asking.add(socket);
    connections.mark(socket, "busy");
    response.once("close", () => asking.delete(socket));
    response.once("finish", () => {
      if (!isRefused(response)) connections.prove(socket);
    });
    // Who does not read the answer is not waited for, and gives way to others meanwhile.
    response.setTimeout(timeouts.requestTimeout, () => socket.destroy());
    void answerPage(pages, request, response).then(() => connections.mark(socket, "idle"));
  });
  const address = await listen(server, options.address);
  return {
    address,
    connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        connections.destroyAll();
      }),
  };
};

interface Page {
  readonly status: number;
  readonly text: string;
  readonly contentType?: string;
}
type MakePage = (verbose: boolean) => Page | Promise<Page>;
type Pages = ReadonlyMap<string, MakePage>;

// The aliases are Linkerd's paths, so that its probes work unchanged.
const pagesOf = ({ checks, metrics }: AdminServerOptions): Pages => {
  const alive = (): Page => ({ status: 200, text: "pong\n" });
  const ready = (verbose: boolean): Page => readiness(checks(), verbose);
  return new Map<string, MakePage>([
    ["/livez", alive],
    ["/ping", alive],
    ["/readyz", ready],
    ["/ready", ready],
    ["/metrics", shared(async () => ({ status: 200, ...(await metrics()) }))],
  ]);
};

/**
 * Whoever asks while the page is being made gets the same one, and so does who asks soon after: making it may take a
 * tenth of the processor's time, however many ask.
 */
function shared(make: () => Promise<Page>): MakePage {
  let made: Promise<Page> | undefined;
  const forget = (): void => {
    made = undefined;
  };
  return () => {
    if (made !== undefined) return made;
    const began = performance.now();
    const keep = (): void => void setTimeout(forget, 9 * (performance.now() - began)).unref();
    made = make();
    made.then(keep, forget);
    return made;
  };
}

// The lines are those of the API server's own /readyz?verbose.
const readiness = (checks: readonly Check[], verbose: boolean): Page => {
  const states = checks.map(({ name, look }) => ({ name, ...look() }));
  const failing = states.filter(({ fails }) => fails);
  const status = failing.length === 0 ? 200 : 503;
  if (!verbose && status === 200) return { status, text: "ok\n" };
  const lines = (verbose ? states : failing).map(({ name, fails, says }) => `[${fails ? "-" : "+"}]${name} ${says}`);
  return { status, text: [...lines, status === 200 ? "ok" : "not ready", ""].join("\n") };
};

const answerPage = async (pages: Pages, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { path, verbose } = asked(request.url ?? "");
  const page = pages.get(path);
  const { status, text, contentType = plain } = await pageFor(page, request.method ?? "", verbose).catch(faulty);
  response.writeHead(status, {
    "Content-Type": contentType,
    "Content-Length": Buffer.byteLength(text),
    ...(status === 405 ? { Allow: "GET, HEAD" } : {}),
  });
  // Node leaves the body of an answer to HEAD away.
  response.end(text);
};

const pageFor = async (page: MakePage | undefined, method: string, verbose: boolean): Promise<Page> => {
  if (page === undefined) return { status: 404, text: "not found\n" };
  if (method !== "GET" && method !== "HEAD") return { status: 405, text: "only GET and HEAD\n" };
  return page(verbose);
};

/** It asked for what is not here: no kubelet and no scraper does. */
const isRefused = ({ statusCode }: ServerResponse): boolean => statusCode >= 400 && statusCode < 500;

const faulty = (error: unknown): Page => ({ status: 500, text: `${String(error)}\n` });

const asked = (url: string): { readonly path: string; readonly verbose: boolean } => {
  const mark = url.indexOf("?");
  if (mark < 0) return { path: url, verbose: false };
  return { path: url.slice(0, mark), verbose: new URLSearchParams(url.slice(mark)).has("verbose") };
};

const plain = "text/plain; charset=utf-8";

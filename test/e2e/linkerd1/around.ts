/** What is around linkerd 1.x: the application, the API as `kubectl proxy` answers, and a wire that can be looked at. */
import { once } from "node:events";
import { createServer, request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { connect, createServer as createTcpServer } from "node:net";
import type { Server } from "node:net";

interface Listening {
  readonly stop: () => void;
}

async function listening(server: Server, port: number): Promise<Listening> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return { stop: () => void server.close() };
}

/** Answers what it is asked with the path, and a word. */
export function startApplication(port: number, word: string): Promise<Listening> {
  return listening(
    createServer((asked, answer) => answer.end(`${word} ${asked.url ?? ""}`)),
    port,
  );
}

/** Endpoints by the name of their Service, all in namespace `prod`. Watches stay silent. */
export function startApi(port: number, endpoints: Readonly<Record<string, number>>): Promise<Listening> {
  return listening(
    createServer((asked, answer) => {
      const [, isWatch, name = ""] =
        /^\/api\/v1\/(watch\/)?namespaces\/prod\/endpoints\/([a-z0-9-]+)/.exec(asked.url ?? "") ?? [];
      const found = endpoints[name];
      answer.setHeader("content-type", "application/json");
      if (isWatch !== undefined) {
        answer.writeHead(200).flushHeaders();
        return;
      }
      if (found === undefined)
        return void answer.writeHead(404).end(JSON.stringify({ kind: "Status", apiVersion: "v1", code: 404 }));
      const subsets = [{ addresses: [{ ip: "127.0.0.1" }], ports: [{ name: "router", port: found }] }];
      const metadata = { name, namespace: "prod", resourceVersion: "1" };
      answer.end(JSON.stringify({ kind: "Endpoints", apiVersion: "v1", metadata, subsets }));
    }),
    port,
  );
}

export interface Wire extends Listening {
  readonly connections: () => number;
  readonly bytes: () => string;
}

/** Passes everything on, and keeps what the caller said. `to`: undefined: nobody answers. */
export async function startWire(port: number, to: number | undefined): Promise<Wire> {
  let connections = 0;
  let bytes = "";
  const server = createTcpServer((socket) => {
    connections += 1;
    socket.on("data", (chunk) => (bytes += chunk.toString("latin1")));
    socket.on("error", () => undefined);
    if (to === undefined) return;
    const other = connect({ host: "127.0.0.1", port: to });
    other.on("error", () => socket.destroy());
    socket.pipe(other).pipe(socket);
  });
  return { ...(await listening(server, port)), connections: () => connections, bytes: () => bytes };
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** A request of the application's, by its own linkerd. */
export function asked(port: number, headers: Readonly<Record<string, string>>, path = "/"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, headers, agent: false }, (answer) => {
      let body = "";
      answer.on("data", (chunk: Buffer) => (body += chunk.toString()));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body, headers: answer.headers }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

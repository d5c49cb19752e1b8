/** An HTTPS server of a test's own, and kubeconfigs that lead to it. */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { PemPair } from "../../src/certificates/x509/pem.ts";
import { serverPair } from "./certificates.ts";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface Listening {
  /** Such as `https://127.0.0.1:40001`. */
  readonly url: string;
  /** PEM to trust. */
  readonly ca: string;
  /** For what is no request, such as WebSockets (`kubelet.ts`). */
  readonly server: Server;
  /** How many connections were made. */
  readonly connections: () => number;
  /** Closes all connections, open ones too. */
  readonly cut: () => void;
  readonly close: () => Promise<void>;
}

export async function listening(handle: Handler, pair?: PemPair): Promise<Listening> {
  const { certificate: cert, key } = pair ?? (await serverPair());
  let connections = 0;
  // Asks for a client's certificate and leaves it to the handler what to make of it.
  const server = createServer({ cert, key, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    void handle(request, response);
  });
  server.on("secureConnection", () => (connections += 1));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    ca: cert,
    server,
    connections: () => connections,
    cut: () => server.closeAllConnections(),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** A kubeconfig as kubectl writes it. `user` and `cluster`: further fields of theirs. */
export function kubeconfig(
  url: string,
  { user = {}, cluster = {}, name = "one" }: { user?: object; cluster?: object; name?: string },
): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster: { server: url, ...cluster } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
}

export const base64 = (text: string): string => Buffer.from(text).toString("base64");

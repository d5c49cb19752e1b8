/** API servers that prove who they are, by a certificate of a CA that weft was told of. */
import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ConnectionGuard } from "../net/connection-guard.ts";
import type { ReviewConnections } from "./lines.ts";

export interface ClientCertificates {
  /** PEM text of the CA. */
  readonly authority: string;
  /** Who shows none is not talked to. */
  readonly required: boolean;
  /** Common names that count; none: every name does. */
  readonly names: readonly string[];
}

/**
 * Whose connection is certified, from now on: no bound by address counts for it. Where certificates are asked for, they
 * alone prove anything: what API servers ask can be asked by anybody.
 */
export function certificates(
  server: Server,
  { exempt, prove }: Pick<ConnectionGuard, "exempt" | "prove">,
  clients: ClientCertificates | undefined,
): Pick<ReviewConnections, "isCertified" | "prove"> {
  if (clients === undefined) return { isCertified: () => false, prove };
  const certified = new WeakSet<Socket>();
  server.on("secureConnection", (socket) => {
    if (isCertified(socket, clients.names)) {
      certified.add(socket);
      prove(socket);
      exempt(socket);
    } else if (clients.required) socket.destroy();
  });
  return { isCertified: (socket) => certified.has(socket), prove: () => undefined };
}

function isCertified(socket: TLSSocket, names: readonly string[]): boolean {
  if (!socket.authorized) return false;
  if (names.length === 0) return true;
  const { CN: name } = socket.getPeerCertificate().subject;
  return typeof name === "string" && names.includes(name);
}

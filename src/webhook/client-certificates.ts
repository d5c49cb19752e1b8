/** API servers that prove who they are, by a certificate of a CA that weft was told of. */
import type { Server } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ConnectionGuard } from "../net/connection-guard.ts";

export interface ClientCertificates {
  /** PEM text of the CA. */
  readonly authority: string;
  /** Who shows none is not talked to. */
  readonly required: boolean;
  /** Common names that count; none: every name does. */
  readonly names: readonly string[];
}

/** Whose connection is certified, from now on: no bound by address counts for it. */
export function certificates(
  server: Server,
  { exempt, prove }: Pick<ConnectionGuard, "exempt" | "prove">,
  clients: ClientCertificates | undefined,
): (socket: Socket) => boolean {
  if (clients === undefined) return () => false;
  const certified = new WeakSet<Socket>();
  server.on("secureConnection", (socket) => {
    if (isCertified(socket, clients.names)) {
      certified.add(socket);
      prove(socket);
      exempt(socket);
    } else if (clients.required) socket.destroy();
  });
  return (socket) => certified.has(socket);
}

function isCertified(socket: TLSSocket, names: readonly string[]): boolean {
  if (!socket.authorized) return false;
  if (names.length === 0) return true;
  const { CN: name } = socket.getPeerCertificate().subject;
  return typeof name === "string" && names.includes(name);
}

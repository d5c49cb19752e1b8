/** The connections of a server, beyond what Node tells of them. */
import type { Server } from "node:https";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** Has TLS, but never sent a byte through it. */
export const isUnused = (socket: unknown): socket is TLSSocket => socket instanceof TLSSocket && socket.bytesRead === 0;

/**
 * All that are open, from now on, and since when (`performance.now()`); those below TLS too, where a handshake may be
 * under way that Node would wait for.
 */
export const openConnections = (server: Server): ReadonlyMap<Socket, number> => {
  const open = new Map<Socket, number>();
  const add = (socket: Socket): void => {
    open.set(socket, performance.now());
    socket.once("close", () => open.delete(socket));
  };
  server.on("connection", add).on("secureConnection", add);
  return open;
};

/**
 * Bounds for the connections of a server, whatever it speaks: a connection is counted before anything is read from it,
 * and reaches the server when there is room and time for it. The rules are those of `ConnectionTable`.
 */
import type { Server, Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { addressGroup } from "./address-group.ts";
import { ConnectionTable } from "./connection-table.ts";
import type { ConnectionBounds, ConnectionCounts, ConnectionState, CutReason } from "./connection-table.ts";
import { turnedAwayCounts } from "./turned-away.ts";
import type { TurnedAwayCounts } from "./turned-away.ts";

export interface ConnectionGuardOptions {
  readonly bounds: ConnectionBounds;
  /** Told of each connection that is closed for a bound. */
  readonly onCut?: ((reason: CutReason) => void) | undefined;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** Connections are named by their socket: the one that the server was given, or the TLS socket made of it. */
export interface ConnectionGuard {
  /** What it does now; `new` until somebody says so. */
  readonly mark: (socket: Socket, state: ConnectionState) => void;
  /** It proved itself, by a certificate or a request that was answered: its address is remembered. */
  readonly prove: (socket: Socket) => void;
  /** Whether its address is remembered. */
  readonly knows: (socket: Socket) => boolean;
  /** It has shown credentials for which no bound is meant. */
  readonly exempt: (socket: Socket) => void;
  readonly counts: () => ConnectionCounts;
  /** Connections that were closed for a bound. */
  readonly turnedAway: Pick<TurnedAwayCounts, "says">;
  /** Closes all, those too that wait. */
  readonly destroyAll: () => void;
}

/** Puts itself before the listeners that the server has for `connection`; call it once they are all there. */
export function guardConnections(server: Server, options: ConnectionGuardOptions): ConnectionGuard {
  const { bounds, onCut, now = () => performance.now() } = options;
  const listeners = server.listeners("connection") as ((socket: Socket) => void)[];
  server.removeAllListeners("connection");
  const open = new Set<Socket>();
  const below = tlsSockets(server, open);
  const turnedAway = turnedAwayCounts(now);
  const table = new ConnectionTable<Socket>(bounds, {
    take: (socket) => {
      for (const listener of listeners) listener.call(server, socket);
    },
    cut: (socket, reason) => {
      turnedAway.count(reason);
      socket.destroy();
      onCut?.(reason);
    },
  });
  let timer: NodeJS.Timeout | undefined;
  const serve = (): void => {
    clearTimeout(timer);
    const delay = table.serve(now());
    timer = delay === undefined ? undefined : setTimeout(serve, delay).unref();
  };
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    // While it waits nobody else listens, and a peer that resets would end the process.
    socket.on("error", ignored);
    socket.once("close", () => {
      open.delete(socket);
      table.left(socket);
    });
    table.arrived(socket, addressGroup(socket.remoteAddress));
    serve();
  });
  server.once("close", () => clearTimeout(timer));
  return {
    mark: (socket, state) => table.mark(below(socket), state),
    prove: (socket) => table.prove(below(socket)),
    knows: (socket) => table.knows(below(socket)),
    exempt: (socket) => table.exempt(below(socket)),
    counts: () => table.counts(),
    turnedAway,
    destroyAll: () => {
      for (const socket of open) socket.destroy();
    },
  };
}

const ignored = (): void => undefined;

/** The socket below a TLS socket; Node does not tell, but both have the same peer. */
function tlsSockets(server: Server, open: ReadonlySet<Socket>): (socket: Socket) => Socket {
  const byPeer = new Map<string, Socket>();
  const below = new WeakMap<Socket, Socket>();
  server.on("connection", (socket: Socket) => {
    const peer = peerOf(socket);
    byPeer.set(peer, socket);
    socket.once("close", () => {
      if (byPeer.get(peer) === socket) byPeer.delete(peer);
    });
  });
  return (socket) => {
    if (!(socket instanceof TLSSocket) || open.has(socket)) return socket;
    const known = below.get(socket) ?? byPeer.get(peerOf(socket)) ?? socket;
    below.set(socket, known);
    return known;
  };
}

const peerOf = ({ remoteAddress = "", remotePort = 0 }: Socket): string => `${remoteAddress} ${remotePort}`;

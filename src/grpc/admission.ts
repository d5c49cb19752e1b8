/** Connections are counted before anything is read from them: as a whole, and for each address that they come from. */
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import type { ListenerLimits } from "./limits.ts";

export interface AdmissionOptions {
  readonly limits: Pick<ListenerLimits, "connections" | "connectionsOfOne">;
  readonly onAdmitted: (socket: Socket) => void;
  readonly onTurnedAway: (code: TurnedAway) => void;
}

export type TurnedAway = "TOO_MANY_CONNECTIONS" | "TOO_MANY_CONNECTIONS_OF_ONE";

export interface Admission {
  /** Does not listen yet. */
  readonly server: Server;
  /** Cuts off who is there. */
  readonly destroyAll: () => void;
}

export function admission({ limits, onAdmitted, onTurnedAway }: AdmissionOptions): Admission {
  const open = new Map<string, Set<Socket>>();
  const server = createServer((socket) => {
    const { remoteAddress: from = "" } = socket;
    const ofOne = open.get(from) ?? new Set();
    if (ofOne.size >= limits.connectionsOfOne) {
      socket.destroy();
      return onTurnedAway("TOO_MANY_CONNECTIONS_OF_ONE");
    }
    open.set(from, ofOne.add(socket));
    socket.once("close", () => {
      ofOne.delete(socket);
      if (ofOne.size === 0) open.delete(from);
    });
    onAdmitted(socket);
  });
  server.maxConnections = limits.connections;
  server.on("drop", () => onTurnedAway("TOO_MANY_CONNECTIONS"));
  return {
    server,
    destroyAll: () => {
      for (const ofOne of open.values()) for (const socket of ofOne) socket.destroy();
    },
  };
}

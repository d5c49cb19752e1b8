/** An attacker's connections: many of them, from many addresses, and none that it waits for. */
import { connect as connectTcp } from "node:net";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import type { Certificate } from "../support/certificates.ts";

/** `index` in turn over so many addresses of this machine; none of a good caller's. */
export const addressOf = (index: number, of: number): string =>
  `127.1.${Math.floor((index % of) / 250)}.${((index % of) % 250) + 1}`;

/** That of the good callers. */
export const sameAddress = "127.0.0.1";

export interface Way {
  readonly port: number;
  readonly from?: string;
  readonly certificate?: Certificate | undefined;
  readonly options?: ConnectionOptions;
}

/** Both are destroyed where they could not be had, or not in time. */
export const tcp = ({ port, from = sameAddress }: Way): Promise<Socket> =>
  opened(connectTcp({ host: "127.0.0.1", port, localAddress: from }), "connect");

export const tls = ({ port, from = sameAddress, certificate, options = {} }: Way): Promise<TLSSocket> => {
  const asked: ConnectionOptions & { readonly localAddress: string } = {
    host: "127.0.0.1",
    port,
    localAddress: from,
    rejectUnauthorized: false,
    ...(certificate && { cert: certificate.chain, key: certificate.key }),
    ...options,
  };
  return opened(connectTls(asked), "secureConnect");
};

function opened<Of extends Socket>(socket: Of, event: "connect" | "secureConnect"): Promise<Of> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), 5000);
    const done = (): void => {
      clearTimeout(timer);
      resolve(socket);
    };
    socket.setMaxListeners(0).on("error", () => undefined);
    socket.once(event, done).once("close", done);
  });
}

/** Writes, and waits until it could be written, the connection is gone, or the time is over. */
export async function send(socket: Socket, bytes: Buffer | string, over: AbortSignal): Promise<boolean> {
  if (socket.destroyed || over.aborted) return false;
  if (socket.write(bytes)) return true;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      socket.off("drain", done).off("close", done);
      over.removeEventListener("abort", done);
      resolve();
    };
    socket.once("drain", done).once("close", done);
    over.addEventListener("abort", done);
  });
  return !socket.destroyed && !over.aborted;
}

export interface Held {
  /** Connections that were had. */
  readonly opened: number;
  /** That were not. */
  readonly refused: number;
  /** At the same time. */
  readonly most: number;
}

export interface Holding {
  readonly count: number;
  /** Under way at once. */
  readonly parallel?: number;
  /** Nothing is opened beyond that; twice as many as are to be held when absent. */
  readonly atMost?: number;
  readonly open: (index: number) => Promise<Socket>;
  /** What is done with each; the connection is closed by nobody but weft. */
  readonly use?: (socket: Socket, index: number) => void;
}

/** How long connections are held once all are there, in milliseconds. */
const holding = 2500;

/** Opens so many connections and holds them; where one is ended another comes. */
export async function hold(asked: Holding, over: AbortSignal): Promise<Held> {
  const { count, parallel = 64, atMost = 2 * count, open, use } = asked;
  const sockets = new Set<Socket>();
  let opened = 0;
  let refused = 0;
  let most = 0;
  let next = 0;
  let coming = 0;
  let until = Number.POSITIVE_INFINITY;
  const goesOn = (): boolean => !over.aborted && performance.now() < until;
  const comer = async (): Promise<void> => {
    while (goesOn() && next < atMost) {
      if (sockets.size + coming >= count) {
        until = Math.min(until, performance.now() + holding);
        await pause(20);
        continue;
      }
      const index = next;
      next += 1;
      coming += 1;
      const socket = await open(index);
      coming -= 1;
      if (socket.destroyed) {
        refused += 1;
        // As a program would that is turned away.
        await pause(5);
        continue;
      }
      opened += 1;
      sockets.add(socket);
      most = Math.max(most, sockets.size);
      socket.once("close", () => sockets.delete(socket)).resume();
      use?.(socket, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, count) }, comer));
  until = Math.min(until, performance.now() + holding);
  while (goesOn()) await pause(20);
  for (const socket of sockets) socket.destroy();
  return { opened, refused, most };
}

export const triedOf = ({ opened, refused }: Held): number => opened + refused;

export const heldWords = ({ opened, refused, most }: Held, what = "connections"): string =>
  `${opened} ${what} had, ${refused} refused, ${most} at once at most`;

/** Does something over and over, so many times at once, until the time is over; gives how often it was done. */
export async function repeatedly(
  parallel: number,
  over: AbortSignal,
  one: (index: number) => Promise<void>,
): Promise<number> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (!over.aborted) {
      const index = next;
      next += 1;
      await one(index);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return next;
}

/** What a caller does who has all that it wants: it stays a while. */
export const stay = (over: AbortSignal): Promise<void> =>
  pause(holding, undefined, { signal: over }).catch(() => undefined);

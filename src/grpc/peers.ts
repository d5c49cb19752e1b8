/**
 * Who is at the other end of each connection of a listener, and when what it does is too much: a connection is cut that
 * has no request in time, or sends more than its requests take.
 */
import type { TLSSocket } from "node:tls";
import { peerName } from "../core/identity/peer-name.ts";
import { addressGroup } from "../net/address-group.ts";
import type { ConnectionGuard } from "../net/connection-guard.ts";

export interface PeerLimits {
  /** Milliseconds for which a pod with a certificate stays away after its connection was cut. */
  readonly away: number;
  /** Milliseconds until the first request is there; undefined: a connection may be made for later. */
  readonly firstRequest?: number;
  /** Bytes beside those of requests: in all, and in a second. */
  readonly overhead: number;
  readonly overheadPerSecond: number;
  /** Streams that a client drops before they have ended: so many at once, so many in a second. */
  readonly resets: { readonly atOnce: number; readonly perSecond: number };
}

/** Why a connection was cut. */
export type PeerCut = "NO_REQUEST" | "FLOOD" | "TOO_SLOW" | "TOO_MANY_UNANSWERED" | "TOO_MANY_RESETS" | "TOO_SOON";

/** What of a connection those see who answer its calls. */
export interface Peer {
  /** Of its certificate; undefined: it has none of the mesh. */
  readonly identity: string | undefined;
  /** Who shares bounds: the same identity, or else an address (of IPv6 a /64). */
  readonly key: string;
  readonly address: string;
  /** It has a certificate, or something at its address was certified before. */
  readonly isKnown: () => boolean;
  /** Its address is known from now on. */
  readonly prove: () => void;
  /** Ends its connection, as it takes nothing. */
  readonly cutSlow: () => void;
}

export interface PeersOptions {
  readonly limits: PeerLimits;
  readonly guard: Pick<ConnectionGuard, "mark" | "prove" | "knows">;
  readonly onCut: (reason: PeerCut, identity: string | undefined) => void;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** Bytes of headers that are taken for a request's own. */
const headersOfRequest = 1024;

export class Peers {
  readonly #options: PeersOptions;
  readonly #open = new Set<Connection>();
  /** By caller. */
  readonly #backlogs = new Map<string, Backlog>();
  /** Pods whose connections were cut, and until when; in that order. */
  readonly #away = new Map<string, number>();

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Undefined: it was cut just now, and is closed. */
  add(socket: TLSSocket): Connection | undefined {
    const { limits, guard, onCut, now = () => performance.now() } = this.#options;
    const identity = peerIdentity(socket);
    const address = addressGroup(socket.remoteAddress);
    // Without a certificate it may be anybody behind an address, among them those who do no harm.
    const pod = identity === undefined ? undefined : JSON.stringify([identity, address]);
    if (pod !== undefined && (this.#away.get(pod) ?? -Infinity) > now()) {
      socket.destroy();
      onCut("TOO_SOON", identity);
      return undefined;
    }
    const onOwnCut = (reason: PeerCut): void => {
      onCut(reason, identity);
      if (pod === undefined) return;
      this.#away.delete(pod);
      this.#away.set(pod, now() + limits.away);
    };
    const key = identity ?? address;
    const backlog = this.#backlogs.get(key) ?? new Backlog();
    this.#backlogs.set(key, backlog);
    const connection = new Connection(socket, { identity, address, key, backlog }, limits, guard, onOwnCut, now);
    this.#open.add(connection);
    socket.once("close", () => {
      connection.closed();
      this.#open.delete(connection);
      if (backlog.isForgotten) this.#backlogs.delete(key);
    });
    return connection;
  }

  /** Cuts whoever does too much, or too little. */
  look(): void {
    for (const connection of this.#open) connection.look();
    const { now = () => performance.now() } = this.#options;
    for (const [pod, until] of this.#away) {
      if (until > now()) break;
      this.#away.delete(pod);
    }
  }
}

const manyWaiting = 64;
const fewWaiting = 16;

/**
 * What waits of one caller, on all of its connections. With many requests that wait nothing more is read of any of them:
 * what a socket has at once is hundreds of requests, which are taken apart before anybody else is looked at.
 */
class Backlog {
  readonly #sockets = new Set<TLSSocket>();
  #waiting = 0;
  #isPaused = false;

  get isPaused(): boolean {
    return this.#isPaused;
  }

  get isForgotten(): boolean {
    return this.#sockets.size === 0;
  }

  join(socket: TLSSocket): void {
    this.#sockets.add(socket);
  }

  leave(socket: TLSSocket): void {
    this.#sockets.delete(socket);
  }

  waits(requests: number, socket: TLSSocket): void {
    this.#waiting += requests;
    // One that came meanwhile is read until it has a request.
    if (this.#isPaused && requests > 0) pause(socket, true);
    if (this.#isPaused ? this.#waiting > fewWaiting : this.#waiting < manyWaiting) return;
    this.#isPaused = !this.#isPaused;
    for (const socket of this.#sockets) pause(socket, this.#isPaused);
  }
}

/** How often something was done lately: so many in a second are forgiven. */
class Lately {
  readonly #forgivenPerSecond: number;
  #count = 0;
  #last = 0;

  constructor(forgivenPerSecond: number) {
    this.#forgivenPerSecond = forgivenPerSecond;
  }

  /** Once more, at this time in milliseconds; how often by now. */
  add(now: number): number {
    this.#count = Math.max(0, this.#count - (this.#forgivenPerSecond * (now - this.#last)) / 1000) + 1;
    this.#last = now;
    return this.#count;
  }
}

interface Readable {
  readonly readStart: () => void;
  readonly readStop: () => void;
}

/** Node's HTTP/2 session reads from the handle itself, and lets nobody pause the socket. */
function pause(socket: TLSSocket, isPaused: boolean): void {
  const handle = Reflect.get(socket, "_handle") as Readable | null;
  if (isPaused) handle?.readStop();
  else handle?.readStart();
}

interface Caller extends Pick<Peer, "identity" | "address" | "key"> {
  readonly backlog: Backlog;
}

export class Connection implements Peer {
  readonly identity: string | undefined;
  readonly key: string;
  readonly address: string;
  readonly #socket: TLSSocket;
  readonly #limits: PeerLimits;
  readonly #guard: PeersOptions["guard"];
  readonly #onCut: (reason: PeerCut) => void;
  readonly #now: () => number;
  readonly #since: number;
  readonly #firstRequest: NodeJS.Timeout | undefined;
  /** Calls that are being answered. */
  readonly #calls = new Set<object>();
  /** Bytes that requests account for. */
  #ofRequests = 0;
  readonly #backlog: Backlog;
  readonly #resets: Lately;
  readonly #refusals = new Lately(1);

  constructor(
    socket: TLSSocket,
    { identity, address, key, backlog }: Caller,
    limits: PeerLimits,
    guard: PeersOptions["guard"],
    onCut: (reason: PeerCut) => void,
    now: () => number,
  ) {
    this.#socket = socket;
    this.#limits = limits;
    this.#guard = guard;
    this.#onCut = onCut;
    this.#now = now;
    this.#since = now();
    this.#resets = new Lately(limits.resets.perSecond);
    this.identity = identity;
    this.address = address;
    this.key = key;
    this.#backlog = backlog;
    backlog.join(socket);
    // With its certificate it shows that it was certified before.
    if (this.identity !== undefined) this.prove();
    const { firstRequest } = limits;
    if (firstRequest !== undefined) this.#firstRequest = setTimeout(() => this.cut("NO_REQUEST"), firstRequest).unref();
  }

  isKnown = (): boolean => this.identity !== undefined || this.#guard.knows(this.#socket);
  prove = (): void => this.#guard.prove(this.#socket);
  cutSlow = (): void => this.cut("TOO_SLOW");

  cut(reason: PeerCut): void {
    if (this.#socket.destroyed) return;
    this.#socket.destroy();
    this.#onCut(reason);
  }

  /** Requests that wait for their turn. */
  waits(requests: number): void {
    this.#backlog.waits(requests, this.#socket);
  }

  get isPaused(): boolean {
    return this.#backlog.isPaused;
  }

  /** A stream was dropped by the client. */
  reset(): void {
    if (this.#resets.add(this.#now()) > this.#limits.resets.atOnce) this.cut("TOO_MANY_RESETS");
  }

  /** A request was refused before it had a turn: how many were lately, one in a second forgiven. */
  turnedAway(): number {
    return this.#refusals.add(this.#now());
  }

  closed(): void {
    clearTimeout(this.#firstRequest);
    this.#backlog.leave(this.#socket);
  }

  /** A request has come as a whole. */
  requested(bytes: number): void {
    clearTimeout(this.#firstRequest);
    this.#ofRequests += bytes + headersOfRequest;
  }

  begin(call: object): void {
    this.#calls.add(call);
    this.#guard.mark(this.#socket, "busy");
  }

  /** It was answered, or is gone. */
  end(call: object): void {
    if (this.#calls.delete(call) && this.#calls.size === 0) this.#guard.mark(this.#socket, "idle");
  }

  look(): void {
    const { overhead, overheadPerSecond } = this.#limits;
    const allowed = overhead + (overheadPerSecond * (this.#now() - this.#since)) / 1000 + this.#ofRequests;
    if (this.#socket.bytesRead > allowed) this.cut("FLOOD");
  }
}

/** Who a peer proved to be; undefined: nobody of the mesh. */
export function peerIdentity(socket: TLSSocket): string | undefined {
  // Node gives null, whatever its types say, when the connection has ended.
  const certificate: { readonly subjectaltname?: string } | null = socket.authorized
    ? socket.getPeerCertificate()
    : null;
  return peerName(certificate?.subjectaltname ?? "");
}

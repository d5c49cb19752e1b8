/**
 * Who is at the other end of each connection of a listener, and when what it does is too much: a connection is cut that
 * has no request in time, or sends more than its requests take.
 */
import type { TLSSocket } from "node:tls";
import { peerName } from "../core/identity/peer-name.ts";
import { bucket } from "../async/rate.ts";
import type { Bucket, Rate } from "../async/rate.ts";
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
  /** Bytes of all connections that have come and wait for their turn. */
  readonly unread: number;
  /** Streams that a client drops before they have ended: so many at once, so many in a second. */
  readonly resets: Rate;
}

/** Why a connection was cut; `NO_REQUEST`: or it said nothing at all after its handshake. */
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

/** Requests of a connection that are refused before they have a turn. */
const refusals: Rate = { atOnce: 32, perSecond: 1 };

/** Bytes of headers that are taken for a request's own. */
const headersOfRequest = 1024;

export class Peers {
  readonly #options: PeersOptions;
  readonly #open = new Set<Connection>();
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
    const connection = new Connection(socket, { identity, address, key }, limits, guard, onOwnCut, now);
    this.#open.add(connection);
    socket.once("close", () => {
      connection.closed();
      this.#open.delete(connection);
    });
    return connection;
  }

  /** Cuts whoever has sent most, where all that waits is too much; forgets who may come back. */
  look(): void {
    const { limits, now = () => performance.now() } = this.#options;
    const callers = Map.groupBy(this.#open, ({ key }) => key);
    const unread = [...callers.values()].map((all) => ({ all, bytes: sum(all.map((each) => each.unread)) }));
    let left = sum(unread.map(({ bytes }) => bytes));
    for (const { all, bytes } of unread.toSorted((a, b) => b.bytes - a.bytes)) {
      if (left <= limits.unread) break;
      left -= bytes;
      for (const connection of all) connection.cut("FLOOD");
    }
    for (const [pod, until] of this.#away) {
      if (until > now()) break;
      this.#away.delete(pod);
    }
  }
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

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
  /** Bytes that were received, and those that requests account for. */
  #received = 0;
  #ofRequests = 0;
  readonly #resets: Bucket;
  readonly #refusals: Bucket;

  constructor(
    socket: TLSSocket,
    { identity, address, key }: Pick<Peer, "identity" | "address" | "key">,
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
    this.#resets = bucket(limits.resets, now);
    this.#refusals = bucket(refusals, now);
    this.identity = identity;
    this.address = address;
    this.key = key;
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

  /** A stream was dropped by the client. */
  reset(): void {
    if (!this.#resets.take()) this.cut("TOO_MANY_RESETS");
  }

  /** A request was refused before it had a turn, so its like are few: a proxy has none at all. */
  turnedAway(): void {
    if (!this.#refusals.take()) this.cut("FLOOD");
  }

  closed(): void {
    clearTimeout(this.#firstRequest);
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

  /** Bytes that have come and wait for their turn. */
  get unread(): number {
    return this.#socket.readableLength;
  }

  received(bytes: number): void {
    const { overhead, overheadPerSecond } = this.#limits;
    const allowed = overhead + (overheadPerSecond * (this.#now() - this.#since)) / 1000 + this.#ofRequests;
    this.#received += bytes;
    if (this.#received > allowed) this.cut("FLOOD");
  }
}

/** Who a peer proved to be; undefined: nobody of the mesh. */
function peerIdentity(socket: TLSSocket): string | undefined {
  // Node gives null, whatever its types say, when the connection has ended.
  const certificate: { readonly subjectaltname?: string } | null = socket.authorized
    ? socket.getPeerCertificate()
    : null;
  return peerName(certificate?.subjectaltname ?? "");
}

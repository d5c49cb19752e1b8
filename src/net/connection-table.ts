/**
 * Which connections are taken on, which wait, and which have to go: a table of all that are open, by address, without
 * sockets and without a clock.
 *
 * - Connections are counted in all and for each address. Where there is no room one is cut: of the address that holds
 *   most, the oldest that never had a request; else the one that has been idle for longest; never one that is busy.
 * - Whoever proved itself before (was certified, had a review answered) has its address remembered. Strangers neither
 *   cut its connections nor fill the room that is kept for such addresses. These in turn leave some room to strangers, or
 *   a few who are known could keep out everybody who is not yet; where they hold more, it is theirs that are cut.
 * - A handshake costs processor time: so many are taken on in a second, others wait, in turn by address; the remembered
 *   ones have a pace of their own, and go first. Until it has led to a request a connection counts as three, so that
 *   handshakes for nothing take a part of the processor alone; and its address waits behind those that owe no request.
 */
import { bucket } from "../async/rate.ts";
import type { Bucket } from "../async/rate.ts";
import { Recent } from "../core/base/memory/recent.ts";

export interface ConnectionBounds {
  /** Open at once. */
  readonly open: number;
  /** Of these, of one address (an IPv6 /64). */
  readonly openOfOne: number;
  /** Of these, kept for addresses that are remembered. */
  readonly reserved: number;
  /** Taken on in a second, of addresses that are remembered, and of others; a third of it while none has a request. */
  readonly perSecond: number;
  /** Waiting to be taken on. */
  readonly waiting: number;
}

/** `new`: no request yet; `idle`: between two requests; `busy`: with a request, or not to be cut. */
export type ConnectionState = "new" | "idle" | "busy";

/** Why a connection was closed. */
export type CutReason =
  /** There are too many in all. */
  | "TOO_MANY_CONNECTIONS"
  /** There are too many of its address. */
  | "TOO_MANY_CONNECTIONS_OF_ONE"
  /** Too many come at once. */
  | "TOO_MANY_AT_ONCE";

export interface ConnectionTableEffects<Connection> {
  /** It is served from now on. */
  readonly take: (connection: Connection) => void;
  /** It is to be closed. Whoever does so says `left` when it is closed, or not: it is forgotten already. */
  readonly cut: (connection: Connection, reason: CutReason) => void;
}

export interface ConnectionCounts {
  readonly open: number;
  readonly waiting: number;
  /** Addresses that are remembered. */
  readonly known: number;
}

/** This part of all connections is left to addresses that are not remembered. */
export const forStrangers = 1 / 16;

/** Addresses remembered at once; the one that was proved longest ago goes first. */
const mostKnown = 16_384;

/** As how many a connection counts that has had no request yet. */
export const withoutRequest = 3;

/** Milliseconds for which an address that had a connection for nothing waits behind others. */
const owingFor = 60_000;

export class ConnectionTable<Connection> {
  readonly #bounds: ConnectionBounds;
  readonly #effects: ConnectionTableEffects<Connection>;
  readonly #entries = new Map<Connection, Entry<Connection>>();
  readonly #addresses = new Map<string, Address<Connection>>();
  readonly #known = new Recent<true>(mostKnown);
  /** Addresses that were taken on and have had no request since. */
  readonly #owing = new Recent<true>(mostKnown);
  readonly #lanes: { readonly known: Lane<Connection>; readonly others: Lane<Connection> };
  #now = 0;
  #open = 0;
  /** Of these, of addresses that are not remembered. */
  #openOfStrangers = 0;
  #waiting = 0;

  constructor(bounds: ConnectionBounds, effects: ConnectionTableEffects<Connection>) {
    this.#bounds = bounds;
    this.#effects = effects;
    const { perSecond } = bounds;
    // A fiftieth of a second's at once: the process looks at other sockets between them.
    const pace = { perSecond, atOnce: Math.max(withoutRequest, perSecond / 50) };
    const lane = (): Lane<Connection> => ({
      pace: bucket(pace, () => this.#now),
      settled: new Set(),
      owing: new Set(),
    });
    this.#lanes = { known: lane(), others: lane() };
  }

  counts(): ConnectionCounts {
    return { open: this.#open, waiting: this.#waiting, known: this.#known.size };
  }

  /** A connection was made; `now` in milliseconds. Serve the table next. */
  arrived(connection: Connection, name: string): void {
    const address = this.#address(name);
    const entry: Entry<Connection> = { connection, address, state: "waiting" };
    this.#entries.set(connection, entry);
    address.waiting.add(entry);
    if (address.waiting.size === 1) this.#queue(address);
    this.#waiting += 1;
    if (this.#waiting > this.#bounds.waiting) this.#cutWaiting();
  }

  /** Takes on whoever waits and may; milliseconds until it is to be called again, undefined when nobody waits. */
  serve(now: number): number | undefined {
    this.#now = now;
    const { known, others } = this.#lanes;
    const delays = [this.#serve(known), this.#serve(others)].filter((delay) => delay !== undefined);
    return delays.length === 0 ? undefined : Math.max(1, Math.min(...delays));
  }

  /** It is closed. */
  left(connection: Connection): void {
    const entry = this.#entries.get(connection);
    if (entry !== undefined) this.#forget(entry);
  }

  mark(connection: Connection, state: ConnectionState): void {
    const entry = this.#entries.get(connection);
    if (entry === undefined || entry.state === "waiting" || entry.state === "exempt") return;
    if (entry.state === "new") this.#requested(entry);
    entry.address[entry.state].delete(entry);
    entry.state = state;
    // Added anew, so that the one that has been idle for longest comes first.
    entry.address[state].add(entry);
  }

  /** Its address is remembered. */
  prove(connection: Connection): void {
    const entry = this.#entries.get(connection);
    if (entry === undefined) return;
    const { address } = entry;
    if (!address.known) {
      address.known = true;
      this.#openOfStrangers -= openOf(address);
      this.#queue(address);
    }
    const forgotten = this.#known.set(address.name, true);
    if (forgotten !== undefined) this.#unknow(forgotten);
  }

  /** Whether its address is remembered. */
  knows(connection: Connection): boolean {
    return this.#entries.get(connection)?.address.known === true;
  }

  /** It counts no more, neither in all nor for its address, and is never cut. */
  exempt(connection: Connection): void {
    const entry = this.#entries.get(connection);
    if (entry === undefined || entry.state === "waiting" || entry.state === "exempt") return;
    if (entry.state === "new") this.#requested(entry);
    this.#uncount(entry);
    entry.state = "exempt";
  }

  #address(name: string): Address<Connection> {
    const there = this.#addresses.get(name);
    if (there !== undefined) return there;
    const known = this.#known.peek(name) !== undefined;
    const made: Address<Connection> = {
      name,
      known,
      waiting: new Set(),
      new: new Set(),
      idle: new Set(),
      busy: new Set(),
    };
    this.#addresses.set(name, made);
    return made;
  }

  #unknow(name: string): void {
    const address = this.#addresses.get(name);
    if (address?.known !== true) return;
    address.known = false;
    this.#openOfStrangers += openOf(address);
    this.#queue(address);
  }

  /** To the end of where it has to wait, if it does. */
  #queue(address: Address<Connection>): void {
    const { known, others } = this.#lanes;
    for (const { settled, owing } of [known, others]) {
      settled.delete(address);
      owing.delete(address);
    }
    if (address.waiting.size === 0) return;
    const lane = address.known ? known : others;
    const owes = this.#owing.get(address.name, this.#now) !== undefined;
    (owes ? lane.owing : lane.settled).add(address);
  }

  /** Milliseconds until the next of them may be taken on; undefined: nobody waits. */
  #serve({ pace, settled, owing }: Lane<Connection>): number | undefined {
    for (;;) {
      const [entry] = (first(settled) ?? first(owing))?.waiting ?? [];
      if (entry === undefined) return undefined;
      if (!pace.take(withoutRequest)) return pace.wait(withoutRequest);
      this.#take(entry, pace);
    }
  }

  #take(entry: Entry<Connection>, pace: Bucket): void {
    const { address, connection } = entry;
    address.waiting.delete(entry);
    this.#waiting -= 1;
    entry.state = "new";
    const reason = this.#makeRoom(address);
    if (reason !== undefined) {
      pace.giveBack(withoutRequest);
      this.#entries.delete(connection);
      this.#queue(address);
      this.#forgetAddress(address);
      return this.#effects.cut(connection, reason);
    }
    entry.pace = pace;
    this.#owing.set(address.name, true, this.#now + owingFor);
    this.#queue(address);
    // The one that gave way may have been the last of this very address.
    this.#addresses.set(address.name, address);
    address.new.add(entry);
    this.#open += 1;
    if (!address.known) this.#openOfStrangers += 1;
    this.#effects.take(connection);
  }

  /** Its handshake was for something. */
  #requested({ address, pace }: Entry<Connection>): void {
    pace?.giveBack(withoutRequest - 1);
    if (!this.#owing.delete(address.name)) return;
    if (address.waiting.size > 0) this.#queue(address);
  }

  /** Undefined: there is room, or has been made. */
  #makeRoom(address: Address<Connection>): CutReason | undefined {
    const { open, openOfOne, reserved } = this.#bounds;
    if (openOf(address) >= openOfOne) {
      if (!this.#cutOne(address, "TOO_MANY_CONNECTIONS_OF_ONE")) return "TOO_MANY_CONNECTIONS_OF_ONE";
    }
    const ofKnown = this.#open - this.#openOfStrangers;
    const mostOfKnown = open - Math.floor(open * forStrangers);
    const isFullForIt = address.known ? ofKnown >= mostOfKnown : this.#openOfStrangers >= open - reserved;
    if (this.#open < open && !isFullForIt) return undefined;
    const victim = address.known
      ? ((ofKnown < mostOfKnown ? this.#largest(false) : undefined) ?? this.#largest(true))
      : ((ofKnown > mostOfKnown ? this.#largest(true) : undefined) ?? this.#largest(false));
    return victim !== undefined && this.#cutOne(victim, "TOO_MANY_CONNECTIONS") ? undefined : "TOO_MANY_CONNECTIONS";
  }

  /** The address with most connections that may be cut. */
  #largest(known: boolean): Address<Connection> | undefined {
    let largest: Address<Connection> | undefined;
    let most = 0;
    for (const address of this.#addresses.values()) {
      if (address.known !== known) continue;
      const count = address.new.size + address.idle.size;
      if (count <= most) continue;
      most = count;
      largest = address;
    }
    return largest;
  }

  #cutOne(address: Address<Connection>, reason: CutReason): boolean {
    const victim = first(address.new) ?? first(address.idle);
    if (victim === undefined) return false;
    this.#forget(victim);
    this.#effects.cut(victim.connection, reason);
    return true;
  }

  /** The last that came of the address of which most wait; of strangers, if any of them wait. */
  #cutWaiting(): void {
    let largest: Address<Connection> | undefined;
    for (const address of this.#addresses.values()) {
      if (address.waiting.size === 0) continue;
      const isWorse =
        largest === undefined ||
        (address.known === largest.known ? address.waiting.size > largest.waiting.size : !address.known);
      if (isWorse) largest = address;
    }
    const victim = largest === undefined ? undefined : last(largest.waiting);
    if (victim === undefined) return;
    this.#forget(victim);
    this.#effects.cut(victim.connection, "TOO_MANY_AT_ONCE");
  }

  #forget(entry: Entry<Connection>): void {
    const { address, connection } = entry;
    this.#entries.delete(connection);
    if (entry.state === "waiting") {
      address.waiting.delete(entry);
      this.#waiting -= 1;
      if (address.waiting.size === 0) this.#queue(address);
    } else if (entry.state !== "exempt") this.#uncount(entry);
    this.#forgetAddress(address);
  }

  #uncount(entry: Entry<Connection>): void {
    const { address, state } = entry;
    if (state === "waiting" || state === "exempt") return;
    address[state].delete(entry);
    this.#open -= 1;
    if (!address.known) this.#openOfStrangers -= 1;
  }

  #forgetAddress(address: Address<Connection>): void {
    // Another may have its name by now: what is exempt outlives its address.
    const isThere = this.#addresses.get(address.name) === address;
    if (isThere && openOf(address) + address.waiting.size === 0) this.#addresses.delete(address.name);
  }
}

interface Entry<Connection> {
  readonly connection: Connection;
  readonly address: Address<Connection>;
  state: ConnectionState | "waiting" | "exempt";
  /** Once it is taken on: that of which it has taken. */
  pace?: Bucket;
}

/** Who is taken on at one pace: addresses with connections that wait, in turn, those that owe a request behind others. */
interface Lane<Connection> {
  readonly pace: Bucket;
  readonly settled: Set<Address<Connection>>;
  readonly owing: Set<Address<Connection>>;
}

/** Each set in the order in which a connection came to that state. */
interface Address<Connection> {
  readonly name: string;
  known: boolean;
  readonly waiting: Set<Entry<Connection>>;
  readonly new: Set<Entry<Connection>>;
  readonly idle: Set<Entry<Connection>>;
  readonly busy: Set<Entry<Connection>>;
}

const openOf = (address: Address<unknown>): number => address.new.size + address.idle.size + address.busy.size;

const first = <Value>(values: ReadonlySet<Value>): Value | undefined => values.values().next().value;

function last<Value>(values: ReadonlySet<Value>): Value | undefined {
  let found: Value | undefined;
  for (const value of values) found = value;
  return found;
}

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
 *   ones have a pace of their own, and go first. A stranger's connection that goes without a request slows down
 *   strangers, so that handshakes for nothing take a part of the processor alone.
 */
export interface ConnectionBounds {
  /** Open at once. */
  readonly open: number;
  /** Of these, of one address (an IPv6 /64). */
  readonly openOfOne: number;
  /** Of these, kept for addresses that are remembered. */
  readonly reserved: number;
  /** Taken on in a second, of addresses that are remembered, and of others. */
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
const forStrangers = 1 / 16;

/** Addresses remembered at once; the one that was proved longest ago goes first. */
const mostKnown = 16_384;

export class ConnectionTable<Connection> {
  readonly #bounds: ConnectionBounds;
  readonly #effects: ConnectionTableEffects<Connection>;
  readonly #entries = new Map<Connection, Entry<Connection>>();
  readonly #addresses = new Map<string, Address<Connection>>();
  readonly #known = new Set<string>();
  readonly #paceOfKnown: Pace;
  readonly #paceOfStrangers: Pace;
  #open = 0;
  /** Of these, of addresses that are not remembered. */
  #openOfStrangers = 0;
  #waiting = 0;

  constructor(bounds: ConnectionBounds, effects: ConnectionTableEffects<Connection>) {
    this.#bounds = bounds;
    this.#effects = effects;
    this.#paceOfKnown = new Pace(bounds.perSecond);
    this.#paceOfStrangers = new Pace(bounds.perSecond);
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
    this.#waiting += 1;
    if (this.#waiting > this.#bounds.waiting) this.#cutWaiting();
  }

  /** Takes on whoever waits and may; milliseconds until it is to be called again, undefined when nobody waits. */
  serve(now: number): number | undefined {
    const [known, strangers] = [this.#paceOfKnown, this.#paceOfStrangers];
    while (this.#waiting > 0) {
      const [delayOfKnown, delayOfStrangers] = [known.delay(now), strangers.delay(now)];
      const next = this.#next(delayOfKnown <= 0, delayOfStrangers <= 0);
      // Whoever waits is of one kind or the other.
      if (next === undefined)
        return Math.max(1, Math.min(...[delayOfKnown, delayOfStrangers].filter((delay) => delay > 0)));
      (next.address.known ? known : strangers).spend();
      this.#take(next);
    }
    return undefined;
  }

  /** It is closed. */
  left(connection: Connection): void {
    const entry = this.#entries.get(connection);
    if (entry !== undefined) this.#forget(entry);
  }

  mark(connection: Connection, state: ConnectionState): void {
    const entry = this.#entries.get(connection);
    if (entry === undefined || entry.state === "waiting" || entry.state === "exempt") return;
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
    if (!address.known) this.#openOfStrangers -= openOf(address);
    address.known = true;
    this.#known.delete(address.name);
    this.#known.add(address.name);
    const [oldest] = this.#known.size > mostKnown ? this.#known : [];
    if (oldest !== undefined) this.#unknow(oldest);
  }

  /** Whether its address is remembered. */
  knows(connection: Connection): boolean {
    return this.#entries.get(connection)?.address.known === true;
  }

  /** It counts no more, neither in all nor for its address, and is never cut. */
  exempt(connection: Connection): void {
    const entry = this.#entries.get(connection);
    if (entry === undefined || entry.state === "waiting" || entry.state === "exempt") return;
    this.#uncount(entry);
    entry.state = "exempt";
  }

  #address(name: string): Address<Connection> {
    const there = this.#addresses.get(name);
    if (there !== undefined) return there;
    const known = this.#known.has(name);
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
    this.#known.delete(name);
    const address = this.#addresses.get(name);
    if (address?.known !== true) return;
    address.known = false;
    this.#openOfStrangers += openOf(address);
  }

  /** In turn by address: one that had its turn goes to the end. */
  #next(mayKnown: boolean, mayStrangers: boolean): Entry<Connection> | undefined {
    let found: Address<Connection> | undefined;
    for (const address of this.#addresses.values()) {
      if (address.waiting.size === 0 || !(address.known ? mayKnown : mayStrangers)) continue;
      found ??= address;
      if (!address.known) continue;
      found = address;
      break;
    }
    if (found === undefined) return undefined;
    this.#addresses.delete(found.name);
    this.#addresses.set(found.name, found);
    return first(found.waiting);
  }

  #take(entry: Entry<Connection>): void {
    const { address, connection } = entry;
    address.waiting.delete(entry);
    this.#waiting -= 1;
    entry.state = "new";
    const reason = this.#makeRoom(address);
    if (reason !== undefined) {
      this.#entries.delete(connection);
      this.#forgetAddress(address);
      return this.#effects.cut(connection, reason);
    }
    // The one that gave way may have been the last of this very address.
    this.#addresses.set(address.name, address);
    address.new.add(entry);
    this.#open += 1;
    if (!address.known) this.#openOfStrangers += 1;
    this.#effects.take(connection);
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
    } else if (entry.state !== "exempt") {
      if (entry.state === "new" && !address.known) this.#paceOfStrangers.waste();
      this.#uncount(entry);
    }
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

/** So many in a second, and a fiftieth of them at once: the process looks at other sockets between them. */
class Pace {
  readonly #perSecond: number;
  readonly #burst: number;
  #left: number;
  #last: number | undefined;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#burst = Math.max(1, perSecond / 50);
    this.#left = this.#burst;
  }

  /** Milliseconds until there is one more. */
  delay(now: number): number {
    const elapsed = now - (this.#last ?? now);
    this.#last = now;
    this.#left = Math.min(this.#burst, this.#left + (Math.max(0, elapsed) * this.#perSecond) / 1000);
    return this.#left >= 1 ? 0 : Math.ceil(((1 - this.#left) * 1000) / this.#perSecond);
  }

  spend(): void {
    this.#left -= 1;
  }

  /** One was for nothing: it counts as three, for a second's worth at most. */
  waste(): void {
    this.#left = Math.max(-this.#perSecond, this.#left - 2);
  }
}

/**
 * Bytes that are on their way to readers. gRPC copies each message for each reader, and holds it until the reader has
 * taken it: so many bytes at once, of one caller a part of them, and whoever comes then waits for its turn. A reader that
 * takes nothing for a while is cut off when others wait for its place: of whoever holds most first, and no more of them
 * than the others need.
 */
export interface OutboxLimits {
  readonly bytes: number;
  readonly bytesOfOne: number;
  /** Milliseconds in which a reader takes a message, where others wait. */
  readonly stall: number;
}

export interface Message {
  /** Who shares a part: the caller's identity. */
  readonly key: string;
  /** About so many, until it is known how many. */
  bytes: number;
  /** Its turn has come. */
  readonly go: () => void;
  /** Its reader is too slow. */
  readonly cut: () => void;
}

export class Outbox {
  readonly #limits: OutboxLimits;
  readonly #now: () => number;
  /** In the order in which they went. */
  readonly #inFlight = new Map<Message, number>();
  readonly #waiting = new Map<string, Set<Message>>();
  readonly #bytesOf = new Map<string, number>();
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: OutboxLimits, now: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#now = now;
  }

  get bytes(): number {
    return this.#bytes;
  }

  send(message: Message): void {
    const queue = this.#waiting.get(message.key);
    if (queue === undefined && this.#hasRoom(message)) return this.#go(message);
    this.#waiting.set(message.key, (queue ?? new Set()).add(message));
    this.#timer ??= setInterval(() => this.look(), this.#limits.stall / 4).unref();
  }

  /** It is not wanted any more; nothing happens when it went already. */
  withdraw(message: Message): void {
    const queue = this.#waiting.get(message.key);
    if (queue?.delete(message) === true && queue.size === 0) this.#waiting.delete(message.key);
  }

  /** It goes, and has so many bytes. */
  weighed(message: Message, bytes: number): void {
    const more = bytes - message.bytes;
    if (more === 0 || !this.#inFlight.has(message)) return;
    this.#count(message, more);
    message.bytes = bytes;
    if (more < 0) this.#serve();
  }

  /** Its reader has taken it, or is gone. */
  done(message: Message): void {
    this.withdraw(message);
    if (!this.#inFlight.delete(message)) return;
    this.#count(message, -message.bytes);
    this.#serve();
  }

  /** Cuts off who is too slow, for those who wait. */
  look(): void {
    if (this.#waiting.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    for (const message of this.#inTheWay()) message.cut();
  }

  /** Slow readers, as many as have what the others wait for. What of a caller's own share is lacking only it can give. */
  #inTheWay(): readonly Message[] {
    const { bytes: most, bytesOfOne } = this.#limits;
    const slow = this.#slow();
    const found: Message[] = [];
    const give = (key: string, lacking: number): number => {
      let given = 0;
      while (given < lacking) {
        const message = slow.get(key)?.next().value;
        if (message === undefined) break;
        found.push(message);
        given += message.bytes;
      }
      return given;
    };
    let lacking = this.#bytes - most;
    for (const [key, queue] of this.#waiting) {
      const [first] = queue;
      const wanted = sum(queue);
      const mine = this.#bytesOf.get(key) ?? 0;
      const given = give(key, mine + wanted - bytesOfOne);
      lacking += Math.min(wanted, Math.max(bytesOfOne - mine + given, first?.bytes ?? 0)) - given;
    }
    for (const key of slow.keys()) lacking -= give(key, lacking);
    return found;
  }

  /** By caller, whoever holds most first; of each the ones that went first. */
  #slow(): ReadonlyMap<string, Iterator<Message, undefined>> {
    const before = this.#now() - this.#limits.stall;
    const slow = new Map<string, Message[]>();
    for (const [message, since] of this.#inFlight) {
      if (since > before) break;
      const of = slow.get(message.key);
      if (of === undefined) slow.set(message.key, [message]);
      else of.push(message);
    }
    const held = ([key]: readonly [string, unknown]): number => this.#bytesOf.get(key) ?? 0;
    const sorted = [...slow].toSorted((a, b) => held(b) - held(a));
    return new Map(sorted.map(([key, messages]) => [key, messages.values()]));
  }

  #serve(): void {
    for (const [key, queue] of this.#waiting) {
      if (this.#bytes >= this.#limits.bytes) return;
      const [message] = queue;
      if (message === undefined || !this.#hasRoom(message)) continue;
      queue.delete(message);
      this.#waiting.delete(key);
      if (queue.size > 0) this.#waiting.set(key, queue);
      this.#go(message);
    }
  }

  /** A message that is larger than all the room goes alone. */
  #hasRoom({ key, bytes }: Message): boolean {
    const mine = this.#bytesOf.get(key) ?? 0;
    const { bytes: most, bytesOfOne } = this.#limits;
    return (this.#bytes === 0 || this.#bytes + bytes <= most) && (mine === 0 || mine + bytes <= bytesOfOne);
  }

  #go(message: Message): void {
    this.#inFlight.set(message, this.#now());
    this.#count(message, message.bytes);
    message.go();
  }

  #count({ key }: Message, bytes: number): void {
    this.#bytes += bytes;
    const mine = (this.#bytesOf.get(key) ?? 0) + bytes;
    if (mine === 0) this.#bytesOf.delete(key);
    else this.#bytesOf.set(key, mine);
  }
}

const sum = (messages: Iterable<Message>): number => {
  let bytes = 0;
  for (const message of messages) bytes += message.bytes;
  return bytes;
};

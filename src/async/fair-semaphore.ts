/**
 * So many at once, and so many waiting for their turn, of callers that do not all wish each other well: turns go round by
 * caller, three of four to callers that are known, where any of them wait; strangers never take all places at once; and
 * where too many wait, the last of the caller with most of them is turned away, a stranger before a known one.
 */
export interface FairSemaphoreLimits {
  readonly most: number;
  /** Of these, for strangers. */
  readonly mostOfStrangers: number;
  readonly mostWaiting: number;
}

export interface FairCaller {
  /** Who has turns together, such as an address. */
  readonly key: string;
  readonly isKnown: boolean;
}

type Turn = (isMine: boolean) => void;
type Queues = Map<string, Set<Turn>>;

export class FairSemaphore {
  readonly #limits: FairSemaphoreLimits;
  readonly #known: Queues = new Map();
  readonly #strangers: Queues = new Map();
  #inFlight = 0;
  /** Of these, of strangers. */
  #ofStrangers = 0;
  #waiting = 0;
  #turns = 0;

  constructor(limits: FairSemaphoreLimits) {
    this.#limits = limits;
  }

  /** Runs when it is its turn; `undefined`: turned away. Who gave up meanwhile is passed over, also with `undefined`. */
  async run<Value>(
    caller: FairCaller,
    work: () => Promise<Value>,
    gaveUp: () => boolean = () => false,
  ): Promise<Value | undefined> {
    const { isKnown } = caller;
    if (this.#hasRoom(isKnown)) this.#start(isKnown);
    else if (!(await this.#turnOf(caller))) return undefined;
    try {
      return gaveUp() ? undefined : await work();
    } finally {
      this.#inFlight -= 1;
      if (!isKnown) this.#ofStrangers -= 1;
      this.#next();
    }
  }

  #hasRoom(isKnown: boolean): boolean {
    const { most, mostOfStrangers } = this.#limits;
    return this.#inFlight < most && (isKnown || this.#ofStrangers < mostOfStrangers);
  }

  #start(isKnown: boolean): void {
    this.#inFlight += 1;
    if (!isKnown) this.#ofStrangers += 1;
  }

  #turnOf({ key, isKnown }: FairCaller): Promise<boolean> {
    const queues = isKnown ? this.#known : this.#strangers;
    return new Promise((resolve) => {
      queues.set(key, (queues.get(key) ?? new Set<Turn>()).add(resolve));
      this.#waiting += 1;
      if (this.#waiting > this.#limits.mostWaiting) this.#turnAwayOne();
    });
  }

  /** One has ended, so there is room for one. */
  #next(): void {
    const strangers = this.#hasRoom(false) ? this.#strangers : nobody;
    const [first, second] = this.#turns % 4 === 3 ? [strangers, this.#known] : [this.#known, strangers];
    const queues = first.size > 0 ? first : second;
    const turn = taken(queues);
    if (turn === undefined) return;
    this.#waiting -= 1;
    this.#turns += 1;
    this.#start(queues === this.#known);
    turn(true);
  }

  #turnAwayOne(): void {
    const queues = this.#strangers.size > 0 ? this.#strangers : this.#known;
    let [name, largest]: [string, ReadonlySet<Turn>] = ["", new Set()];
    for (const [key, queue] of queues) if (queue.size > largest.size) [name, largest] = [key, queue];
    const turn = [...largest].at(-1);
    if (turn === undefined) return;
    withdraw(queues, name, turn);
    this.#waiting -= 1;
    turn(false);
  }
}

const nobody: Queues = new Map();

/** The first of the caller whose turn it is, who goes to the end. */
function taken(queues: Queues): Turn | undefined {
  const [entry] = queues;
  if (entry === undefined) return undefined;
  const [key, queue] = entry;
  const [turn] = queue;
  queues.delete(key);
  if (turn === undefined) return undefined;
  queue.delete(turn);
  if (queue.size > 0) queues.set(key, queue);
  return turn;
}

function withdraw(queues: Queues, key: string, turn: Turn): void {
  const queue = queues.get(key);
  queue?.delete(turn);
  if (queue?.size === 0) queues.delete(key);
}

/**
 * A bound that many share. Where it is reached, whoever holds most gives something back: the address with most, and of
 * that the namespace with most. So a crowd at one place never costs another its place.
 */

/** Whose a request is. */
export interface Holder {
  /** The address that it came from, as a group (an IPv6 /64). */
  readonly from: string;
  /** Blank where it is not known. */
  readonly namespace: string;
  /** It showed a certificate: it gives way to others with one only. */
  readonly certified: boolean;
}

export interface ShareBounds {
  readonly inAll: number;
  /** For one address; as much as for all when absent. */
  readonly ofOne?: number;
}

export class Share<Member extends Holder> {
  readonly #bounds: Required<ShareBounds>;
  readonly #addresses = new Map<string, Heap<Member>>();
  #held = 0;

  constructor({ inAll, ofOne = inAll }: ShareBounds) {
    this.#bounds = { inAll, ofOne };
  }

  /** It holds so much from now on, in place of what it held. */
  set(member: Member, weight: number): void {
    const key = keyOf(member);
    let heap = this.#addresses.get(key);
    if (heap === undefined) this.#addresses.set(key, (heap = { held: 0, weights: new Map() }));
    const more = weight - (heap.weights.get(member) ?? 0);
    heap.weights.set(member, weight);
    heap.held += more;
    this.#held += more;
  }

  remove(member: Member): void {
    const key = keyOf(member);
    const heap = this.#addresses.get(key);
    const weight = heap?.weights.get(member);
    if (heap === undefined || weight === undefined) return;
    heap.weights.delete(member);
    heap.held -= weight;
    this.#held -= weight;
    if (heap.weights.size === 0) this.#addresses.delete(key);
  }

  /** With this member a bound is exceeded: of whom one has to go, in the order in which they came, with their weights. */
  over(member: Member): ReadonlyMap<Member, number> | undefined {
    const own = this.#addresses.get(keyOf(member));
    if (own !== undefined && own.held > this.#bounds.ofOne) return largestNamespace(own);
    if (this.#held <= this.#bounds.inAll) return undefined;
    let most: Heap<Member> | undefined;
    for (const [key, heap] of this.#addresses) {
      if (key !== certified && heap.held > (most?.held ?? 0)) most = heap;
    }
    most ??= this.#addresses.get(certified);
    return most === undefined ? undefined : largestNamespace(most);
  }
}

interface Heap<Member> {
  held: number;
  readonly weights: Map<Member, number>;
}

/** All who showed a certificate; the name of no address. */
export const certified = "certified";

export const keyOf = (holder: Holder): string => (holder.certified ? certified : holder.from);

function largestNamespace<Member extends Holder>({ weights }: Heap<Member>): ReadonlyMap<Member, number> {
  const namespaces = new Map<string, number>();
  for (const [{ namespace }, weight] of weights) {
    namespaces.set(namespace, (namespaces.get(namespace) ?? 0) + weight);
  }
  const [largest] = [...namespaces].reduce((a, b) => (b[1] > a[1] ? b : a), ["", -1]);
  return new Map([...weights].filter(([{ namespace }]) => namespace === largest));
}

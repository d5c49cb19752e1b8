/**
 * JSON objects that begin with the members of another one, which many have in common: the container of the proxy, but for
 * the volumes of its pod. Whoever writes many of them writes what they have in common once.
 */

export interface Begun {
  readonly beginning: object;
  /** Its other members, which stand behind. */
  readonly rest: object;
}

const known = new WeakMap<object, Begun>();

/** `{ ...beginning, ...rest }`, which share no key; neither changes from now on. */
export function begunWith<Beginning extends object, Rest extends object>(
  beginning: Beginning,
  rest: Rest,
): Beginning & Rest {
  const whole = { ...beginning, ...rest };
  known.set(whole, { beginning, rest });
  return whole;
}

/** How it was begun; undefined: not by `begunWith`. */
export const begunAs = (value: object): Begun | undefined => known.get(value);

/**
 * Remembering what a pure function gave: the caller cannot tell, but for the time it takes. Requests of one cluster
 * repeat the same few settings and annotations thousands of times.
 */
import { Recent } from "./recent.ts";

/** Remembers by the argument's identity, for as long as the argument lives. */
export function perObject<Argument extends object, Value>(
  compute: (argument: Argument) => Value,
): (argument: Argument) => Value {
  const known = new WeakMap<Argument, Value>();
  return (argument) => {
    const found = known.get(argument);
    if (found !== undefined) return found;
    const value = compute(argument);
    known.set(argument, value);
    return value;
  };
}

/** Remembers by a text, the last `most` texts; texts longer than `longest` characters are computed each time. */
export function perText<Value>(
  compute: (text: string) => Value,
  { most = 256, longest = 8192 } = {},
): (text: string) => Value {
  const known = new Recent<Value>(most);
  return (text) => {
    // What all ask for is computed again so seldom that keeping an order costs more.
    const found = known.peek(text);
    if (found !== undefined) return found.value;
    const value = compute(text);
    if (text.length <= longest) known.set(text, value);
    return value;
  };
}

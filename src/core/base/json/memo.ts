/**
 * Remembering what a pure function gave: the caller cannot tell, but for the time it takes. Requests of one cluster
 * repeat the same few settings and annotations thousands of times.
 */

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
  const known = new Map<string, Value>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined || known.has(text)) return found as Value;
    const value = compute(text);
    if (text.length > longest) return value;
    // A Map keeps the order of insertion: the first key is the oldest.
    if (known.size >= most) known.delete(known.keys().next().value ?? "");
    known.set(text, value);
    return value;
  };
}

/**
 * A second look at namespaces: where a request shows that what is known of its namespace may be behind, the namespace
 * is read afresh. Requests of one namespace share a look, and remember it for a moment: a label that was set by hand
 * must not cost a request to the API server for every pod.
 */
import { Flights } from "../../async/single-flight.ts";
import { deadlineAt, withDeadline } from "../../async/until.ts";
import { Recent } from "../../core/base/memory/recent.ts";
import type { Deadline } from "../../async/until.ts";

export type Look<Value> = (name: string, deadline: Deadline) => Promise<Value>;

export interface FreshNamespaceOptions {
  /** How long an answer counts, in milliseconds. */
  readonly remembered: number;
  /** Milliseconds. */
  readonly now: () => number;
}

// A cache that is whole has caught up by then.
const defaultValue: FreshNamespaceOptions = { remembered: 2000, now: () => performance.now() };

/** More namespaces than this are not remembered at once. */
const most = 1000;

/** The look, shared and remembered. Rejects when it failed, and at the deadline of the one who asks. */
export function freshNamespaceLook<Value>(
  look: Look<Value>,
  { remembered, now }: FreshNamespaceOptions = defaultValue,
): Look<Value> {
  const known = new Recent<Value>(most);
  const flights = new Flights<Value>();
  const begin = async (name: string, { at }: Deadline): Promise<Value> => {
    // The client who asked first may go while others wait for the same look.
    const found = await look(name, deadlineAt(at));
    known.set(name, found, now() + remembered);
    return found;
  };
  return (name, deadline) => {
    const entry = known.peek(name, now());
    const found = entry === undefined ? flights.join(name, () => begin(name, deadline)) : Promise.resolve(entry.value);
    return withDeadline(deadline.signal(), found);
  };
}

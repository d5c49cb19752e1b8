/**
 * A second look at namespaces: where a request shows that what is known of its namespace may be behind, the namespace
 * is read afresh. Requests of one namespace share a look, and remember it for a moment: a label that was set by hand
 * must not cost a request to the API server for every pod.
 */
import { withDeadline } from "../../async/until.ts";
import type { Deadline } from "../answer.ts";
import { deadlineAt } from "./deadlines.ts";

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
  const known = new Map<string, { readonly found: Promise<Value>; until: number }>();
  const begin = (name: string, { at }: Deadline): Promise<Value> => {
    // A map keeps the order in which its keys came: whoever asks for many forgets his own first.
    const oldest = known.size >= most ? known.keys().next().value : undefined;
    if (oldest !== undefined) known.delete(oldest);
    // The client who asked first may go while others wait for the same look.
    const found = look(name, deadlineAt(at));
    const entry = { found, until: Infinity };
    known.set(name, entry);
    const forget = (): void => void (known.get(name) === entry && known.delete(name));
    found.then(() => (entry.until = now() + remembered), forget);
    return found;
  };
  return (name, deadline) => {
    const entry = known.get(name);
    const found = entry !== undefined && now() < entry.until ? entry.found : begin(name, deadline);
    return withDeadline(deadline.signal(), found);
  };
}

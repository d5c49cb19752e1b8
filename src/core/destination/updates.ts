/** What brings a reader from the endpoints that it was sent last to those of now (contract 3.3). */
import type { Update, WeightedAddr } from "../proxy-api/destination.ts";
import { equal } from "../base/json/equal.ts";
import type { EndpointSet, Endpoints } from "./endpoints.ts";

/** Endpoints of one message: 4 MiB are what gRPC reads at most, and a name may take 250 characters. */
const most = 1_000;

/**
 * In order. What is new comes before what is gone: a reader between two messages has endpoints if it had some and will
 * have some. Nothing for a target that is invalid: its stream ends.
 */
export function updatesBetween(sent: Endpoints | undefined, now: Endpoints): readonly Update[] {
  if (now.kind === "invalid") return [];
  const before = sent?.kind === "endpoints" ? sent : undefined;
  if (now.addresses.size === 0) {
    // Said once: a proxy does not tell by `exists` (contract 3.3), and should hear nothing just before an `add`.
    const isSaid = before?.addresses.size === 0;
    return isSaid ? [] : [{ no_endpoints: { exists: now.exists } }];
  }
  const added = newIn(now, before).map((addrs): Update => ({ add: { addrs, metric_labels: now.labels } }));
  const gone = [...(before?.addresses ?? [])].flatMap(([key, { addr }]) =>
    now.addresses.has(key) || addr === undefined ? [] : [addr],
  );
  return gone.length === 0 ? added : [...added, { remove: { addrs: gone } }];
}

/** New ones and those that are told otherwise, in pieces. */
function newIn(now: EndpointSet, before: EndpointSet | undefined): readonly (readonly WeightedAddr[])[] {
  const known = before !== undefined && equal(before.labels, now.labels) ? before.addresses : undefined;
  const fresh = [...now.addresses].filter(([key, address]) => !equal(address, known?.get(key)));
  return Array.from({ length: Math.ceil(fresh.length / most) }, (_, index) =>
    fresh.slice(index * most, (index + 1) * most).map(([, address]) => address),
  );
}

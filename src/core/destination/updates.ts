/** What brings a reader from the endpoints that it was sent last to those of now. */
import type { Update } from "../proxy-api/destination.ts";
import { equal } from "../base/json/equal.ts";
import { perObject } from "../base/memory/memo.ts";
import { tcpAddress } from "../proxy-api/address.ts";
import type { Candidate } from "../policy/serving.ts";
import type { Chosen } from "./chosen.ts";
import { addressAt, endpointAt, spokenAt } from "./endpoints.ts";
import type { EndpointSet, Endpoints } from "./endpoints.ts";
import { labelsOf } from "./weighted.ts";

/** Endpoints of one message: 4 MiB are what gRPC reads at most, and a name may take 250 characters. */
export const mostOfMessage = 1_000;

/** A message that is made when its turn has come: of a large Service all of them would take hundreds of megabytes. */
export interface UpdateToMake {
  /** About so many bytes. */
  readonly bytes: () => number;
  readonly make: () => Update;
}

/**
 * In order. What is new comes before what is gone: a reader between two messages has endpoints if it had some and will
 * have some. Nothing for a target that is invalid: its stream ends.
 */
export function updatesBetween(sent: Endpoints | undefined, now: Endpoints): readonly UpdateToMake[] {
  if (now.kind === "invalid") return [];
  const before = sent?.kind === "endpoints" ? sent : undefined;
  if (sizeOf(now) === 0) {
    // Said once: a proxy does not tell by `exists`, and should hear nothing just before an `add`.
    const isSaid = before !== undefined && sizeOf(before) === 0;
    return isSaid ? [] : [{ bytes: () => smallest, make: () => ({ no_endpoints: { exists: now.exists } }) }];
  }
  const { fresh, gone } = before === undefined ? { fresh: everyIndex(now), gone: nothing } : between(before, now);
  return [
    ...inPieces(fresh).map((indices) => addition(now, indices)),
    ...(before === undefined ? [] : inPieces(gone).map((indices) => removal(before, indices))),
  ];
}

const nothing: readonly number[] = [];

const sizeOf = ({ chosen }: EndpointSet): number => chosen().endpoints.length;

const addition = (now: EndpointSet, indices: readonly number[]): UpdateToMake => ({
  bytes: () => indices.reduce((sum, index) => sum + aboutBytes(now, index), smallest),
  make: () => ({ add: { addrs: indices.flatMap((index) => endpointAt(now, index) ?? []), metric_labels: now.labels } }),
});

const removal = (before: EndpointSet, indices: readonly number[]): UpdateToMake => ({
  bytes: () => smallest + indices.length * 32,
  make: () => {
    const { endpoints, ranks } = before.chosen();
    const addrs = indices.flatMap((index) => {
      const [candidate, port] = [endpoints[index], before.ports[ranks[index] ?? 0]];
      return candidate === undefined || port === undefined ? [] : (tcpAddress(candidate.ip, port) ?? []);
    });
    return { remove: { addrs } };
  },
});

const smallest = 64;
/** Of an endpoint beside the names; of a pod, for the keys of its labels; of one in the mesh, for what stands around. */
const [ofEndpoint, ofPod, ofMeshed] = [64, 96, 64];

function aboutBytes(set: EndpointSet, index: number): number {
  const candidate = set.chosen().endpoints[index];
  const pod = candidate?.pod;
  const bare = ofEndpoint + (candidate?.endpoint.zone.length ?? 0);
  if (pod === undefined) return bare;
  const labels = ofPod + pod.name.length + pod.serviceAccount.length + (pod.owner?.name.length ?? 0);
  const identity = spokenAt(set, index).tls_identity?.server_name?.name;
  return bare + labels + (identity === undefined ? 0 : ofMeshed + 2 * identity.length);
}

const everyIndex = (set: EndpointSet): readonly number[] => indicesOf(set.chosen());
const indicesOf = perObject(({ endpoints }: Chosen): readonly number[] => endpoints.map((_, index) => index));

/** Made once for a list, which is one for all ports. */
const inPieces = perObject((indices: readonly number[]): readonly (readonly number[])[] =>
  Array.from({ length: Math.ceil(indices.length / mostOfMessage) }, (_, piece) =>
    indices.slice(piece * mostOfMessage, (piece + 1) * mostOfMessage),
  ),
);

/** Indices of those that are new or told otherwise, and, among those before, of those that are gone. */
function between(before: EndpointSet, now: EndpointSet): Pick<Changes, "fresh" | "gone"> {
  if (!equal(before.labels, now.labels)) return { fresh: everyIndex(now), gone: changes(before, now).gone };
  const { fresh, gone, same } = changes(before, now);
  const isSpokenOtherwise = ({ old, indices: [index = 0] }: Same): boolean =>
    !equal(spokenAt(before, old), spokenAt(now, index));
  const again = same.filter(isSpokenOtherwise).flatMap(({ indices }) => indices);
  return { fresh: again.length === 0 ? fresh : [...fresh, ...again].toSorted((a, b) => a - b), gone };
}

interface Changes {
  readonly fresh: readonly number[];
  readonly gone: readonly number[];
  /** The same, but perhaps spoken to otherwise. */
  readonly same: readonly Same[];
}

/** Those that were spoken to in one way, and are in one way. */
interface Same {
  /** The first of them, before. */
  readonly old: number;
  readonly indices: number[];
}

/** The same for all ports, as long as these lead where they led; clients of another zone are told of other labels. */
function changes(before: EndpointSet, now: EndpointSet): Changes {
  const isOfPlace = before.zone === now.zone;
  return isOfPlace && equal(before.ports, now.ports)
    ? changesOfAll(before.chosen())(now.chosen())
    : changesBetween(before.chosen(), now.chosen(), {
        before: (index) => addressAt(before, index),
        now: (index) => addressAt(now, index),
        isOfPlace,
      });
}

const changesOfAll = perObject((before: Chosen) =>
  perObject((now: Chosen): Changes => {
    const keyIn =
      ({ endpoints, ranks }: Chosen) =>
      (index: number): string =>
        `${ranks[index]} ${endpoints[index]?.ip}`;
    return changesBetween(before, now, { before: keyIn(before), now: keyIn(now), isOfPlace: true });
  }),
);

interface Known {
  readonly before: (index: number) => string;
  readonly now: (index: number) => string;
  /** Both are told to the same clients, and a rank is the same port. */
  readonly isOfPlace: boolean;
}

function changesBetween(before: Chosen, now: Chosen, known: Known): Changes {
  const same = groupsOfSame(before, now);
  const ends = known.isOfPlace ? commonEnds(before, now) : noEnds;
  const [untilBefore, untilNow] = [before, now].map(({ endpoints }) => endpoints.length - ends.after) as [
    number,
    number,
  ];
  const left = new Map<string, number>();
  for (let old = ends.first; old < untilBefore; old += 1) left.set(known.before(old), old);
  const fresh: number[] = [];
  for (let index = 0; index < ends.first; index += 1) same.add(index, index);
  for (let index = ends.first; index < untilNow; index += 1) {
    const key = known.now(index);
    const old = left.get(key);
    left.delete(key);
    if (old === undefined || !known.isOfPlace || !isToldAlike(before.endpoints[old], now.endpoints[index]))
      fresh.push(index);
    else same.add(old, index);
  }
  for (let index = untilNow; index < now.endpoints.length; index += 1) same.add(index - untilNow + untilBefore, index);
  return { fresh, gone: [...left.values()], same: same.found() };
}

/** How many are the very same ones, in the beginning and at the end: what has changed of many is mostly one. */
function commonEnds(before: Chosen, now: Chosen): { readonly first: number; readonly after: number } {
  const [ofBefore, ofNow] = [before.endpoints.length, now.endpoints.length];
  const isSame = (old: number, index: number): boolean =>
    before.endpoints[old] === now.endpoints[index] && before.ranks[old] === now.ranks[index];
  const most = Math.min(ofBefore, ofNow);
  let first = 0;
  while (first < most && isSame(first, first)) first += 1;
  let after = 0;
  while (after < most - first && isSame(ofBefore - after - 1, ofNow - after - 1)) after += 1;
  return { first, after };
}

const noEnds = { first: 0, after: 0 };

/** By who they were and are spoken to as. */
function groupsOfSame(before: Chosen, now: Chosen) {
  const groups = new Map<number, Same>();
  const numbers = [before.spokenTo, now.spokenTo].map(({ length }) => length + 1);
  const manner = ({ ranks, models }: Chosen, index: number, of = 0): number =>
    (ranks[index] ?? 0) * of + (models[index] ?? -1) + 1;
  // Ranks are few, as they are ports of one Service's slices: the numbers stay exact.
  const mostNow = (numbers[1] ?? 1) * (1 + now.ranks.reduce((most, rank) => Math.max(most, rank), 0));
  return {
    add: (old: number, index: number): void => {
      const key = manner(before, old, numbers[0]) * mostNow + manner(now, index, numbers[1]);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { old, indices: [index] });
      else group.indices.push(index);
    },
    found: (): readonly Same[] => [...groups.values()],
  };
}

const isToldAlike = (before: Candidate | undefined, now: Candidate | undefined): boolean =>
  before === now ||
  (before !== undefined &&
    before.endpoint.zone === now?.endpoint.zone &&
    (before.pod === now.pod || equal(before.pod && labelsOf(before.pod), now.pod && labelsOf(now.pod))));

/**
 * Which of many selectors take an object, and which of many objects a selector takes: found by a label that the selector
 * wants, so that not each selector is asked of each object.
 */
import type { Labels } from "../base/json/json.ts";
import { perObject } from "../base/memory/memo.ts";
import type { Selector, WantedLabel } from "./selector.ts";

export interface Selecting<Item> {
  /** Those whose selectors take these labels, in no order. */
  readonly taking: (labels: Labels) => readonly Item[];
  /** More than may be asked by way of one label: they are not looked at. */
  readonly over: readonly Item[];
}

/**
 * Each item under one label that its selector wants, the one that fewest others want; those that want none (`{}`, `NotIn`)
 * are asked of every object. `most`: labels and expressions that are asked by way of one label, of the first items.
 */
export function selectingOf<Item>(
  items: readonly Item[],
  selectorOf: (item: Item) => Selector,
  most: number = Infinity,
): Selecting<Item> {
  const all = items.map((item): Asked<Item> => ({ item, selector: selectorOf(item) }));
  const wanting = new Map<string, number>();
  for (const hook of all.flatMap(({ selector }) => selector.wants.flatMap(hooksOf)))
    wanting.set(hook, (wanting.get(hook) ?? 0) + 1);
  const buckets = new Map<string, Bucket<Item>>();
  const over: Item[] = [];
  for (const asked of all) {
    const { wants, requirements } = asked.selector;
    const weight = Math.max(1, requirements.length);
    const hooks = rarest(wants, wanting);
    if (hooks.some((hook) => (buckets.get(hook)?.weight ?? 0) + weight > most)) over.push(asked.item);
    else for (const hook of hooks) put(buckets, hook, asked, weight);
  }
  return {
    over,
    taking: (labels) => {
      const taken: Item[] = [];
      if (buckets.size === 0) return taken;
      for (const hook of hooksFor(labels))
        for (const { item, selector } of buckets.get(hook)?.asked ?? []) if (selector.takes(labels)) taken.push(item);
      return taken;
    },
  };
}

interface Asked<Item> {
  readonly item: Item;
  readonly selector: Selector;
}

interface Bucket<Item> {
  readonly asked: Asked<Item>[];
  weight: number;
}

function put<Item>(buckets: Map<string, Bucket<Item>>, hook: string, asked: Asked<Item>, weight: number): void {
  const bucket = buckets.get(hook) ?? { asked: [], weight: 0 };
  buckets.set(hook, bucket);
  bucket.asked.push(asked);
  bucket.weight += weight;
}

const anything = "";
const pairHook = (key: string, text: string): string => `${key}\n${text}`;
const keyHook = (key: string): string => `${key}\n\n`;

const hooksOf = ({ key, values }: WantedLabel): readonly string[] =>
  values === undefined ? [keyHook(key)] : values.map((text) => pairHook(key, text));

const hooksFor = (labels: Labels): readonly string[] => [
  anything,
  ...Object.entries(labels).flatMap(([key, text]) => [pairHook(key, text), keyHook(key)]),
];

/** Hooks of the label that fewest want. */
function rarest(wants: readonly WantedLabel[], wanting: ReadonlyMap<string, number>): readonly string[] {
  let [best, fewest]: [readonly string[], number] = [[anything], Infinity];
  for (const wanted of wants) {
    const hooks = hooksOf(wanted);
    const count = hooks.reduce((largest, hook) => Math.max(largest, wanting.get(hook) ?? 0), 0);
    if (count < fewest) [best, fewest] = [hooks, count];
  }
  return best;
}

interface Labelled {
  readonly labels: Labels;
}

/** Objects that a selector takes, in their order. The list is to be the same object for as long as it stays as it is. */
export function takenBy<Item extends Labelled>(items: readonly Item[], selector: Selector): readonly Item[] {
  const wanted = selector.wants.find(({ values }) => values?.length === 1);
  const [text = ""] = wanted?.values ?? [];
  const candidates = wanted === undefined ? items : (byLabel(items)(wanted.key).get(text) ?? []);
  // What is found in the list is of the list's type.
  return (candidates as readonly Item[]).filter(({ labels }) => selector.takes(labels));
}

/** Groups are made for those keys that somebody asks for. */
const byLabel = perObject((items: readonly Labelled[]) => {
  const groups = new Map<string, ReadonlyMap<string | undefined, readonly Labelled[]>>();
  return (key: string): ReadonlyMap<string | undefined, readonly Labelled[]> => {
    const known = groups.get(key) ?? Map.groupBy(items, ({ labels }) => labels[key]);
    groups.set(key, known);
    return known;
  };
});

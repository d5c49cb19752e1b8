/**
 * One object as it is at many points → one tree with choices in it: what is the same everywhere is said once, and what is
 * not hangs on the switch that tells the differences apart best.
 */
import { equal } from "../../src/core/base/json/equal.ts";
import { isList, isObject } from "../../src/core/base/json/json.ts";
import type { Json, JsonObject } from "../../src/core/base/json/json.ts";
import { positionsOf, switchNames } from "./variants.ts";
import type { Point, Switch } from "./variants.ts";

export type Tree =
  /** The same everywhere; undefined: not there. */
  | { readonly kind: "value"; readonly value: Json | undefined }
  | { readonly kind: "map"; readonly members: readonly (readonly [key: string, tree: Tree])[] }
  | { readonly kind: "list"; readonly items: readonly Tree[] }
  | { readonly kind: "choice"; readonly of: Switch; readonly cases: readonly Case[] };

export interface Case {
  readonly positions: readonly string[];
  readonly tree: Tree;
}

export interface Sample {
  readonly point: Point;
  readonly value: Json | undefined;
}

export function merged(samples: readonly Sample[]): Tree {
  const [first] = samples;
  const values = samples.map(({ value }) => value);
  if (values.every((value) => same(value, first?.value))) return { kind: "value", value: first?.value };
  if (values.every((value) => value !== undefined && isObject(value) && Object.keys(value).length > 0))
    return mergedMaps(samples, values as readonly JsonObject[]);
  const order = values.every((value) => value !== undefined && isList(value) && value.length > 0)
    ? commonOrder(values as readonly (readonly Json[])[])
    : undefined;
  return order === undefined ? chosen(samples) : mergedLists(samples, order);
}

const same = (one: Json | undefined, other: Json | undefined): boolean =>
  one === undefined || other === undefined ? one === other : equal(one, other);

function mergedMaps(samples: readonly Sample[], maps: readonly JsonObject[]): Tree {
  const keys = commonOrderOf(maps.map((map) => Object.keys(map))) ?? [...new Set(maps.flatMap(Object.keys))];
  return {
    kind: "map",
    members: keys.map((key) => [
      key,
      merged(samples.map(({ point }, index) => ({ point, value: maps[index]?.[key] }))),
    ]),
  };
}

function mergedLists(samples: readonly Sample[], order: readonly string[]): Tree {
  const byName = samples.map(({ value }) => {
    const items = value as readonly Json[];
    const itemNames = namesOf(items);
    return new Map(itemNames.map((name, index) => [name, items[index]]));
  });
  return {
    kind: "list",
    items: order.map((name) => merged(samples.map(({ point }, index) => ({ point, value: byName[index]?.get(name) })))),
  };
}

/** In which all lists have their items; undefined where two have them in another order. */
const commonOrder = (lists: readonly (readonly Json[])[]): readonly string[] | undefined =>
  commonOrderOf(lists.map(namesOf));

function commonOrderOf(lists: readonly (readonly string[])[]): readonly string[] | undefined {
  const order: string[] = [];
  for (const names of lists) {
    let place = 0;
    for (const name of names) {
      const found = order.indexOf(name);
      if (found === -1) order.splice(place, 0, name);
      else if (found < place) return undefined;
      place = order.indexOf(name) + 1;
    }
  }
  return order;
}

/** What an item is called among its own: a flag by its name, a container by its. */
function namesOf(items: readonly Json[]): readonly string[] {
  const seen = new Map<string, number>();
  return items.map((item) => {
    const name = nameIn(item);
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return `${name}#${count}`;
  });
}

function nameIn(item: Json): string {
  if (typeof item === "string") return item.startsWith("--") ? (item.split("=", 1)[0] ?? item) : item;
  if (!isObject(item)) return JSON.stringify(item);
  const name = item["name"] ?? item["topologyKey"];
  return typeof name === "string" ? name : JSON.stringify(item);
}

function chosen(samples: readonly Sample[]): Tree {
  const usable = switchNames.filter((name) => new Set(samples.map(({ point }) => point[name])).size > 1);
  // Whether something is there is told first.
  const differs = samples.some(({ value }) => value === undefined) ? isThere : textOf;
  const [best] = usable
    .map((name) => ({ name, parts: partsBy(name, samples) }))
    .filter(({ parts }) => parts.length > 1)
    .map(({ name, parts }) => ({
      name,
      parts,
      left: parts.reduce((sum, part) => sum + valuesIn(part, differs) - 1, 0),
    }))
    .toSorted((one, other) => one.left - other.left);
  if (best === undefined) throw new Error(`no switch tells these apart: ${textOf(samples[0]?.value)}`);
  const cases = best.parts.map(({ positions, samples: found }) => ({ positions, tree: merged(found) }));
  return { kind: "choice", of: best.name, cases };
}

type Differs = (value: Json | undefined) => boolean | string;

const isThere: Differs = (value) => value !== undefined;
const textOf: Differs = (value) => JSON.stringify(value) ?? "";

const valuesIn = (part: Part, differs: Differs): number =>
  new Set(part.samples.map(({ value }) => differs(value))).size;

interface Part {
  readonly positions: readonly string[];
  readonly samples: readonly Sample[];
}

/** Positions that make no difference are one part. */
function partsBy(name: Switch, samples: readonly Sample[]): readonly Part[] {
  const parts = positionsOf(name).flatMap((position) => {
    const found = samples.filter(({ point }) => point[name] === position);
    return found.length === 0 ? [] : [{ positions: [position], samples: found }];
  });
  return [...Map.groupBy(parts, (part) => valuesText(name, part.samples)).values()].map((group) => ({
    positions: group.flatMap(({ positions }) => positions),
    samples: group.flatMap((part) => part.samples),
  }));
}

/** What becomes of each of the other switches' positions. */
const valuesText = (name: Switch, samples: readonly Sample[]): string =>
  JSON.stringify(
    samples.map(({ point, value }) => [Object.entries(point).filter(([key]) => key !== name), value ?? null]),
  );

/**
 * Numbers and booleans where Kubernetes wants text: in annotations and labels, which it refuses then. An injection
 * writes those of the mesh's own annotations as the text that it takes them for; others are named.
 */
import { asObject, changedAt } from "../base/json/edit.ts";
import type { Warning } from "../inject/outcome/injection.ts";
import { targetOf } from "../inject/pod/kinds.ts";
import type { JsonObject, Json } from "../base/json/json.ts";
import { quoted } from "../base/text/quote.ts";
import { at } from "../base/json/read.ts";
import { textOf } from "./texts.ts";

interface Unquoted {
  /** Keys that lead to the value. */
  readonly path: readonly string[];
  readonly value: number | boolean;
  /** It is an annotation of the mesh's. */
  readonly isMeshs: boolean;
}

function unquotedIn(written: JsonObject): readonly Unquoted[] {
  const target = targetOf(written);
  const owners = [[], ...(target === undefined || target.path.length === 0 ? [] : [target.path])];
  return owners.flatMap((owner) =>
    ["annotations", "labels"].flatMap((kind) => {
      const path = [...owner, "metadata", kind];
      const map = path.reduce<JsonObject | undefined>((object, key) => asObject(object?.[key]), written);
      return Object.entries(map ?? {}).flatMap(([key, value]): readonly Unquoted[] =>
        typeof value === "number" || typeof value === "boolean"
          ? [{ path: [...path, key], value, isMeshs: kind === "annotations" && meshs.test(key) }]
          : [],
      );
    }),
  );
}

const meshs = /^(?:[a-z0-9-]+\.)*linkerd\.io\//;

/** The object as `withTexts` reads it, but with the mesh's annotations as they are written, so that an edit sees them. */
export function withMeshsAsWritten(typed: JsonObject, written: JsonObject): JsonObject {
  const meshsOwn = unquotedIn(written).filter(({ isMeshs }) => isMeshs);
  const maps = Map.groupBy(meshsOwn, ({ path }) => path.slice(0, -1).join("/"));
  return [...maps.values()].reduce((object, unquoted) => {
    const values = Object.fromEntries(unquoted.map(({ path, value }) => [path.at(-1) ?? "", value]));
    return changedAt(object, unquoted[0]?.path.slice(0, -1) ?? [], (map) => ({ ...asObject(map), ...values }));
  }, typed);
}

/** `changed`: the object as it comes out; `quotes`: the mesh's annotations are written anew there. */
export const unquotedRemarks = (written: JsonObject, changed: JsonObject, quotes: boolean): readonly Warning[] =>
  unquotedIn(written).map(({ path, value, isMeshs }) => {
    const key = path.at(-1) ?? "";
    const what = `${path.at(-2) === "labels" ? "label" : "annotation"} ${key}: ${value} without quotes is not text`;
    const now = at(changed, ...path);
    return { about: key, text: `${what}${outcomeText(textOf(value), now, isMeshs && quotes)}`, rank: 3 };
  });

/** Of a number or a boolean; `after` is without it where the annotation was taken out. */
function outcomeText(before: string, after: Json | undefined, isWritten: boolean): string {
  if (typeof after !== "string") return "; it is taken out";
  if (!isWritten) return ", and Kubernetes refuses it; put it in quotes";
  return after === before ? "; now it has quotes" : `; now it is ${quoted(after)}`;
}

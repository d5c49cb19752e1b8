/**
 * Numbers and booleans where Kubernetes wants text, which it refuses then: in names, annotations, labels, and what else of
 * an object is text for sure. An injection writes those of the mesh's own annotations as the text that it takes them for;
 * others are named.
 */
import { asObject, changedAt } from "../base/json/edit.ts";
import { at } from "../base/json/read.ts";
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { quoted } from "../base/text/quote.ts";
import type { Warning } from "../inject/outcome/injection.ts";
import { onOff } from "../inject/settings/annotation-values.ts";
import { rowOf } from "../inject/settings/annotation-settings.ts";
import { keys } from "../mesh/annotations.ts";
import { textOf } from "./texts.ts";
import { textFieldsOf } from "./text-fields.ts";

interface Unquoted {
  /** Keys that lead to the value; positions in lists as texts. */
  readonly path: readonly string[];
  readonly value: number | boolean;
  readonly of: "annotation" | "label" | "field";
  /** It is an annotation of the mesh's. */
  readonly isMeshs: boolean;
}

function unquotedIn(written: JsonObject): readonly Unquoted[] {
  return textFieldsOf(written).flatMap((field) => {
    const of = field.at(-1) !== "*" ? "field" : (ofMap.get(field.at(-2) ?? "") ?? "field");
    return membersAt(written, field).flatMap(({ path, value }): readonly Unquoted[] =>
      typeof value === "number" || typeof value === "boolean"
        ? [{ path, value, of, isMeshs: of === "annotation" && meshs.test(path.at(-1) ?? "") }]
        : [],
    );
  });
}

const ofMap: ReadonlyMap<string, Unquoted["of"]> = new Map([
  ["annotations", "annotation"],
  ["labels", "label"],
]);

const meshs = /^(?:[a-z0-9-]+\.)*linkerd\.io\//;

interface Member {
  readonly path: readonly string[];
  readonly value: Json;
}

/** `*` stands for every key of a map, and every position of a list. */
const membersAt = (object: JsonObject, field: readonly string[]): readonly Member[] =>
  field.reduce<readonly Member[]>(
    (found, key) => found.flatMap((member) => below(member, key)),
    [{ path: [], value: object }],
  );

function below({ path, value }: Member, key: string): readonly Member[] {
  const names = key === "*" && (isList(value) || isObject(value)) ? Object.keys(value) : [key];
  return names.flatMap((name) => {
    const member = at(value, isList(value) ? Number(name) : name);
    return member === undefined ? [] : [{ path: [...path, name], value: member }];
  });
}

/** The object as `withTexts` reads it, but with the mesh's annotations as they are written, so that an edit sees them. */
export function withMeshsAsWritten(typed: JsonObject, written: JsonObject): JsonObject {
  const meshsOwn = unquotedIn(written).filter(({ isMeshs }) => isMeshs);
  const maps = Map.groupBy(meshsOwn, ({ path }) => path.slice(0, -1).join("/"));
  return [...maps.values()].reduce((object, unquoted) => {
    const values = Object.fromEntries(unquoted.map(({ path, value }) => [path.at(-1) ?? "", value]));
    return changedAt(object, unquoted[0]?.path.slice(0, -1) ?? [], (map) => ({ ...asObject(map), ...values }));
  }, typed);
}

interface HowTold {
  /** The mesh's annotations are written anew, as text. */
  readonly quotes: boolean;
  /** What stands in the text at a path, such as `yes` for true. */
  readonly sourceAt?: (path: readonly string[]) => string | undefined;
}

interface UnquotedRemark extends Warning {
  /** The path, as in `spec.containers[0].name`. */
  readonly at: string;
  /** It proposes another word, as quotes alone would not do. */
  readonly isProposal: boolean;
}

/** `changed`: the object as it comes out. */
export const unquotedRemarks = (
  written: JsonObject,
  changed: JsonObject,
  { quotes, sourceAt }: HowTold,
): readonly UnquotedRemark[] =>
  unquotedIn(written).map(({ path, value, of, isMeshs }) => {
    const place = pathText(path);
    const [about, what] = of === "field" ? [place, place] : [path.at(-1) ?? "", `${of} ${path.at(-1)}`];
    const [text, source] = [textOf(value), sourceAt?.(path) ?? textOf(value)];
    const is = source === text ? "is not text" : `is ${text}, not text`;
    const after = memberAt(changed, path);
    const word = isMeshs && !quotes && after !== undefined ? wordFor(about, value) : undefined;
    const outcome =
      word === undefined ? outcomeText(text, after, isMeshs && quotes) : `, and Kubernetes refuses it; write ${word}`;
    return {
      about,
      at: place,
      text: `${what}: ${source} without quotes ${is}${outcome}`,
      rank: 3,
      isProposal: word !== undefined,
    };
  });

/** Of a number or a boolean; `after` is without it where the annotation was taken out. */
function outcomeText(before: string, after: Json | undefined, isWritten: boolean): string {
  if (after === undefined) return "; it is taken out";
  if (!isWritten || typeof after !== "string") return ", and Kubernetes refuses it; put it in quotes";
  return after === before ? "; now it has quotes" : `; now it is ${quoted(after)}`;
}

/** What was meant by a boolean where `enabled` and `disabled` are the words. */
function wordFor(annotation: string, value: number | boolean): string | undefined {
  const isSwitch = annotation === keys.inject || rowOf.get(annotation)?.expects === onOff;
  return isSwitch && typeof value === "boolean" ? (value ? "enabled" : "disabled") : undefined;
}

const memberAt = (object: JsonObject, path: readonly string[]): Json | undefined => membersAt(object, path)[0]?.value;

const pathText = (path: readonly string[]): string =>
  path
    .map((key, index) => {
      if (/^[0-9]+$/.test(key)) return `[${key}]`;
      return /^[\w-]+$/.test(key)
        ? `${index === 0 ? "" : "."}${key}`
        : `["${key.replaceAll(/["\\]/g, String.raw`\$&`)}"]`;
    })
    .join("");

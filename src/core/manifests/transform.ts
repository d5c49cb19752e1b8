/**
 * Manifests in, manifests out: each object of a stream of YAML or JSON documents is changed on its own, and the changes
 * are spliced into the text. What nobody touched comes back byte for byte, comments included (contract 1.2, S-03).
 */
import { documentToJson, readDocument } from "../documents/document.ts";
import { editDocument } from "../documents/edit.ts";
import { splitDocuments } from "../documents/stream.ts";
import type { SourceDocument } from "../documents/stream.ts";
import type { Warning } from "../inject/injection.ts";
import { isList, isObject } from "../mesh/api.ts";
import type { Json, JsonObject } from "../mesh/api.ts";
import type { Issue } from "../mesh/issue.ts";
import { oneLine, quoted } from "../mesh/quote.ts";
import { identityOf } from "./names.ts";
import { untouched } from "./report.ts";
import type { ObjectReport } from "./report.ts";
import { withTexts } from "./texts.ts";

/** A file or standard input, with the name that messages call it. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

export const formats = ["yaml", "json"] as const;
export type Format = (typeof formats)[number];

export interface ChangedObject {
  readonly object: JsonObject;
  readonly report: ObjectReport;
  readonly warnings: readonly Warning[];
}
export interface Failed {
  readonly issues: readonly Issue[];
}
/** What becomes of one object, or why the whole run must fail. */
export type ObjectChange = (object: JsonObject) => ChangedObject | Failed;

export interface Transformed {
  readonly text: string;
  /** One for each object, in input order. */
  readonly objects: readonly Told[];
}
/** What is told about one object. */
export type Told = Omit<ChangedObject, "object">;

/**
 * All documents of all sources, changed. YAML: each followed by a line `---`; JSON: one line each. One error anywhere
 * and there is no text, but every error, each with file, document and line.
 */
export function transform(sources: readonly Source[], format: Format, change: ObjectChange): Transformed | Failed {
  const outcomes = sources.flatMap(({ name, text }) => {
    const lines = text.split("\n");
    return splitDocuments(text).map((document, index) => {
      const outcome = transformDocument(document.text, document.line, change);
      if ("issues" in outcome) return placed(outcome, `${name}, document ${index + 1}`);
      const written =
        format === "json" ? jsonLine(outcome.text) : yamlDocument(outcome.text, separatorAfter(document, lines));
      return { ...outcome, text: written };
    });
  });
  const read = allOrNothing(outcomes);
  if ("issues" in read) return read;
  return {
    text: read.values.map(({ text }) => text).join(""),
    objects: read.values.flatMap(({ objects }) => objects),
  };
}

const placed = ({ issues }: Failed, place: string): Failed => ({
  issues: issues.map(({ at, message }) => ({ at: at === "" ? place : `${place}, ${at}`, message })),
});

function transformDocument(text: string, line: number, change: ObjectChange): Transformed | Failed {
  const read = readDocument(text, line);
  if (read.issues.length > 0) return { issues: read.issues };
  const before = valueWithTexts(read.value ?? null);
  const changed = changedDocument(before, change);
  if ("issues" in changed) return placed(changed, `line ${line}`);
  const edited = changed.value === before ? { text } : editDocument(text, before, changed.value);
  if ("issues" in edited) return placed(edited, `line ${line}`);
  return { text: edited.text, objects: changed.objects };
}

const jsonLine = (text: string): string => `${documentToJson(text)}\n`;

const yamlDocument = (text: string, separator: string): string =>
  `${text}${text.endsWith("\n") ? "" : "\n"}${separator}\n`;

/** The separator of the source as it stands, which may have a comment. */
function separatorAfter({ text, line }: SourceDocument, lines: readonly string[]): string {
  const next = lines[line - 1 + (text.match(/\n/g)?.length ?? 0)] ?? "";
  return /^---\s*(#.*)?$/.test(next) ? next : "---";
}

const valueWithTexts = (value: Json): Json => {
  if (!isObject(value)) return value;
  const items = listItems(value);
  if (items === undefined) return withTexts(value);
  const typed = items.map((item) => (isObject(item) ? withTexts(item) : item));
  return typed.every((item, index) => item === items[index]) ? value : { ...value, items: typed };
};

interface Changed {
  readonly value: Json;
  readonly objects: readonly Told[];
}

/** Lists item by item; a List inside a List is a kind like any other (contract 1.2). */
function changedDocument(value: Json, change: ObjectChange): Changed | Failed {
  const items = isObject(value) ? listItems(value) : undefined;
  if (!isObject(value) || items === undefined) return changedObject(value, change);
  const read = allOrNothing(
    items.map((item, index) => {
      const changed = changedObject(item, change);
      return "issues" in changed ? placed(changed, `item ${index + 1}`) : changed;
    }),
  );
  if ("issues" in read) return read;
  const same = read.values.every((item, index) => item.value === items[index]);
  return {
    value: same ? value : { ...value, items: read.values.map((item) => item.value) },
    objects: read.values.flatMap(({ objects }) => objects),
  };
}

const listItems = (value: JsonObject): readonly Json[] | undefined =>
  value["kind"] === "List" && isList(value["items"]) ? value["items"] : undefined;

function changedObject(value: Json, change: ObjectChange): Changed | Failed {
  if (value === null) return { value, objects: [{ report: untouched("", ""), warnings: [] }] };
  if (!isObject(value))
    return { issues: [{ at: "", message: `expected an object, got ${quoted(JSON.stringify(value))}` }] };
  const changed = change(value);
  if ("issues" in changed) return placed(changed, nameOf(value));
  return { value: changed.object, objects: [changed] };
}

function nameOf(object: JsonObject): string {
  const { kind, name } = identityOf(object);
  return oneLine(`${kind}/${name}`);
}

function allOrNothing<Value extends object>(
  outcomes: readonly (Value | Failed)[],
): { readonly values: readonly Value[] } | Failed {
  const issues = outcomes.flatMap((outcome) => ("issues" in outcome ? outcome.issues : []));
  return issues.length > 0
    ? { issues }
    : { values: outcomes.flatMap((outcome) => ("issues" in outcome ? [] : [outcome])) };
}

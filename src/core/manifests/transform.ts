/**
 * Manifests in, manifests out: each object of a stream of YAML or JSON documents is changed on its own, and the changes
 * are spliced into the text. What nobody touched comes back byte for byte, comments included (S-03).
 */
import { documentToJson, readSyntax } from "../documents/document.ts";
import { editDocument } from "../documents/edit.ts";
import { isSeparator, splitDocuments } from "../documents/stream.ts";
import type { SourceDocument } from "../documents/stream.ts";
import { subjectText } from "../inject/messages/warnings.ts";
import type { Warning } from "../inject/outcome/injection.ts";
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import { oneLine, quoted } from "../base/text/quote.ts";
import { issuesOf } from "../base/text/result.ts";
import type { Failed } from "../base/text/result.ts";
import { identityOf } from "./names.ts";
import { kindless, noObject, remarksOn, unreadable } from "./remarks.ts";
import { untouched } from "./report.ts";
import type { ObjectReport } from "./report.ts";
import { withTexts } from "./texts.ts";
import { unquotedRemarks, withMeshsAsWritten } from "./unquoted.ts";

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
/** What becomes of one object, or why the whole run must fail. */
export type ObjectChange = (object: JsonObject) => ChangedObject | Failed;

/** What becomes of manifests. */
export interface Transformation {
  readonly change: ObjectChange;
  /** Numbers and booleans as values of the mesh's annotations, which Kubernetes refuses, are written as text. */
  readonly quotes: boolean;
}

export interface Transformed {
  readonly text: string;
  /** One for each object, in input order. */
  readonly objects: readonly Told[];
  /** What the author should know about whole documents, each with its place. */
  readonly notes: readonly Issue[];
}
/** What is told about one object. */
export type Told = Omit<ChangedObject, "object">;

/**
 * All documents of all sources, changed, source by source. YAML: with a line `---` between two; JSON: one line each. One
 * error anywhere and there is no text, but every error, each with file, document and line.
 */
export function transformEach(
  sources: readonly Source[],
  format: Format,
  how: Transformation,
): { readonly values: readonly Transformed[] } | Failed {
  return allOrNothing(sources.map((source) => transformSource(source, format, how)));
}

/** The same as one, with nothing written but what `change` changes. */
export function transform(sources: readonly Source[], format: Format, change: ObjectChange): Transformed | Failed {
  const each = transformEach(sources, format, { change, quotes: false });
  return "issues" in each ? each : together(each.values, joinerOf(format));
}

/** Texts of sources as one: documents of two YAML sources need a line between them, unless the first one ends with it. */
export const joinerOf =
  (format: Format) =>
  (texts: readonly string[]): string =>
    format === "json" ? texts.join("") : texts.filter((text) => text !== "").reduce(separated, "");

function separated(before: string, text: string): string {
  if (before === "") return text;
  const ended = withLineEnd(before);
  const last = ended.slice(ended.lastIndexOf("\n", ended.length - 2) + 1);
  return `${ended}${isSeparator(last) ? "" : `---${lineEndOf(ended)}`}${text}`;
}

const together = (parts: readonly Transformed[], join: (texts: readonly string[]) => string): Transformed => ({
  text: join(parts.map(({ text }) => text)),
  objects: parts.flatMap(({ objects }) => objects),
  notes: parts.flatMap(({ notes }) => notes),
});

function transformSource({ name, text }: Source, format: Format, how: Transformation): Transformed | Failed {
  const lines = text.split("\n");
  const documents = splitDocuments(text);
  const outcomes = documents.map((document, index) => {
    const place = `${name}, document ${index + 1}`;
    const outcome = transformDocument(document, how);
    if ("issues" in outcome) return { ...placed(outcome, place), isManifest: outcome.isManifest };
    const written =
      format === "json"
        ? jsonLine(outcome.text)
        : yamlDocument(outcome.text, separatorAfter(document, lines), index === documents.length - 1);
    return { ...outcome, text: written, notes: placed({ issues: outcome.notes }, place).issues };
  });
  // What is no manifest is full of what cannot be read; one line says it.
  const stranger = outcomes.find((outcome) => "issues" in outcome && !outcome.isManifest);
  if (stranger && "issues" in stranger) return { issues: stranger.issues };
  const read = allOrNothing<Transformed>(outcomes);
  return "issues" in read ? read : together(read.values, (texts) => texts.join(""));
}

const placed = ({ issues }: Failed, place: string): Failed => ({
  issues: issues.map(({ at, message }) => ({ at: at === "" ? place : `${place}, ${at}`, message })),
});

function transformDocument(
  { text, line }: SourceDocument,
  how: Transformation,
): Transformed | (Failed & { readonly isManifest: boolean }) {
  const failed = ({ issues }: Failed) => ({ issues, isManifest: true });
  const read = readSyntax(text, { firstLine: line });
  const [first] = read.issues;
  if (first) {
    const message = unreadable(text, line, first);
    return message === undefined ? failed(read) : { issues: [{ at: first.at, message }], isManifest: false };
  }
  const { parsed } = read;
  const source = (read.root && read.value) ?? null;
  const problem = noObject(source);
  if (problem !== undefined) return failed({ issues: [{ at: `line ${line}`, message: problem }] });
  const typed = eachObject(source, withTexts);
  const changed = changedDocument(typed, source, how);
  if ("issues" in changed) return failed(placed(changed, `line ${line}`));
  const before = how.quotes ? eachPair(typed, source, withMeshsAsWritten) : typed;
  const edited =
    changed.value === before ? { text } : editDocument(text, before, changed.value, { keepsKeys: true, parsed });
  if ("issues" in edited) return failed(placed(edited, `line ${line}`));
  const kind = isObject(source) ? kindless(source) : undefined;
  const notes = kind === undefined ? read.notes : [{ at: `line ${line}`, message: kind }, ...read.notes];
  return { text: edited.text, objects: changed.objects, notes };
}

const jsonLine = (text: string): string => `${documentToJson(text)}\n`;

/** Behind the last document there is a separator only where the source has one. */
function yamlDocument(text: string, separator: string | undefined, isLast: boolean): string {
  if (separator === undefined && isLast) return text;
  return `${withLineEnd(text)}${separator ?? `---${lineEndOf(text).slice(0, -1)}`}\n`;
}

const withLineEnd = (text: string): string => (text.endsWith("\n") ? text : `${text}${lineEndOf(text)}`);

const lineEndOf = (text: string): string => /\r?\n/.exec(text)?.[0] ?? "\n";

/** The separator of the source as it stands, which may have a comment. */
function separatorAfter({ text, line }: SourceDocument, lines: readonly string[]): string | undefined {
  const next = lines[line - 1 + (text.match(/\n/g)?.length ?? 0)] ?? "";
  return isSeparator(next) ? next : undefined;
}

/** Each object of a document changed: the value itself, or the items of a List. */
const eachObject = (value: Json, change: (object: JsonObject) => JsonObject): Json =>
  eachPair(value, value, (object) => change(object));

/** The same with the object that stands in the same place of another value of the same shape. */
function eachPair(value: Json, other: Json, change: (object: JsonObject, other: JsonObject) => JsonObject): Json {
  if (!isObject(value) || !isObject(other)) return value;
  const [items, others] = [listItems(value), listItems(other)];
  if (items === undefined || others === undefined) return change(value, other);
  const changed = items.map((item, index) => {
    const partner = others[index] ?? null;
    return isObject(item) && isObject(partner) ? change(item, partner) : item;
  });
  return changed.every((item, index) => item === items[index]) ? value : { ...value, items: changed };
}

interface Changed {
  readonly value: Json;
  readonly objects: readonly Told[];
}

/** Lists item by item; a List inside a List is a kind like any other. `source`: as it is written. */
function changedDocument(value: Json, source: Json, how: Transformation): Changed | Failed {
  const items = isObject(value) ? listItems(value) : undefined;
  if (!isObject(value) || items === undefined) return changedObject(value, source, how);
  const sources = (isObject(source) ? listItems(source) : undefined) ?? [];
  const read = allOrNothing(
    items.map((item, index) => {
      const changed = changedObject(item, sources[index] ?? null, how);
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

function changedObject(value: Json, source: Json, { change, quotes }: Transformation): Changed | Failed {
  if (value === null) return { value, objects: [{ report: untouched("", ""), warnings: [] }] };
  if (!isObject(value))
    return { issues: [{ at: "", message: `expected an object, got ${quoted(JSON.stringify(value))}` }] };
  const changed = change(value);
  if ("issues" in changed) return placed(changed, nameOf(value));
  const { object, report, warnings } = changed;
  const remarks = isObject(source) ? [...unquotedRemarks(source, object, { quotes }), ...remarksOn(source)] : [];
  return { value: object, objects: [{ report, warnings: [...warnings, ...remarks] }] };
}

const nameOf = (object: JsonObject): string => oneLine(subjectText(identityOf(object)));

function allOrNothing<Value extends object>(
  outcomes: readonly (Value | Failed)[],
): { readonly values: readonly Value[] } | Failed {
  const issues = outcomes.flatMap(issuesOf);
  return issues.length > 0
    ? { issues }
    : { values: outcomes.flatMap((outcome) => ("issues" in outcome ? [] : [outcome])) };
}

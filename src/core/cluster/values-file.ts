/** Helm values in a file. */
import { readDocument } from "../documents/document.ts";
import { splitDocuments } from "../documents/stream.ts";
import type { Json } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import type { Result } from "../base/text/result.ts";
import type { NamedText } from "./objects.ts";

/** The issues, each with the file it is in. */
export const inFile = (file: string, issues: readonly Issue[]): readonly Issue[] =>
  issues.map(({ at, message }) => ({ at: at === "" ? file : `${file}: ${at}`, message }));

/** The one document in a values file; an empty file is an empty map. */
export function valuesIn({ name, text }: NamedText): Result<Json> {
  const documents = splitDocuments(text).map((document) => readDocument(document.text, document.line));
  const issues = documents.flatMap((document) => document.issues);
  if (issues.length > 0) return { issues: inFile(name, issues) };
  const values = documents.flatMap(({ value }) => (value === undefined || value === null ? [] : [value]));
  if (values.length > 1) return { issues: [{ at: name, message: `holds ${values.length} documents, expected one` }] };
  return { value: values[0] ?? {} };
}

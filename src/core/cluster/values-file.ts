/** Helm values in a file. */
import { readDocument } from "../documents/document.ts";
import { splitDocuments } from "../documents/stream.ts";
import type { Json } from "../base/json/json.ts";
import { at } from "../base/json/read.ts";
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

/** Without these no pod can be injected: whoever has them has complete values, and no overlay. */
const necessary = ["proxy.image.name", "proxy.ports.inbound", "proxy.ports.outbound"] as const;

/** What is wrong with values that are an overlay; undefined: they are complete. */
export function incomplete(values: Json): string | undefined {
  const missing = necessary.filter((path) => at(values, ...path.split(".")) === undefined);
  if (missing.length === 0) return undefined;
  const [verb, whole] = [missing.length === 1 ? "is" : "are", "--settings takes all of the values"];
  return `is not complete: ${missing.join(", ")} ${verb} missing; ${whole}, --values of weft install and upgrade an overlay`;
}

/** A stream of documents: a manifest file cut into its documents, as Kubernetes cuts it. */
import { isJson } from "./json-stream.ts";

/** One document of a stream, with everything of the source that belongs to it. */
export interface SourceDocument {
  readonly text: string;
  /** 1-based number of the text's first line in the stream. */
  readonly line: number;
}

/**
 * The documents of a stream, in order, empty ones included; none for an empty stream. Cuts at lines that begin with
 * `---` and hold nothing else but a comment; those lines belong to no document, except where the document has no line
 * before them (so a leading `---` stays with the first one). This is `YAMLReader.Read` of
 * k8s.io/apimachinery/pkg/util/yaml. JSON values that follow each other without `---` are cut too.
 */
export const splitDocuments = (text: string): readonly SourceDocument[] => yamlDocuments(text).flatMap(jsonDocuments);

function yamlDocuments(text: string): readonly SourceDocument[] {
  const documents: SourceDocument[] = [];
  let lines: string[] = [];
  let start = 1;
  const close = (next: number): void => {
    if (lines.length > 0) documents.push({ text: lines.join(""), line: start });
    lines = [];
    start = next;
  };
  for (const [index, line] of linesOf(text).entries()) {
    if (isSeparator(line) && lines.length > 0) close(index + 2);
    else lines.push(line);
  }
  close(0);
  return documents;
}

/** Whether a line, with or without its end, stands between two documents. Blanks are those of Go's `unicode.IsSpace`. */
export const isSeparator = (line: string): boolean => /^---[\t\v\f\r \u0085\p{Z}]*(#[^\n]*)?\n?$/u.test(line);

const linesOf = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** Cut only where the part before the cut is a JSON object on its own, so that no YAML is ever torn apart. */
function jsonDocuments({ text, line }: SourceDocument): readonly SourceDocument[] {
  const documents: SourceDocument[] = [];
  let start = 0;
  let first = line;
  for (let end = objectEnd(text, start); end !== undefined; end = objectEnd(text, start)) {
    const rest = text.slice(end);
    const piece = text.slice(start, end) + (/^[ \t]*\r?\n/.exec(rest)?.[0] ?? "");
    if (!/^\s*\{/.test(rest) || !isJson(piece)) break;
    documents.push({ text: piece, line: first });
    start += piece.length;
    first += piece.split("\n").length - 1;
  }
  return [...documents, { text: text.slice(start), line: first }];
}

/** Where the object that begins at `start` ends, by JSON's rules. */
function objectEnd(text: string, start: number): number | undefined {
  const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}]/gs;
  token.lastIndex = start;
  let depth = 0;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    if (depth === 0 && (found[0] !== "{" || text.slice(start, found.index).trim() !== "")) return undefined;
    if (found[0] === "{" || found[0] === "[") depth += 1;
    else if (found[0] === "}" || found[0] === "]") depth -= 1;
    if (depth === 0) return token.lastIndex;
  }
  return undefined;
}

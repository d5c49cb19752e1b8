/** A stream of documents: a manifest file cut into its documents, as Kubernetes cuts it. */

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
    if (separator.test(line) && lines.length > 0) close(index + 2);
    else lines.push(line);
  }
  close(0);
  return documents;
}

const separator = /^---[ \t\r]*(#.*)?\n?$/;

const linesOf = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** Cut only where the part before the cut is a JSON object on its own, so that no YAML is ever torn apart. */
function jsonDocuments(document: SourceDocument): readonly SourceDocument[] {
  const end = objectEnd(document.text);
  if (end === undefined || !/^\s*\{/.test(document.text.slice(end)) || !isJson(document.text.slice(0, end))) {
    return [document];
  }
  const rest = document.text.slice(end);
  const lineEnd = /^[ \t]*\r?\n/.exec(rest)?.[0] ?? "";
  const head = document.text.slice(0, end) + lineEnd;
  const line = document.line + (head.match(/\n/g)?.length ?? 0);
  return [{ text: head, line: document.line }, ...jsonDocuments({ text: rest.slice(lineEnd.length), line })];
}

/** Where the object at the beginning of the text ends, by JSON's rules. */
function objectEnd(text: string): number | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === "{" || token === "[") depth += 1;
    else if (token === "}" || token === "]") depth -= 1;
    if (depth === 0) return index + token.length;
  }
  return undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

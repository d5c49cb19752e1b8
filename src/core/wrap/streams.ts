/** Manifests as `weft wrap` looks at them: all their objects at once, and texts without the objects that it made. */
import { isList, isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import { objectsIn } from "../cluster/objects.ts";
import { readDocument } from "../documents/document.ts";
import { editDocument } from "../documents/edit.ts";
import { splitDocuments } from "../documents/stream.ts";
import { withTexts } from "../manifests/texts.ts";
import type { Source } from "../manifests/transform.ts";

/** In order; what cannot be read is left to whoever writes them. */
export const objectsOf = (sources: readonly Source[]): readonly JsonObject[] =>
  sources.flatMap(({ text }) =>
    splitDocuments(text).flatMap((document) => objectsIn(readDocument(document.text).value).map(withTexts)),
  );

/** Why documents cannot be read, each with file, document and line. */
export const unread = (sources: readonly Source[]): readonly Issue[] =>
  sources.flatMap(({ name, text }) =>
    splitDocuments(text).flatMap((document, index) =>
      readDocument(document.text, document.line).issues.map(({ at, message }) => ({
        at: `${name}, document ${index + 1}, ${at}`,
        message,
      })),
    ),
  );

/** The text without the objects that are chosen; its other lines stay as they are. */
export function withoutObjects(text: string, chosen: (object: JsonObject) => boolean): string {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const kept: string[] = [];
  let next = 0;
  for (const document of splitDocuments(text)) {
    const start = document.line - 1;
    const end = start + (document.text.match(/[^\n]*\n|[^\n]+$/g)?.length ?? 0);
    const { value } = readDocument(document.text);
    const before = lines.slice(next, start);
    next = end;
    if (isObject(value) && chosen(value)) continue;
    // A document that comes first has no line of its own to be told from the one before it.
    kept.push(...(kept.length === 0 ? [] : before), withoutItems(document.text, value, chosen));
  }
  return kept.join("");
}

function withoutItems(text: string, value: Json | undefined, chosen: (object: JsonObject) => boolean): string {
  if (!isObject(value) || value["kind"] !== "List" || !isList(value["items"])) return text;
  const items = value["items"].filter((item) => !isObject(item) || !chosen(item));
  if (items.length === value["items"].length) return text;
  const edited = editDocument(text, value, { ...value, items });
  return "text" in edited ? edited.text : text;
}

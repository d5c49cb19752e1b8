/**
 * A document's text as a tree: the grammar that kubectl's and Linkerd's reader has (go.yaml.in/yaml/v2) over the tokens
 * of `scanner.ts`. As there, a text is one document, and what stands below its end is not read. Our own, as libraries
 * follow YAML 1.2, and edits need the exact end of each value.
 */
import type { Issue } from "../base/text/issue.ts";
import { Mistake } from "./cursor.ts";
import { isJson } from "./json-stream.ts";
import { type Mark, Scanner, type Token } from "./scanner.ts";
import type { Alias, Collection, Entry, Place, Property, Scalar, Syntax } from "./syntax.ts";

export interface Parsed {
  /** Undefined when the document holds nothing but comments. */
  readonly root: Syntax | undefined;
  /** The first thing that cannot be read, placed by line and column; none, or this one. */
  readonly issues: readonly Issue[];
  /** Where the text begins that is not read, because the document has ended above it. */
  readonly unread: number | undefined;
  /** The text is JSON. */
  readonly json: boolean;
}

export function parseSyntax(source: string, firstLine = 1): Parsed {
  // Kubernetes' line reader ends the last line, too, before YAML sees it.
  const text = /[\n\r]$/.test(source) ? source : `${source}\n`;
  const json = /^\s*\{/.test(text) && isJson(text);
  const issueAt = placed(text, firstLine);
  try {
    if (!json) refuseUnreadable(text);
    const { root, unread } = new Parser(text, json, (offset) => issueAt(offset, "").at).document();
    // Kubernetes reads what begins like JSON as JSON first.
    if (unread !== undefined && /^\s*\{/.test(text) && isJson(text.slice(0, root?.end))) {
      throw new Mistake(unread, `text behind a JSON value; a line "---" must stand between the two`);
    }
    return { root, unread, json, issues: [] };
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    return { root: undefined, issues: [issueAt(error.offset, error.message)], unread: undefined, json };
  }
}

/** Offset to place, in the words of the command line. */
export function placed(text: string, firstLine: number): (offset: number, message: string) => Issue {
  // Where lines begin; found when the first place is asked for.
  let starts: readonly number[] | undefined;
  return (offset, message) => {
    starts ??= [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
    let line = 0;
    for (let step = 2 ** 30; step >= 1; step /= 2) {
      const start = starts[line + step];
      if (start !== undefined && start <= offset) line += step;
    }
    return { at: `line ${line + firstLine}, column ${offset - (starts[line] ?? 0) + 1}`, message };
  };
}

function refuseUnreadable(text: string): void {
  for (const [pattern, message] of unreadable) {
    const found = pattern.exec(text);
    if (found) throw new Mistake(found.index, message);
  }
}

const unreadable: readonly (readonly [RegExp, string])[] = [
  [/^\uFEFF(?=\uFEFF)/u, "two byte order marks"],
  // Kubernetes cuts documents before YAML sees them, and refuses such a line wherever it stands.
  [/(?<=^|\n)---(?![\t\v\f\r \u0085\p{Z}]*(#[^\n]*)?(\n|$))/u, `only a comment may follow "---"`],
  [
    /[^\t\n\r -~\u0085\u00A0-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u,
    "a control character, which YAML allows in no text; write it as an escape in double quotes",
  ],
];

// Every walk over the tree is recursive; Kubernetes objects are a dozen levels deep, Go's reader gives up at 10,000.
const deepest = 500;

/** Anchor and tag in front of a node. */
interface NodeProperties {
  readonly places: readonly Property[];
  readonly anchor: string | undefined;
  readonly tag: string | undefined;
}

interface Node extends NodeProperties {
  readonly node: Syntax;
}

class Parser {
  private readonly scanner: Scanner;
  private readonly anchors = new Map<string, Syntax>();
  private readonly open = new Set<Syntax>();
  private readonly handles = new Map<string, string>();
  private readonly text: string;
  private readonly placeOf: (offset: number) => string;
  private depth = 0;

  constructor(text: string, json: boolean, placeOf: (offset: number) => string) {
    this.text = text;
    this.placeOf = placeOf;
    this.scanner = new Scanner(text, { start: text.startsWith("\uFEFF") ? 1 : 0, json });
  }

  document(): { readonly root: Syntax | undefined; readonly unread: number | undefined } {
    const bare = !this.isNext("directive", "document-start", "stream-end");
    if (!bare && !this.isNext("stream-end")) this.documentStart();
    const empty = !bare && this.isNext("directive", "document-start", "document-end", "stream-end");
    const node = empty ? undefined : this.node("block").node;
    const root =
      node?.kind === "scalar" && node.plain && node.source === "" && node.tag === undefined ? undefined : node;
    const end = this.scanner.peek();
    const rest = end.kind === "document-end" ? end.end : end.start;
    const nothing = /(?:\s+|#[^\r\n\u0085\u2028\u2029]*|(?<=[\r\n])\.\.\.(?=\s))*/uy;
    nothing.lastIndex = rest;
    const unread = rest + (nothing.exec(this.text)?.[0].length ?? 0);
    return { root, unread: unread < this.text.length ? unread : undefined };
  }

  private isNext(...kinds: readonly Token["kind"][]): boolean {
    return kinds.includes(this.scanner.peek().kind);
  }

  private documentStart(): void {
    let versions = 0;
    for (let token = this.scanner.peek(); token.kind === "directive"; token = this.scanner.peek()) {
      const { directive, start } = token;
      if (directive.kind === "tags") {
        if (this.handles.has(directive.handle)) throw new Mistake(start, `a second %TAG ${directive.handle}`);
        this.handles.set(directive.handle, directive.prefix);
      } else {
        versions += 1;
        if (versions > 1) throw new Mistake(start, "a second %YAML");
        if (directive.version !== "1.1") throw new Mistake(start, "Kubernetes reads %YAML 1.1 and no other version");
      }
      this.scanner.next();
    }
    this.expect("document-start", 'a line "---" must follow directives in the same document');
  }

  private expect(kind: Mark, message: string): Token {
    const token = this.scanner.peek();
    if (token.kind !== kind) throw new Mistake(token.start, message);
    return this.scanner.next();
  }

  /** `indentless`: a list may stand at the column of its key. */
  private node(context: "block" | "indentless" | "flow"): Node {
    const token = this.scanner.peek();
    if (token.kind === "alias") return { node: this.alias(token.name), places: [], anchor: undefined, tag: undefined };
    const properties = this.properties();
    this.depth += 1;
    if (this.depth > deepest) throw new Mistake(token.start, `nested more than ${deepest} levels deep`);
    const node = this.content(context, properties);
    this.depth -= 1;
    return { ...properties, node };
  }

  private alias(name: string): Alias {
    const { start, end } = this.scanner.next();
    const target = this.anchors.get(name);
    if (target === undefined) throw new Mistake(start, `unknown anchor "${name}"`);
    return { kind: "alias", start, end, name, ...(this.open.has(target) ? {} : { target }) };
  }

  private properties(): NodeProperties {
    const places: Property[] = [];
    let anchor: string | undefined;
    let tag: string | undefined;
    for (let token = this.scanner.peek(); ; token = this.scanner.peek()) {
      const { start, end } = token;
      if (token.kind === "anchor" && anchor === undefined) anchor = token.name;
      else if (token.kind === "tag" && tag === undefined) tag = this.resolved(token);
      else return { places, anchor, tag };
      places.push({ kind: token.kind, start, end });
      this.scanner.next();
    }
  }

  private resolved({ handle, suffix, start }: Extract<Token, { readonly kind: "tag" }>): string {
    const prefix = handle === "" ? "" : (this.handles.get(handle) ?? defaultHandles.get(handle));
    if (prefix === undefined) throw new Mistake(start, `no %TAG says what "${handle}" stands for`);
    return prefix + suffix;
  }

  private content(context: "block" | "indentless" | "flow", { places, anchor, tag }: NodeProperties): Syntax {
    const token = this.scanner.peek();
    const { start } = token;
    const common =
      places.length === 0 ? none : { ...(anchor !== undefined && { anchor }), ...(tag !== undefined && { tag }) };
    const inBlock = context !== "flow";
    if (token.kind === "scalar") {
      this.scanner.next();
      const { end, plain, value: source } = token;
      // Most have neither anchor nor tag, and objects are made faster without a spread.
      if (common === none) return { kind: "scalar", start, end, plain, source };
      return this.named({ kind: "scalar", ...common, start, end, plain, source });
    }
    const make = (kind: "map" | "seq", style: Collection["style"], fill: (entries: Entry[]) => number): Collection =>
      this.collection({ kind, style, start, ...common }, fill);
    if (token.kind === "-" && context === "indentless") return make("seq", "block", (to) => this.items(to, true));
    if (token.kind === "[") return make("seq", "flow", (to) => this.flowItems(to));
    if (token.kind === "{") return make("map", "flow", (to) => this.flowPairs(to));
    if (token.kind === "block-seq" && inBlock) return make("seq", "block", (to) => this.items(to, false));
    if (token.kind === "block-map" && inBlock) return make("map", "block", (to) => this.pairs(to));
    const end = places.at(-1)?.end;
    if (end === undefined) throw new Mistake(start, unexpected(token));
    return this.named({ ...emptyAt(end), ...common });
  }

  private named<Kind extends Syntax>(node: Kind): Kind {
    if (node.anchor !== undefined) this.anchors.set(node.anchor, node);
    return node;
  }

  private collection(head: Omit<Collection, "entries" | "end">, fill: (entries: Entry[]) => number): Collection {
    const entries: Entry[] = [];
    // An alias finds the anchor from its beginning on, hence one object that grows.
    const node = this.named({ ...head, entries, end: head.start });
    this.open.add(node);
    node.end = fill(entries);
    node.start = head.style === "flow" ? head.start : (entries[0]?.start ?? head.start);
    this.open.delete(node);
    return node;
  }

  /** Of a block sequence, up to its end. */
  private items(entries: Entry[], indentless: boolean): number {
    if (!indentless) this.scanner.next();
    while (this.isNext("-")) {
      const dash = this.scanner.next();
      const empty = indentless ? this.isNext("-", "key", "value", "block-end") : this.isNext("-", "block-end");
      entries.push(entry(dash.start, undefined, dash.end, empty ? nothing(dash.end) : this.node("block")));
    }
    if (!indentless)
      this.expect("block-end", 'expected "- " here, at the column of the items above, or less indentation');
    return entries.at(-1)?.end ?? 0;
  }

  private pairs(entries: Entry[]): number {
    this.scanner.next();
    while (this.isNext("key")) {
      const mark = this.scanner.next();
      const key = this.isNext("key", "value", "block-end") ? nothing(mark.end) : this.node("indentless");
      entries.push(
        this.pair(mark, key, () => (this.isNext("key", "value", "block-end") ? undefined : this.node("indentless"))),
      );
    }
    this.expect("block-end", "expected a key here, at the column of the keys above, or less indentation");
    return entries.at(-1)?.end ?? 0;
  }

  /** From behind the key on. */
  private pair(mark: Place, { node: key, places }: Node, value: () => Node | undefined): Entry {
    const start = mark.start < mark.end ? mark.start : (places[0]?.start ?? key.start);
    if (!this.isNext("value")) return entry(start, key, undefined, nothing(key.end));
    const colon = this.scanner.next();
    return entry(start, key, colon.end, value() ?? nothing(colon.end));
  }

  private flowItems(entries: Entry[]): number {
    return this.inBrackets("]", entries, () => {
      if (!this.isNext("key")) {
        const item = this.node("flow");
        return entry(item.places[0]?.start ?? item.node.start, undefined, undefined, item);
      }
      const { start } = this.scanner.peek();
      const node = this.collection({ kind: "map", style: "bare", start }, (pairs) => {
        pairs.push(this.flowPair("]"));
        return pairs[0]?.end ?? start;
      });
      return entry(node.start, undefined, undefined, { ...nothing(start), node });
    });
  }

  private flowPairs(entries: Entry[]): number {
    return this.inBrackets("}", entries, () => {
      if (this.isNext("key")) return this.flowPair("}");
      const { node: key, places } = this.node("flow");
      return entry(places[0]?.start ?? key.start, key, undefined, nothing(key.end));
    });
  }

  private flowPair(close: "]" | "}"): Entry {
    const mark = this.scanner.next();
    const key = this.isNext("value", ",", close) ? nothing(mark.end) : this.node("flow");
    return this.pair(mark, key, () => (this.isNext(",", close) ? undefined : this.node("flow")));
  }

  private inBrackets(close: "]" | "}", entries: Entry[], one: () => Entry): number {
    const { start } = this.scanner.next();
    while (!this.isNext(close)) {
      if (this.isNext("stream-end")) throw new Mistake(start, `"${this.text[start] ?? ""}" is not closed`);
      if (entries.length > 0) {
        this.expect(
          ",",
          `expected "," or "${close}" here, for the "${this.text[start] ?? ""}" of ${this.placeOf(start)}`,
        );
        if (this.isNext(close)) break;
      }
      entries.push(one());
    }
    return this.scanner.next().end;
  }
}

const defaultHandles: ReadonlyMap<string, string> = new Map([
  ["!", "!"],
  ["!!", "tag:yaml.org,2002:"],
]);

const none: { readonly anchor?: string; readonly tag?: string } = {};

const emptyAt = (offset: number): Scalar => ({ kind: "scalar", start: offset, end: offset, plain: true, source: "" });
const nothing = (offset: number): Node => ({ node: emptyAt(offset), places: [], anchor: undefined, tag: undefined });

/** `mark`: the end of its `-` or `:`. */
const entry = (start: number, key: Syntax | undefined, mark: number | undefined, { node, places }: Node): Entry => ({
  start,
  end: node.end,
  key,
  mark,
  properties: places,
  value: node,
});

function unexpected({ kind }: Token): string {
  if (kind === "stream-end") return "the document ends where a value is expected";
  const needsQuotes = kind === "key" || kind === "value" || kind === "-";
  return `a value is expected here${needsQuotes ? "; text that begins so needs quotes" : ""}`;
}

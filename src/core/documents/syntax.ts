/**
 * A YAML or JSON document as a tree of places in its text: where each key, marker and value begins and ends. Comments
 * and spaces have no node; they are what lies between the nodes. Built from what the `yaml` library found.
 */
import { isAlias, isMap, isScalar, isSeq, parseDocument } from "yaml";
import type { CST, Node, Pair, Range } from "yaml";
import type { Issue } from "../mesh/issue.ts";

/** A place is a pair of offsets; `end` is the first character that does not belong to it. */
interface Place {
  readonly start: number;
  readonly end: number;
}

interface Properties {
  readonly anchor?: string;
  readonly tag?: string;
}

export type Scalar = Place & Properties & { readonly kind: "scalar"; readonly plain: boolean; readonly source: string };
export type Alias = Place & Properties & { readonly kind: "alias"; readonly name: string; readonly target?: Syntax };
export type Collection = Place &
  Properties & {
    readonly kind: "map" | "seq";
    /** Block style, flow style (in brackets), or `bare`: the map in `[a: b]`, flow style without brackets. */
    readonly style: "block" | "flow" | "bare";
    readonly entries: readonly Entry[];
  };
export type Syntax = Scalar | Alias | Collection;

/** An item of a sequence or a pair of a map. Its place begins with its `-`, `?`, key, or property, and ends with its content. */
export interface Entry extends Place {
  readonly key?: Syntax;
  /** End of the `-` or `:`; undefined where there is none. */
  readonly mark?: number;
  /** Anchor and tag of the value, in order. */
  readonly properties: readonly (Place & { readonly kind: "anchor" | "tag" })[];
  readonly value: Syntax;
}

export interface Parsed {
  readonly root: Syntax | undefined;
  readonly issues: readonly Issue[];
}

/** The tree of one document; no root when it holds nothing but comments. Issues are placed by line and column. */
export function parseSyntax(source: string, firstLine = 1): Parsed {
  // Kubernetes' line reader ends the last line, too, before YAML sees it.
  const text = source.endsWith("\n") ? source : `${source}\n`;
  const issueAt = placed(text, firstLine);
  for (const [pattern, message] of refused) {
    const found = pattern.exec(text);
    if (found) return { root: undefined, issues: [issueAt(found.index, message)] };
  }
  const document = parseDocument(text, {
    // Scalars and merge keys are read by ours, as Kubernetes reads them; the library finds the places.
    schema: "failsafe",
    resolveKnownTags: false,
    merge: false,
    uniqueKeys: false,
    keepSourceTokens: true,
    prettyErrors: false,
  });
  // The library is recursive, too, and tells of a full stack in an error of its own.
  if (document.errors.some(({ code }) => code === "RESOURCE_EXHAUSTION")) {
    return { root: undefined, issues: [issueAt(0, tooDeep)] };
  }
  // An anchor such as `&a:` is only a warning to the library; Go ends the name before the colon.
  const ambiguous = document.warnings.filter(({ code }) => code === "BAD_ALIAS");
  const errors = [...document.errors, ...ambiguous].map(({ pos, message }) => issueAt(pos[0], message));
  if (errors.length > 0) return { root: undefined, issues: firstOfEachLine(errors) };
  const builder = new Builder(text, issueAt);
  const root = document.contents ? builder.node(document.contents, 0) : undefined;
  const empty = root?.kind === "scalar" && root.plain && root.source === "" && root.tag === undefined;
  return { root: empty ? undefined : root, issues: builder.issues };
}

/** What the library reads in another way than Kubernetes does. */
const refused: readonly (readonly [RegExp, string])[] = [
  [/^---(?![ \t\r]*(#.*)?$).*/m, `only a comment may follow "---"`],
  [/\r(?!\n)/, "a carriage return without a line feed"],
];

/** Offset to place, in the words of the command line. */
export const placed =
  (text: string, firstLine: number) =>
  (offset: number, message: string): Issue => {
    const before = text.slice(0, offset).split("\n");
    const line = before.length - 1 + firstLine;
    const column = (before.at(-1)?.length ?? 0) + 1;
    return { at: `line ${line}, column ${column}`, message };
  };

/** One mistake makes the parser stumble several times in a row; the first stumble of a line tells what is wrong. */
const firstOfEachLine = (issues: readonly Issue[]): readonly Issue[] =>
  [...new Map(issues.toReversed().map((issue) => [issue.at.split(",")[0], issue] as const)).values()].toReversed();

// Every walk over the tree is recursive; Kubernetes objects are a dozen levels deep, Go's reader gives up at 10,000.
const deepest = 500;
const tooDeep = `nested more than ${deepest} levels deep`;

/** Walks the library's nodes in the order of the text, so that an alias finds the anchor that stands before it. */
class Builder {
  readonly issues: Issue[] = [];
  private readonly anchors = new Map<string, Syntax | "open">();
  private readonly text: string;
  private readonly issueAt: (offset: number, message: string) => Issue;

  constructor(text: string, issueAt: (offset: number, message: string) => Issue) {
    this.text = text;
    this.issueAt = issueAt;
  }

  node(node: Node, level: number): Syntax {
    const [start, end] = rangeOf(node);
    if (level === deepest) this.issues.push(this.issueAt(start, tooDeep));
    if (level >= deepest) return { kind: "scalar", start, end, plain: true, source: "" };
    if (isAlias(node)) return this.alias(node.source, start, end);
    if (node.anchor !== undefined) this.anchors.set(node.anchor, "open");
    const properties = {
      ...(node.anchor === undefined ? {} : { anchor: node.anchor }),
      ...(node.tag === undefined ? {} : { tag: node.tag }),
    };
    const built: Syntax = isScalar(node)
      ? { kind: "scalar", ...properties, ...this.scalar(node.source ?? "", node.type === "PLAIN", start, end) }
      : { kind: isMap(node) ? "map" : "seq", ...properties, ...this.collection(node, level + 1) };
    if (node.anchor !== undefined) this.anchors.set(node.anchor, built);
    return built;
  }

  private alias(name: string, start: number, end: number): Alias {
    const target = this.anchors.get(name);
    if (target === undefined) this.issues.push(this.issueAt(start, `unknown anchor "${name}"`));
    if (target === "open") this.issues.push(this.issueAt(start, `anchor "${name}" contains itself`));
    return { kind: "alias", start, end, name, ...(target === undefined || target === "open" ? {} : { target }) };
  }

  private scalar(source: string, plain: boolean, start: number, end: number) {
    const text = this.text.slice(start, end);
    if (!/^[|>]/.test(text)) return { start, end, plain, source };
    // The library's range of a block scalar goes on to the next key.
    const blank = /^[|>][0-9]*\+/.test(text) ? /\r?\n$/ : /\s+$/;
    return { start, end: start + text.replace(blank, "").length, plain, source };
  }

  private collection(node: Node, level: number) {
    const entries = isMap(node)
      ? node.items.map((pair) => this.pair(pair, level))
      : isSeq(node)
        ? this.items(node.items as Node[], node.srcToken as CST.BlockSequence | CST.FlowCollection | undefined, level)
        : [];
    const [start, end] = rangeOf(node);
    const bracket = /[[{]/.test(this.text.charAt(start));
    const flow = (isMap(node) || isSeq(node)) && node.flow === true;
    if (flow && bracket) return { style: "flow" as const, entries, start, end };
    const style = flow ? ("bare" as const) : ("block" as const);
    return { style, entries, start: entries[0]?.start ?? start, end: entries.at(-1)?.end ?? end };
  }

  private items(nodes: readonly Node[], token: CST.BlockSequence | CST.FlowCollection | undefined, level: number) {
    const tokens = (token?.items ?? []).filter(
      (item) => item.key !== undefined || item.value !== undefined || significant(item.start).length > 0,
    );
    return nodes.map((node, index) => this.item(node, tokens[index]?.start ?? [], level));
  }

  private item(node: Node, start: readonly CST.SourceToken[], level: number): Entry {
    const value = this.node(node, level);
    const dash = start.find(({ type }) => type === "seq-item-ind");
    return this.entry({ before: start, after: start, indicator: dash, value });
  }

  private pair(pair: Pair, level: number): Entry {
    const { start = [], sep = [] } = pair.srcToken ?? {};
    const key = this.node(pair.key as Node, level);
    const colon = sep.find(({ type }) => type === "map-value-ind");
    const value = pair.value === null ? emptyAt(key.end) : this.node(pair.value as Node, level);
    return this.entry({ before: start, after: sep, indicator: colon, key, value });
  }

  private entry({ before, after, indicator, key, value }: EntryParts): Entry {
    const properties = (key && !indicator ? [] : after).flatMap((token) =>
      token.type === "anchor" || token.type === "tag" ? [{ kind: token.type, ...placeOf(token) }] : [],
    );
    const mark = indicator ? placeOf(indicator).end : undefined;
    const at = properties.at(-1)?.end ?? mark ?? key?.end;
    const settled = isEmpty(value) && at !== undefined ? { ...value, start: at, end: at } : value;
    const first = significant(before)[0]?.offset;
    const start = Math.min(first ?? key?.start ?? settled.start, indicator?.offset ?? Infinity);
    return {
      start,
      end: settled.end,
      ...(key === undefined ? {} : { key }),
      ...(mark === undefined ? {} : { mark }),
      properties,
      value: settled,
    };
  }
}

interface EntryParts {
  readonly before: readonly CST.SourceToken[];
  readonly after: readonly CST.SourceToken[];
  readonly indicator: CST.SourceToken | undefined;
  readonly key?: Syntax;
  readonly value: Syntax;
}

const rangeOf = ({ range }: Node): Range => range ?? [0, 0, 0];
const placeOf = ({ offset, source }: CST.SourceToken): Place => ({ start: offset, end: offset + source.length });
const emptyAt = (offset: number): Scalar => ({ kind: "scalar", start: offset, end: offset, plain: true, source: "" });

/** Nothing is written where this value is, as in `annotations:`. */
export const isEmpty = (value: Syntax): boolean => value.kind === "scalar" && value.start === value.end;

const significant = (tokens: readonly CST.SourceToken[]): readonly CST.SourceToken[] =>
  tokens.filter(({ type }) => !["space", "newline", "comment", "comma"].includes(type));

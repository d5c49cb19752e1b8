/** One YAML or JSON document as a value, read as Kubernetes reads it (sigs.k8s.io/yaml, a YAML 1.1 flavour). */
import type { Json } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import { exactNumber } from "../base/json/raw-number.ts";
import { keyText, plainValue, type ScalarValue, taggedValue } from "./scalar.ts";
import { parseSyntax, placed } from "./parse.ts";
import type { Parsed } from "./parse.ts";
import type { Alias, Collection, Entry, Scalar, Syntax } from "./syntax.ts";

export interface DocumentReading {
  /** Undefined for an empty document (nothing but comments) and whenever there are issues. */
  readonly value: Json | undefined;
  /** Each placed at `line L, column C`. */
  readonly issues: readonly Issue[];
  /** What is in the text and counts for nothing, placed as issues are. */
  readonly notes: readonly Issue[];
}

/**
 * The value of one document. An anchored value and its aliases are the same object. Integers beyond 2^53 are the
 * nearest double here; the text still has them. `firstLine` is the document's first line in its stream.
 */
export function readDocument(text: string, firstLine = 1): DocumentReading {
  const { root, value, issues, notes } = readSyntax(text, { firstLine });
  return { value: root ? value : undefined, issues, notes };
}

/** What a number becomes: a double, or something more exact. */
type NumberReader = (value: number | bigint, source: string) => Json;

export interface SyntaxReading extends DocumentReading {
  readonly root: Syntax | undefined;
  readonly valueOf: (node: Syntax) => Json;
  /** The text's syntax, for another reading of its values. */
  readonly parsed: Parsed;
}

interface HowToRead {
  readonly firstLine?: number;
  readonly number?: NumberReader;
  /** Of the same text, which is then not parsed again. */
  readonly parsed?: Parsed | undefined;
}

/** As `readDocument`, with the places in the text. */
export function readSyntax(
  text: string,
  { firstLine = 1, number = Number, parsed = parseSyntax(text, firstLine) }: HowToRead = {},
): SyntaxReading {
  const { root, issues, unread, json } = parsed;
  const issueAt = placed(text, firstLine);
  const reader = new Reader(number, issueAt, json);
  const value = root && reader.value(root);
  const all = [...issues, ...reader.issues];
  const rest =
    unread === undefined ? [] : [issueAt(unread, "Kubernetes reads nothing from here on: the document has ended")];
  return {
    root,
    value: all.length > 0 ? undefined : value,
    issues: all,
    notes: [...reader.notes, ...rest],
    valueOf: (node) => reader.value(node),
    parsed,
  };
}

/** As `readDocument`, with integers beyond 2^53 and long decimals as `JSON.rawJSON` objects. */
export const readExactly = (text: string, parsed?: Parsed): SyntaxReading =>
  readSyntax(text, { number: exactNumber, parsed });

/**
 * The document as one line of JSON, every number exact. The document must be one that `readDocument` reads without
 * issues; an empty one is `null`.
 */
export function documentToJson(text: string): string {
  const { value = null, issues } = readExactly(text);
  if (issues.length > 0) throw new Error(`documentToJson needs a document that can be read: ${JSON.stringify(issues)}`);
  return JSON.stringify(value);
}

class Reader {
  readonly issues: Issue[] = [];
  readonly notes: Issue[] = [];
  private readonly number: NumberReader;
  private readonly issueAt: (offset: number, message: string) => Issue;
  private readonly json: boolean;
  /** Anchored values, and how many values each one holds. */
  private readonly anchored = new Map<Syntax, { readonly value: Json; readonly size: number }>();
  private size = 0;
  private copies = 0;
  private multiplied = false;

  constructor(number: NumberReader, issueAt: (offset: number, message: string) => Issue, json: boolean) {
    this.number = number;
    this.issueAt = issueAt;
    this.json = json;
  }

  value(node: Syntax): Json {
    const known = this.anchored.get(node);
    if (known) return known.value;
    const before = this.size;
    this.size += 1;
    const value = this.fresh(node);
    if (node.anchor !== undefined) this.anchored.set(node, { value, size: this.size - before });
    return value;
  }

  private fresh(node: Syntax): Json {
    if (node.kind === "scalar") return this.scalar(node);
    if (node.kind === "alias") return this.alias(node);
    return node.kind === "seq" ? node.entries.map((entry) => this.value(entry.value)) : this.map(node);
  }

  private alias(node: Alias): Json {
    if (!node.target) {
      this.issue(node, `anchor "${node.name}" contains itself`);
      return null;
    }
    const value = this.value(node.target);
    const size = this.anchored.get(node.target)?.size ?? 0;
    this.size += size;
    this.copies += size;
    if (!this.multiplied && isMultiplied(this.copies, this.size)) {
      this.multiplied = true;
      this.issue(node, `aliases multiply: up to here ${this.copies} of ${this.size} values are repetitions`);
    }
    return value;
  }

  private scalar(node: Scalar): Json {
    const value = scalarValue(node);
    if (value === undefined) {
      this.issue(node, `${JSON.stringify(node.source)} does not fit its tag`);
      return null;
    }
    if (typeof value !== "number" && typeof value !== "bigint") {
      // In JSON only words and numbers stand without quotes, and YAML takes a number beyond a double for text.
      if (typeof value === "string" && node.plain && this.json)
        this.issue(node, `${node.source} is not a number that fits`);
      return value;
    }
    if (typeof value === "number" && !Number.isFinite(value)) this.issue(node, `${node.source} has no JSON value`);
    return this.number(value, node.source);
  }

  private map(node: Collection): Json {
    const members: Record<string, Json> = {};
    const own = new Map<string, ScalarValue>();
    for (const entry of node.entries) {
      // Go's reader goes from top to bottom: a merge also covers the keys above it.
      if (isMerge(entry)) for (const [key, value] of this.merged(entry.value)) put(members, key, value);
      else {
        const key = this.key(entry, own);
        const value = this.value(entry.value);
        if (key !== undefined) put(members, key, value);
      }
    }
    return members;
  }

  /** As in Go's reader, the last of several entries with one key counts; what a type of its own tells apart does not. */
  private key(entry: Entry, own: Map<string, ScalarValue>): string | undefined {
    this.size += 1;
    const value = entry.key && keyValue(entry.key);
    const key = value === undefined ? undefined : keyText(value);
    if (key === undefined || value === undefined) {
      this.issue(entry, "a key must be text, a number, or a boolean");
      return undefined;
    }
    const earlier = own.get(key);
    own.set(key, value);
    if (earlier === value)
      this.notes.push(this.issueAt(entry.start, `duplicate key ${JSON.stringify(key)}; the last one counts`));
    else if (earlier !== undefined) this.issue(entry, `two different keys that are ${JSON.stringify(key)} in JSON`);
    return key;
  }

  private merged(source: Syntax): readonly (readonly [string, Json])[] {
    const value = this.value(source);
    const node = source.kind === "alias" ? source.target : source;
    // Of several merged maps the first one wins.
    if (node?.kind === "seq" && source.kind !== "alias") {
      return node.entries.toReversed().flatMap((entry) => this.mergedMap(entry.value, this.value(entry.value)));
    }
    return this.mergedMap(source, value);
  }

  private mergedMap(source: Syntax, value: Json): readonly (readonly [string, Json])[] {
    const node = source.kind === "alias" ? source.target : source;
    if (node?.kind === "map") return Object.entries(value as Readonly<Record<string, Json>>);
    this.issue(source, `"<<" needs a map, or a list of maps`);
    return [];
  }

  private issue({ start }: { readonly start: number }, message: string): void {
    this.issues.push(this.issueAt(start, message));
  }
}

/** A member of that name, were it `__proto__`. */
function put(members: Record<string, Json>, key: string, value: Json): void {
  if (key === "__proto__") {
    Object.defineProperty(members, key, { value, writable: true, enumerable: true, configurable: true });
  } else members[key] = value;
}

/** Go's reader (go.yaml.in/yaml/v2, `allowedAliasRatio`) lets 99 in 100 values come from aliases, of millions 10 in 100. */
function isMultiplied(copies: number, values: number): boolean {
  const [low, high] = [400_000, 4_000_000];
  const large = Math.min(1, Math.max(0, (values - low) / (high - low)));
  return copies > 100 && values > 1000 && copies / values > 0.99 - 0.89 * large;
}

const scalarValue = ({ plain, source, tag }: Scalar) => {
  if (tag !== undefined) return taggedValue(source, tag);
  return plain ? plainValue(source) : source;
};

/** `<<: *base`, which stands for the members of another map. */
export const isMerge = ({ key }: Entry): boolean =>
  key?.kind === "scalar" &&
  key.source === "<<" &&
  (key.tag === undefined ? key.plain : key.tag === mergeTag || key.tag === "!");

const mergeTag = "tag:yaml.org,2002:merge";

/** The key of a map entry as JSON has it; undefined when it cannot be one. */
export function keyOf({ key }: Entry): string | undefined {
  const value = key && keyValue(key);
  return value === undefined ? undefined : keyText(value);
}

function keyValue(key: Syntax): ScalarValue | undefined {
  const node = key.kind === "alias" ? key.target : key;
  return node?.kind === "scalar" ? scalarValue(node) : undefined;
}

/** The entries that count for nothing, because their key comes again below. */
export function shadowed({ entries }: Collection): ReadonlySet<Entry> {
  const last = new Map(entries.map((entry) => [keyOf(entry), entry] as const));
  if (last.size === entries.length) return new Set();
  return new Set(entries.filter((entry) => !isMerge(entry) && last.get(keyOf(entry)) !== entry));
}

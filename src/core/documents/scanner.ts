/**
 * A YAML text as tokens. The rules are those of the reader that kubectl and Linkerd have (go.yaml.in/yaml/v2, which
 * follows libyaml), not those of YAML 1.2: where a collection begins and ends is told by columns, and whether text is a
 * key is known only when its `:` comes, so that tokens are put in before ones that are there.
 */
import { Cursor, isBlank, isBreak, isGap, Mistake } from "./cursor.ts";
import { scanBlock, scanJsonText, scanPlain, scanQuoted } from "./scan-scalar.ts";
import { type Directive, scanDirective, scanName, scanTag, type ScannedTag } from "./scan-words.ts";

interface Place {
  readonly start: number;
  readonly end: number;
}

/** Without what is read from the text: brackets, signs, and where block collections begin and end. */
export type Mark =
  | "stream-end"
  | "document-start"
  | "document-end"
  | "block-seq"
  | "block-map"
  | "block-end"
  | "["
  | "]"
  | "{"
  | "}"
  | "-"
  | ","
  | "key"
  | "value";

export type Token = Place &
  (
    | { readonly kind: Mark }
    | { readonly kind: "alias" | "anchor"; readonly name: string }
    | { readonly kind: "scalar"; readonly value: string; readonly plain: boolean }
    | ({ readonly kind: "tag" } & ScannedTag)
    | { readonly kind: "directive"; readonly directive: Directive }
  );

/** Something that is a key if `:` follows on the same line. */
interface PossibleKey {
  readonly at: number;
  readonly lineStart: number;
  /** Nothing else can stand in its place. */
  readonly required: boolean;
  /** Its first token, counted from the beginning of the text. */
  readonly token: number;
}

// How far behind the beginning of a key its colon may be, in characters (YAML 1.1, section 9.3).
const longestKey = 1024;

export class Scanner {
  private readonly cursor: Cursor;
  private readonly json: boolean;
  private readonly queue: Token[] = [];
  private taken = 0;
  /** The next token, once it is known that nothing comes before it. */
  private ready: Token | undefined;
  private column = -1;
  private readonly columns: number[] = [];
  /** One place for each open bracket, and one outside of all. */
  private readonly keys: (PossibleKey | undefined)[] = [undefined];
  private keyAllowed = true;

  /** `json`: the text is JSON, which allows more in quotes and around colons than YAML 1.1. */
  constructor(text: string, { start, json }: { readonly start: number; readonly json: boolean }) {
    this.cursor = new Cursor(text, start);
    this.json = json;
  }

  /** The next token. Throws a `Mistake` where there is none. */
  peek(): Token {
    while (this.ready === undefined) {
      const first = this.queue[0];
      if (first === undefined || this.keys.some((key) => key?.token === this.taken && this.isValid(key))) this.fetch();
      else this.ready = first;
    }
    return this.ready;
  }

  next(): Token {
    const token = this.peek();
    this.ready = undefined;
    this.queue.shift();
    this.taken += 1;
    return token;
  }

  private get inFlow(): boolean {
    return this.keys.length > 1;
  }

  private fetch(): void {
    this.skipToToken();
    this.closeTo(this.cursor.column);
    const { cursor } = this;
    if (Number.isNaN(cursor.code())) this.streamEnd();
    else if (cursor.column === 0 && cursor.is("%")) this.directive();
    else if (cursor.isMarker("---")) this.documentMark("document-start");
    else if (cursor.isMarker("...")) this.documentMark("document-end");
    else this.content(cursor.text[cursor.at] ?? "");
  }

  private content(character: string): void {
    const { cursor } = this;
    const gap = isGap(cursor.code(1));
    if (character === "[" || character === "{") this.open(character);
    else if (character === "]" || character === "}") this.close(character);
    else if (character === ",") this.comma();
    else if (character === "-" && gap) this.dash();
    else if (character === "?" && (this.inFlow || gap)) this.question();
    else if (character === ":" && (this.inFlow || gap)) this.colon();
    else if (character === "*" || character === "&") this.name(character);
    else if (character === "!") this.tag();
    else if ((character === "|" || character === ">") && !this.inFlow) this.block();
    else if (character === "'" || character === '"') this.quoted(character);
    else if (this.beginsPlain(character)) this.plain();
    else throw new Mistake(cursor.at, cannotBegin(character));
  }

  private beginsPlain(character: string): boolean {
    if (character === "-") return !isBlank(this.cursor.code(1));
    if (character === "?" || character === ":") return !this.inFlow;
    return !/[ \t,[\]{}#&*!|>'"%@`]/.test(character);
  }

  private skipToToken(): void {
    const { cursor } = this;
    for (;;) {
      while (cursor.is(" ") || (cursor.is("\t") && (this.inFlow || !this.keyAllowed))) cursor.at += 1;
      cursor.skipComment();
      if (!isBreak(cursor.code())) return;
      cursor.takeBreak();
      if (!this.inFlow) this.keyAllowed = true;
    }
  }

  /** Block collections that begin right of the column end here. */
  private closeTo(column: number): void {
    while (!this.inFlow && this.column > column) {
      this.push("block-end", 0);
      this.column = this.columns.pop() ?? -1;
    }
  }

  /** A block collection begins, unless one is there already at this column. */
  private openAt(column: number, kind: "block-seq" | "block-map", start: number, index = this.queue.length): void {
    if (this.inFlow || this.column >= column) return;
    this.columns.push(this.column);
    this.column = column;
    this.queue.splice(index, 0, { kind, start, end: start });
  }

  private push(kind: Mark, length: number): void {
    const start = this.cursor.at;
    this.cursor.at += length;
    this.queue.push({ kind, start, end: this.cursor.at });
  }

  private isValid(key: PossibleKey): boolean {
    if (this.json) return true;
    const { text, at, lineStart } = this.cursor;
    if (key.lineStart === lineStart && !isFurther(text, key.at, at, longestKey)) return true;
    if (key.required) throw missingColon(key);
    this.keys[this.keys.indexOf(key)] = undefined;
    return false;
  }

  private mayBeKey(): void {
    const { at, lineStart, column } = this.cursor;
    if (!this.keyAllowed) return;
    this.noKey();
    const required = !this.inFlow && this.column === column;
    this.keys[this.keys.length - 1] = { at, lineStart, required, token: this.taken + this.queue.length };
  }

  /** What could have been a key is none. */
  private noKey(): void {
    const key = this.keys.at(-1);
    if (key?.required === true) throw missingColon(key);
    this.keys[this.keys.length - 1] = undefined;
  }

  private streamEnd(): void {
    this.closeTo(-1);
    this.noKey();
    this.keyAllowed = false;
    this.push("stream-end", 0);
  }

  private directive(): void {
    this.closeTo(-1);
    this.noKey();
    this.keyAllowed = false;
    const start = this.cursor.at;
    const directive = scanDirective(this.cursor);
    this.queue.push({ kind: "directive", directive, start, end: this.cursor.at });
  }

  private documentMark(kind: "document-start" | "document-end"): void {
    this.closeTo(-1);
    this.noKey();
    this.keyAllowed = false;
    this.push(kind, 3);
  }

  private open(bracket: "[" | "{"): void {
    if (!this.json) this.mayBeKey();
    this.keys.push(undefined);
    this.keyAllowed = true;
    this.push(bracket, 1);
  }

  private close(bracket: "]" | "}"): void {
    this.noKey();
    if (this.inFlow) this.keys.pop();
    this.keyAllowed = false;
    this.push(bracket, 1);
  }

  private comma(): void {
    this.noKey();
    this.keyAllowed = true;
    this.push(",", 1);
  }

  private dash(): void {
    if (!this.inFlow) {
      if (!this.keyAllowed)
        throw new Mistake(this.cursor.at, `a list cannot begin with "- " on this line; put it below`);
      this.openAt(this.cursor.column, "block-seq", this.cursor.at);
    }
    this.noKey();
    this.keyAllowed = true;
    this.push("-", 1);
  }

  private question(): void {
    if (!this.inFlow) {
      if (!this.keyAllowed) throw new Mistake(this.cursor.at, `a key cannot begin with "? " here`);
      this.openAt(this.cursor.column, "block-map", this.cursor.at);
    }
    this.noKey();
    this.keyAllowed = !this.inFlow;
    this.push("key", 1);
  }

  private colon(): void {
    const key = this.keys.at(-1);
    if (key && this.isValid(key)) {
      const index = key.token - this.taken;
      this.queue.splice(index, 0, { kind: "key", start: key.at, end: key.at });
      this.openAt(key.at - key.lineStart, "block-map", key.at, index);
      this.keys[this.keys.length - 1] = undefined;
      this.keyAllowed = false;
    } else {
      if (!this.inFlow) {
        if (!this.keyAllowed) throw new Mistake(this.cursor.at, secondColon);
        this.openAt(this.cursor.column, "block-map", this.cursor.at);
      }
      this.keyAllowed = !this.inFlow;
    }
    this.push("value", 1);
  }

  private name(sign: "*" | "&"): void {
    this.mayBeKey();
    this.keyAllowed = false;
    const start = this.cursor.at;
    const name = scanName(this.cursor);
    this.queue.push({ kind: sign === "*" ? "alias" : "anchor", name, start, end: this.cursor.at });
  }

  private tag(): void {
    this.mayBeKey();
    this.keyAllowed = false;
    const start = this.cursor.at;
    const tag = scanTag(this.cursor);
    this.queue.push({ kind: "tag", ...tag, start, end: this.cursor.at });
  }

  private block(): void {
    this.noKey();
    this.keyAllowed = true;
    const start = this.cursor.at;
    this.queue.push({ kind: "scalar", plain: false, start, ...scanBlock(this.cursor, this.column) });
  }

  private quoted(quote: string): void {
    this.mayBeKey();
    this.keyAllowed = false;
    const start = this.cursor.at;
    const scanned = this.json && quote === '"' ? scanJsonText(this.cursor) : scanQuoted(this.cursor);
    this.queue.push({ kind: "scalar", plain: false, start, ...scanned });
  }

  private plain(): void {
    this.mayBeKey();
    this.keyAllowed = false;
    const start = this.cursor.at;
    const { value, end, broken } = scanPlain(this.cursor, this.column, this.inFlow);
    this.queue.push({ kind: "scalar", plain: true, start, end, value });
    if (broken) this.keyAllowed = true;
  }
}

/** Whether more than so many characters lie between; one beyond the basic plane has two units. */
function isFurther(text: string, start: number, end: number, characters: number): boolean {
  if (end - start <= characters) return false;
  return end - start > 2 * characters || Array.from(text.slice(start, end)).length > characters;
}

const missingColon = ({ at }: PossibleKey): Mistake =>
  new Mistake(
    at,
    `expected "key: value" here; text that goes on from the line above must be indented deeper than its key`,
  );

const secondColon = `a second ": " on the line, or a key indented deeper than the ones above it; text with ": " needs quotes`;

function cannotBegin(character: string): string {
  if (character === "\t") return "a tab stands where indentation is expected; use spaces";
  return `text cannot begin with ${JSON.stringify(character)}; put it in quotes`;
}

/** A place in a text that is being read, with what YAML 1.1 takes for white space and line ends. */

/** The character codes that end a line: LF, CR, NEL, LS, PS (YAML 1.1, section 4.2). */
export const isBreak = (code: number): boolean =>
  code === 0x0a || code === 0x0d || code === 0x85 || code === 0x2028 || code === 0x2029;

export const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

/** The end of the text has the code NaN, as `charCodeAt` gives it. */
export const isBreakOrEnd = (code: number): boolean => isBreak(code) || Number.isNaN(code);
export const isGap = (code: number): boolean => isBlank(code) || isBreakOrEnd(code);

/** What is wrong with a text, and where. Thrown by those who read tokens and caught where the document is read. */
export class Mistake extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

export class Cursor {
  readonly text: string;
  at: number;
  lineStart: number;

  constructor(text: string, at: number) {
    this.text = text;
    this.at = at;
    this.lineStart = at;
  }

  /** Zero-based. */
  get column(): number {
    return this.at - this.lineStart;
  }

  /** The code of the character so many places further on. */
  code(ahead = 0): number {
    return this.text.charCodeAt(this.at + ahead);
  }

  is(character: string, ahead = 0): boolean {
    return this.text[this.at + ahead] === character;
  }

  /**
   * Over a line end; returns what it stands for in a scalar. Of CR CR LF, Kubernetes' line reader makes CR LF, which is
   * one line end.
   */
  takeBreak(): string {
    const code = this.code();
    this.at += this.text.startsWith("\r\r\n", this.at) ? 3 : code === 0x0d && this.code(1) === 0x0a ? 2 : 1;
    this.lineStart = this.at;
    return code === 0x2028 || code === 0x2029 ? String.fromCharCode(code) : "\n";
  }

  skipBlanks(): void {
    while (isBlank(this.code())) this.at += 1;
  }

  /** To the end of the line, if a comment begins here. */
  skipComment(): void {
    if (this.is("#")) while (!isBreakOrEnd(this.code())) this.at += 1;
  }

  /** What the pattern, which must be sticky, finds here; it must hold no line end. */
  take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? "";
    this.at += found.length;
    return found;
  }

  /** Whether a line `---` or `...` begins here. */
  isMarker(marker: "---" | "..."): boolean {
    return this.column === 0 && this.text.startsWith(marker, this.at) && isGap(this.code(3));
  }
}

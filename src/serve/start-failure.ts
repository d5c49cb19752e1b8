/** Thrown by a program that cannot start, or cannot go on for a reason outside of it: what to tell whoever started it. */
export class StartFailure extends Error {
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join("\n"));
    this.lines = lines;
  }
}

/** What a command may use of the world around it. Tests pass their own; `main.ts` passes the process's. */
export interface Io {
  /** Standard input as a whole; rejects when it is no UTF-8 text, unless that may be put up with. */
  readonly stdin: (how?: { readonly lossy: boolean }) => Promise<string>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the two streams show colours. */
  readonly colours: { readonly stdout: boolean; readonly stderr: boolean };
  /** Aborts when the user asks to stop. Reading it turns off the usual end at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Of weft, as `--version` and `linkerd.io/created-by` say it. */
  readonly version: string;
}

/** Thrown by a command that cannot do what it was asked: each line goes to standard error, then the exit code. */
export class CommandFailure extends Error {
  readonly lines: readonly string[];
  readonly exitCode: number;

  constructor(lines: readonly string[], exitCode = 1) {
    super(lines.join("\n"));
    this.lines = lines;
    this.exitCode = exitCode;
  }
}

/** The arguments themselves are wrong. */
export const usageFailure = (...lines: readonly string[]): CommandFailure => new CommandFailure(lines, 2);

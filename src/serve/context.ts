/** What a program that serves is told by the command that starts it. */
import type { Environment } from "./flags.ts";

export interface Context {
  readonly env: Environment;
  /** Of weft, as `--version` says it. */
  readonly version: string;
}

/** Colours on a terminal (ECMA-48, SGR), or none. */
import type { Colours } from "./terminal.ts";

/** Each wraps a text; without colours it gives the text back. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

export function paint(colours: Colours): Paint {
  const wrapped =
    (on: number, off: number) =>
    (text: string): string =>
      colours === undefined ? text : `${colours}${on}m${text}${colours}${off}m`;
  return {
    bold: wrapped(1, 22),
    dim: wrapped(2, 22),
    red: wrapped(31, 39),
    green: wrapped(32, 39),
    yellow: wrapped(33, 39),
    cyan: wrapped(36, 39),
  };
}

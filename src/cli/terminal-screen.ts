/**
 * The terminal that standard input and output are. Its keys can be had one by one, for a program elsewhere; or all of it,
 * for as long as a command shows one picture after another: on a screen of its own, so that what was there before is there
 * again afterwards. The sequences are those of ECMA-48 and xterm.
 */
import type { ReadStream, WriteStream } from "node:tty";
import { forPeople } from "../core/base/text/terminal.ts";
import type { Colours } from "../core/base/text/terminal.ts";

export interface Terminal {
  readonly size: () => { readonly columns: number; readonly rows: number };
  /** Gives what ends it. */
  readonly onResize: (listener: () => void) => () => void;
  /** From now on every key is passed on, Ctrl-C too; gives what sets the terminal back. */
  readonly raw: () => () => void;
  /** Nothing else is to be written until the screen is given back. */
  readonly takeScreen: (on: ScreenEvents) => Screen;
}

interface ScreenEvents {
  readonly key: (key: Key) => void;
  readonly resize: () => void;
}

export type Key = "up" | "down" | "page up" | "page down" | "home" | "end" | "quit";

export interface Screen {
  /** Lines for people, from the top; those that are too long or too many are cut off. */
  readonly draw: (lines: readonly string[]) => void;
  /** Gives it back, as it was; a second time does nothing. */
  readonly end: () => void;
}

type Input = Pick<ReadStream, "on" | "off" | "setRawMode" | "isRaw" | "isTTY" | "resume" | "pause">;
type Output = Pick<WriteStream, "on" | "off" | "write" | "isTTY" | "columns" | "rows">;

/** The part of `process` that tells when it ends. */
interface Ending {
  readonly on: (event: "exit", listener: () => void) => unknown;
  readonly off: (event: "exit", listener: () => void) => unknown;
}

export interface TerminalParts {
  readonly input: Input;
  readonly output: Output;
  readonly colours: Colours;
  readonly process: Ending;
}

/** Undefined: not both of them are one. */
export const terminalOf = (parts: TerminalParts): Terminal | undefined =>
  parts.input.isTTY && parts.output.isTTY
    ? {
        size: () => sizeOf(parts.output),
        onResize: (listener) => onResize(parts, listener),
        raw: () => raw(parts),
        takeScreen: (on) => taken(parts, on),
      }
    : undefined;

function onResize({ output }: TerminalParts, listener: () => void): () => void {
  output.on("resize", listener);
  return () => output.off("resize", listener);
}

function raw({ input }: TerminalParts): () => void {
  const was = input.isRaw;
  input.setRawMode(true);
  return () => void input.setRawMode(was);
}

const csi = "\u001B[";
/** Alternate screen, no cursor, long lines are cut off; and back. */
const enter = `${csi}?1049h${csi}?25l${csi}?7l`;
const leave = `${csi}?7h${csi}?25h${csi}?1049l`;
const home = `${csi}H`;
const toEndOfLine = `${csi}K`;
const toEndOfScreen = `${csi}J`;

function taken(parts: TerminalParts, { key, resize }: ScreenEvents): Screen {
  const { input, output, colours, process } = parts;
  const onData = (data: Buffer): void => {
    for (const pressed of keysIn(data.toString("latin1"))) key(pressed);
  };
  let isOver = false;
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    process.off("exit", end);
    input.off("data", onData);
    setBack();
    input.pause();
    deaf();
    output.write(leave);
  };
  // However the process ends.
  process.on("exit", end);
  output.write(enter);
  const deaf = onResize(parts, resize);
  const setBack = raw(parts);
  input.on("data", onData);
  input.resume();
  return {
    draw: (lines) => {
      if (isOver) return;
      const shown = lines.slice(0, sizeOf(output).rows).map((line) => forPeople(line, colours).replaceAll("\n", " "));
      output.write(`${home}${shown.map((line) => `${line}${toEndOfLine}`).join("\r\n")}${toEndOfScreen}`);
    },
    end,
  };
}

const sizeOf = ({ columns, rows }: Output) => ({ columns: columns || 80, rows: rows || 24 });

const escape = "\u001B";

/** What terminals send for a key; the cursor keys have two forms. Ctrl-C and Ctrl-D are no signals in raw mode. */
const sequences: ReadonlyMap<string, Key> = new Map<string, Key>([
  [`${escape}[A`, "up"],
  [`${escape}OA`, "up"],
  ["k", "up"],
  [`${escape}[B`, "down"],
  [`${escape}OB`, "down"],
  ["j", "down"],
  [`${escape}[5~`, "page up"],
  [`${escape}[6~`, "page down"],
  [`${escape}[H`, "home"],
  [`${escape}OH`, "home"],
  [`${escape}[1~`, "home"],
  [`${escape}[F`, "end"],
  [`${escape}OF`, "end"],
  [`${escape}[4~`, "end"],
  ["q", "quit"],
  ["\u0003", "quit"],
  ["\u0004", "quit"],
]);

function keysIn(text: string): readonly Key[] {
  const pressed: Key[] = [];
  for (let at = 0; at < text.length;) {
    const [sequence, key] = [...sequences].find(([each]) => text.startsWith(each, at)) ?? [];
    if (key !== undefined) pressed.push(key);
    at += sequence?.length ?? 1;
  }
  return pressed;
}

/** A terminal for tests: what is written to it is kept, keys are pressed by hand. */
import { EventEmitter } from "node:events";
import { terminalOf } from "../../src/cli/terminal-screen.ts";
import type { Terminal } from "../../src/cli/terminal-screen.ts";

export interface FakeTerminal extends Terminal {
  readonly written: () => string;
  /** The lines of the last picture, without what moves the cursor. */
  readonly picture: () => readonly string[];
  readonly press: (keys: string) => void;
  readonly resize: (columns: number, rows: number) => void;
  readonly isRaw: () => boolean;
  /** As a process that ends without a word. */
  readonly exit: () => void;
}

export function fakeTerminal(columns = 100, rows = 10): FakeTerminal {
  let written = "";
  const input = Object.assign(new EventEmitter(), {
    isTTY: true,
    isRaw: false,
    setRawMode: (on: boolean) => (input.isRaw = on),
    resume: () => undefined,
    pause: () => undefined,
  });
  const output = Object.assign(new EventEmitter(), {
    isTTY: true,
    columns,
    rows,
    write: (text: string) => {
      written += text;
      return true;
    },
  });
  const process = new EventEmitter();
  const parts = { input, output, colours: undefined, process } as object as Parameters<typeof terminalOf>[0];
  const made = terminalOf(parts);
  if (made === undefined) throw new Error("it is no terminal");
  return {
    ...made,
    written: () => written,
    picture: () => (written.split("\u001B[H").at(-1) ?? "").split("\u001B[J")[0]?.split("\u001B[K\r\n").map(bare) ?? [],
    press: (keys) => void input.emit("data", Buffer.from(keys)),
    resize: (width, height) => {
      Object.assign(output, { columns: width, rows: height });
      output.emit("resize");
    },
    isRaw: () => input.isRaw,
    exit: () => void process.emit("exit"),
  };
}

const bare = (line: string): string => line.replaceAll("\u001B[K", "").trimEnd();

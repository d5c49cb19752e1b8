/** `weft completion SHELL`: prints what a shell reads so that Tab completes weft's words. */
import type { Command } from "commander";
import { readFile } from "node:fs/promises";
import { quoted } from "../../core/base/text/quote.ts";
import { closest } from "../../core/base/text/similar.ts";
import { usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { shellFiles, shells } from "./shells.ts";

export function register(command: Command, io: Io): void {
  command.argument("[shell]", shells.join(", ")).action(async (word: string | undefined) => {
    if (word === undefined) throw usageFailure(`name the shell: ${shells.join(", ")}`);
    const shell = shells.find((each) => each === word);
    if (shell === undefined) throw usageFailure(unknownShell(word));
    io.stdout(await readFile(new URL(shellFiles[shell], folder), "utf8"));
  });
}

/** Found from `src` and from `dist`. */
const folder = new URL("../../../completion/", import.meta.url);

function unknownShell(word: string): string {
  const meant = closest(word, shells);
  const hint = meant === undefined ? `expected ${shells.join(", ")}` : `did you mean ${meant}?`;
  return `no completion for ${quoted(word)}; ${hint}`;
}

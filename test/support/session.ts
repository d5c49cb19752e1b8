/** Pages as they are typed: files of a page, and its commands with what they print. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../src/cli/program.ts";
import { recordingIo } from "./recording-io.ts";

/** Fences such as "```yaml app.yaml" are files; "```console" has `$ weft …` and what it prints. */
export interface Session {
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly blocks: readonly string[];
}

export function sessionOf(page: string): Session {
  const fences = [...page.matchAll(/^```([a-z]+)(?: (\S+))?\n(.*?)^```$/gms)];
  return {
    files: fences.flatMap(([, , name, text = ""]) => (name === undefined ? [] : [{ name, text }])),
    blocks: fences.flatMap(([, language, , text = ""]) => (language === "console" ? [text] : [])),
  };
}

/** Each block as it comes out when its commands are run, one after the other, in a folder with the page's files. */
export async function played({ files, blocks }: Session): Promise<readonly string[]> {
  const [folder, before] = [await mkdtemp(join(tmpdir(), "weft-page-")), process.cwd()];
  try {
    for (const { name, text } of files) await writeFile(join(folder, name), text);
    process.chdir(folder);
    const out: string[] = [];
    for (const block of blocks) out.push(await playedBlock(block));
    return out;
  } finally {
    process.chdir(before);
    await rm(folder, { recursive: true });
  }
}

async function playedBlock(block: string): Promise<string> {
  let exit = 0;
  let text = "";
  for (const [, line = ""] of block.matchAll(/^\$ (.*)$/gm)) {
    text += `$ ${line}\n`;
    if (line === "echo $?") {
      text += `${exit}\n`;
      continue;
    }
    let stdin = "";
    for (const command of line.split(" | ")) {
      const [program, ...args] = wordsOf(command);
      if (program !== "weft") throw new Error(`only weft is run here, not ${line}`);
      const io = recordingIo({ stdin });
      exit = await run(args, io);
      text += io.written.stderr;
      stdin = io.written.stdout;
    }
    // The report of a command stands below what it prints, as on a terminal at its end.
    text = stdin === "" ? text : inserted(text, line, stdin);
  }
  return text;
}

const inserted = (text: string, line: string, output: string): string => {
  const at = text.lastIndexOf(`$ ${line}\n`) + line.length + 3;
  return text.slice(0, at) + output + text.slice(at);
};

/** Words of a shell, with single and double quotes. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replaceAll(/["']/g, ""));

/** `weft wrap convert`: a configuration of linkerd 0.1 to 0.9 as one of 1.x. */
import type { Command } from "commander";
import { issueText } from "../../core/base/text/issue.ts";
import { converted } from "../../core/wrap/convert.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { readAll } from "../manifests/inputs.ts";

export async function convert(names: readonly string[], _command: Command, io: Io): Promise<void> {
  const [input, other] = await readAll(names, io);
  if (input === undefined || other !== undefined)
    throw usageFailure("name one file with a configuration, or - for standard input");
  const result = converted(input.text, input.name);
  if ("issues" in result) throw new CommandFailure(result.issues.map(issueText));
  const { text, notes } = result.value;
  io.stdout(text);
  const lines = notes.length === 0 ? ["it is of 1.x already, and stays as it is"] : notes.map(issueText);
  io.stderr(lines.map((line) => `weft: ${line}\n`).join(""));
}

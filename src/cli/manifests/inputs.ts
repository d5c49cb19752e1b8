/** The manifests a command was given. */
import { transformEach } from "../../core/manifests/transform.ts";
import type { Format, Told, Transformation } from "../../core/manifests/transform.ts";
import { warningLine } from "../../core/inject/messages/warnings.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { readInputs } from "../../files/inputs.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";

export const inputsArgument = "files, folders, https URLs, or - for standard input";

/**
 * Writes all inputs, changed, to standard output; or fails with every problem and writes nothing. Tells the author what is
 * odd about them, and returns what is told about the objects, input by input.
 */
export async function writeChanged(
  names: readonly string[],
  format: Format,
  io: Io,
  how: Transformation,
): Promise<readonly (readonly Told[])[]> {
  if (names.length === 0)
    throw usageFailure("please specify a kubernetes resource file, a folder, or - for standard input");
  const read = await readInputs(names, {
    stdin: io.stdin,
    fetch: (url) => fetch(url, { signal: AbortSignal.timeout(60_000) }),
  });
  if ("issues" in read) throw new CommandFailure(read.issues.map(issueText));
  const result = transformEach(read.inputs, format, how);
  if ("issues" in result) throw new CommandFailure(result.issues.map(issueText));
  io.stdout(result.values.map(({ text }) => text).join(""));
  for (const { notes, objects } of result.values) {
    for (const note of notes) io.stderr(`weft: ${issueText(note)}\n`);
    for (const { report, warnings } of objects) {
      for (const warning of warnings) io.stderr(`weft: ${warningLine(report, warning)}\n`);
    }
  }
  return result.values.map(({ objects }) => objects);
}

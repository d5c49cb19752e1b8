/** The manifests a command was given. */
import { transform } from "../core/manifests/transform.ts";
import type { Format, ObjectChange, Told } from "../core/manifests/transform.ts";
import { issueText } from "../core/mesh/issue.ts";
import { readInputs } from "../files/inputs.ts";
import { CommandFailure, usageFailure } from "./io.ts";
import type { Io } from "./io.ts";

export const inputsArgument = "files, folders, https URLs, or - for standard input";

/** Writes all inputs, changed, to standard output; or fails with every problem and writes nothing. */
export async function writeChanged(
  names: readonly string[],
  format: Format,
  io: Io,
  change: ObjectChange,
): Promise<readonly Told[]> {
  if (names.length === 0)
    throw usageFailure("please specify a kubernetes resource file, a folder, or - for standard input");
  const read = await readInputs(names, {
    stdin: io.stdin,
    fetch: (url) => fetch(url, { signal: AbortSignal.timeout(60_000) }),
  });
  if ("issues" in read) throw new CommandFailure(read.issues.map(issueText));
  const result = transform(read.inputs, format, change);
  if ("issues" in result) throw new CommandFailure(result.issues.map(issueText));
  io.stdout(result.text);
  return result.objects;
}

/** The manifests a command was given. */
import { setFlagsFromString } from "node:v8";
import { joinerOf, transformEach } from "../../core/manifests/transform.ts";
import type { Format, Told, Transformation, Transformed } from "../../core/manifests/transform.ts";
import { warningLine } from "../../core/inject/messages/warnings.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { toYaml } from "../../core/documents/yaml-text.ts";
import { readInputs } from "../../files/inputs.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { identityOf } from "../../core/manifests/names.ts";
import { untouched } from "../../core/manifests/report.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import type { Issue } from "../../core/base/text/issue.ts";
import type { Input } from "../../files/inputs.ts";

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
  return writeInputs(await namedInputs(names, io), format, io, how);
}

/** All inputs, at least one. */
export async function namedInputs(names: readonly string[], io: Io): Promise<readonly Input[]> {
  if (names.length === 0)
    throw usageFailure("please specify a kubernetes resource file, a folder, or - for standard input");
  const inputs = await readAll(names, io);
  if (inputs.reduce((sum, { text }) => sum + text.length, 0) > much) saveMemory();
  return inputs;
}

/** As `writeChanged`, of what was read already; `behind`: objects that come after them. */
export function writeInputs(
  inputs: readonly Input[],
  format: Format,
  io: Io,
  how: Transformation,
  behind: readonly JsonObject[] = [],
): readonly (readonly Told[])[] {
  const result = transformEach(inputs, format, how);
  if ("issues" in result) throw new CommandFailure(result.issues.map(issueText));
  const added = behind.map(format === "json" ? (object) => `${JSON.stringify(object)}\n` : toYaml);
  io.stdout(joinerOf(format)([...result.values.map(({ text }) => text), ...added]));
  tell(result.values, io);
  return result.values.map(({ objects }) => objects);
}

/** Characters; a manifest written by hand has fewer. */
const much = 512 * 1024;

/**
 * V8 would let its heap become four times what is in it. Asked for as late as here, since Node compiles its own modules
 * again that are loaded under other flags than it was built with: 30 ms of a start.
 */
function saveMemory(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--heap-growing-percent=150");
}

/**
 * The objects of all inputs that `take` takes, in order, and nothing written; or a failure with every problem, those that
 * `take` finds too. The author is told the same as by `writeChanged`.
 */
export function eachObject(inputs: readonly Input[], io: Io, take: (object: JsonObject) => readonly Issue[]): void {
  const change = (object: JsonObject): ReturnType<Transformation["change"]> => {
    const issues = take(object);
    const { kind, name } = identityOf(object);
    return issues.length > 0 ? { issues } : { object, report: untouched(kind, name), warnings: [] };
  };
  const result = transformEach(inputs, "yaml", { change, quotes: false });
  if ("issues" in result) throw new CommandFailure(result.issues.map(issueText));
  tell(result.values, io);
}

/** `isWanted`: which files of folders. */
export async function readAll(
  names: readonly string[],
  { stdin }: Io,
  how: { readonly isWanted?: (path: string) => boolean } = {},
): Promise<readonly Input[]> {
  const fetched = (url: string): Promise<Response> => fetch(url, { signal: AbortSignal.timeout(60_000) });
  const read = await readInputs(names, { stdin, fetch: fetched, ...how });
  if ("issues" in read) throw new CommandFailure(read.issues.map(issueText));
  return read.value;
}

function tell(values: readonly Transformed[], io: Io): void {
  for (const { notes, objects } of values) {
    for (const note of notes) io.stderr(`weft: ${issueText(note)}\n`);
    for (const { report, warnings } of objects) {
      for (const warning of warnings) io.stderr(`weft: ${warningLine(report, warning)}\n`);
    }
  }
}

/** The installation that a command works with: from files, or Linkerd's default values. */
import { createHash } from "node:crypto";
import { readDocument } from "../core/documents/document.ts";
import { splitDocuments } from "../core/documents/stream.ts";
import { defaultValues } from "../core/inject/defaults.ts";
import { readInstallation, withSettings } from "../core/inject/installation.ts";
import type { Installation } from "../core/inject/installation.ts";
import type { Json } from "../core/mesh/api.ts";
import { issueText } from "../core/mesh/issue.ts";
import type { Issue } from "../core/mesh/issue.ts";
import type { NamedText } from "../core/cluster/objects.ts";
import { readFiles } from "../files/read.ts";
import type { Parsed } from "../files/reloaded.ts";
import { CommandFailure } from "./io.ts";

export interface InstallationFiles {
  /** Helm values, YAML or JSON. */
  readonly settings: string | undefined;
  readonly trustAnchors: string | undefined;
  readonly controlPlaneNamespace: string;
}

/** Reads the files; fails with every problem in them. Without settings: the chart's defaults. */
export async function loadInstallation(files: InstallationFiles): Promise<InstallationLoaded> {
  const named = async (name: string | undefined): Promise<NamedText | undefined> =>
    name === undefined ? undefined : { name, text: await textOf(name) };
  const texts = { settings: await named(files.settings), trustAnchors: await named(files.trustAnchors) };
  const loaded = installationOf({ ...texts, controlPlaneNamespace: files.controlPlaneNamespace });
  if ("issues" in loaded) throw new CommandFailure(loaded.issues.map(issueText));
  return loaded.value;
}

export interface InstallationLoaded {
  readonly installation: Installation;
  readonly warnings: readonly Issue[];
  /** As they were read. */
  readonly values: Json;
}

export interface InstallationTexts {
  readonly settings: NamedText | undefined;
  readonly trustAnchors: NamedText | undefined;
  readonly controlPlaneNamespace: string;
}

/** The installation that these texts describe, or every problem in them, each with its file. */
export function installationOf({
  settings,
  trustAnchors,
  controlPlaneNamespace,
}: InstallationTexts): Parsed<InstallationLoaded> {
  const values = settings === undefined ? { value: defaultValues } : valuesIn(settings);
  if ("issues" in values) return values;
  const read = readInstallation({
    values: values.value,
    trustAnchors:
      trustAnchors === undefined ? undefined : { pem: trustAnchors.text, sha256: sha256(trustAnchors.text) },
    controlPlaneNamespace,
    sha256,
  });
  return "issues" in read
    ? { issues: inFile(settings?.name ?? "default values", read.issues) }
    : { value: { ...read, values: values.value } };
}

/** For those who only read: words stand where trust anchors would be, and nothing fails for want of them. */
export function withAnchors(installation: Installation): Installation {
  if (installation.trustAnchors.pem !== "") return installation;
  const trustAnchors = { pem: "(the trust anchors)", sha256: "(their SHA-256)" };
  return withSettings({ ...installation, trustAnchors }, installation.settings);
}

/** Lower-case hex. */
export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The issues, each with the file it is in. */
export const inFile = (file: string, issues: readonly Issue[]): readonly Issue[] =>
  issues.map(({ at, message }) => ({ at: at === "" ? file : `${file}: ${at}`, message }));

async function textOf(path: string): Promise<string> {
  const [found] = await readFiles([path]);
  if (found !== undefined && "text" in found) return found.text;
  throw new CommandFailure([found === undefined ? path : issueText(found.issue)]);
}

/** The one document in a values file; an empty file is an empty map. */
export function valuesIn({ name, text }: NamedText): Parsed<Json> {
  const documents = splitDocuments(text).map((document) => readDocument(document.text, document.line));
  const issues = documents.flatMap((document) => document.issues);
  if (issues.length > 0) return { issues: inFile(name, issues) };
  const values = documents.flatMap(({ value }) => (value === undefined || value === null ? [] : [value]));
  if (values.length > 1) return { issues: [{ at: name, message: `holds ${values.length} documents, expected one` }] };
  return { value: values[0] ?? {} };
}

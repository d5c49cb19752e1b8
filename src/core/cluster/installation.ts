/**
 * The installation that files describe, as the ConfigMaps of a cluster would: settings and trust anchors, or Linkerd's
 * default values.
 */
import { readDocument } from "../documents/document.ts";
import { splitDocuments } from "../documents/stream.ts";
import { defaultValues } from "../inject/settings/defaults.ts";
import { readInstallation } from "../inject/settings/installation.ts";
import type { Installation } from "../inject/settings/installation.ts";
import type { Json } from "../base/json/json.ts";
import type { Issue, Result } from "../base/text/issue.ts";
import type { NamedText } from "./objects.ts";

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
  /** Lower-case hex. */
  readonly sha256: (text: string) => string;
}

/** The installation that these texts describe, or every problem in them, each with its file. */
export function installationOf({
  settings,
  trustAnchors,
  controlPlaneNamespace,
  sha256,
}: InstallationTexts): Result<InstallationLoaded> {
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

/** The issues, each with the file it is in. */
export const inFile = (file: string, issues: readonly Issue[]): readonly Issue[] =>
  issues.map(({ at, message }) => ({ at: at === "" ? file : `${file}: ${at}`, message }));

/** The one document in a values file; an empty file is an empty map. */
export function valuesIn({ name, text }: NamedText): Result<Json> {
  const documents = splitDocuments(text).map((document) => readDocument(document.text, document.line));
  const issues = documents.flatMap((document) => document.issues);
  if (issues.length > 0) return { issues: inFile(name, issues) };
  const values = documents.flatMap(({ value }) => (value === undefined || value === null ? [] : [value]));
  if (values.length > 1) return { issues: [{ at: name, message: `holds ${values.length} documents, expected one` }] };
  return { value: values[0] ?? {} };
}

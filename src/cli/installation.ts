/** The installation that a command works with: from files, or Linkerd's default values. */
import { createHash } from "node:crypto";
import { readDocument } from "../core/documents/document.ts";
import { splitDocuments } from "../core/documents/stream.ts";
import { anchorDoubts } from "../certificates/anchor-doubts.ts";
import { defaultValues } from "../core/inject/defaults.ts";
import { readInstallation, withSettings } from "../core/inject/installation.ts";
import type { Installation } from "../core/inject/installation.ts";
import type { SettingPath } from "../core/inject/settings.ts";
import type { Json } from "../core/mesh/api.ts";
import { issueText } from "../core/mesh/issue.ts";
import type { Issue } from "../core/mesh/issue.ts";
import { privateKeyIssues } from "../core/mesh/private-keys.ts";
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
  /** Of the settings; places are paths in them. */
  readonly warnings: readonly Issue[];
  /** Of trust anchors, each with its file and certificate. */
  readonly anchorWarnings: readonly Issue[];
  /** As they were read. */
  readonly values: Json;
}

export interface InstallationTexts {
  readonly settings: NamedText | undefined;
  readonly trustAnchors: NamedText | undefined;
  readonly controlPlaneNamespace: string;
}

/** The installation that these texts describe, or every problem in them, each with its file. */
export function installationOf(
  { settings, trustAnchors, controlPlaneNamespace }: InstallationTexts,
  now = new Date(),
): Parsed<InstallationLoaded> {
  const values = settings === undefined ? { value: defaultValues } : valuesIn(settings);
  const anchorsAt = trustAnchors === undefined ? anchorsPath : anchorsFile(trustAnchors.name);
  const keys = trustAnchors === undefined ? [] : privateKeyIssues(trustAnchors.text, anchorsAt);
  if ("issues" in values || keys.length > 0) return { issues: [...keys, ...("issues" in values ? values.issues : [])] };
  const read = readInstallation({
    values: values.value,
    trustAnchors:
      trustAnchors === undefined ? undefined : { pem: trustAnchors.text, sha256: sha256(trustAnchors.text) },
    controlPlaneNamespace,
    sha256,
  });
  if ("issues" in read) return { issues: inFile(settings?.name ?? "default values", read.issues) };
  const { installation, warnings } = read;
  const isOfFile = ({ at }: Issue): boolean => at === anchorsPath && trustAnchors !== undefined;
  return {
    value: {
      installation,
      warnings: warnings.filter((issue) => !isOfFile(issue)),
      anchorWarnings: [
        ...warnings.filter(isOfFile).map(({ message }) => ({ at: anchorsAt, message })),
        ...anchorDoubts(installation.trustAnchors.pem, anchorsAt, now).issues,
      ],
      values: values.value,
    },
  };
}

export const anchorsPath = "identityTrustAnchorsPEM" satisfies SettingPath;

/** What messages call a file of trust anchors. */
export const anchorsFile = (name: string): string => `${name} (--trust-anchors)`;

/** What is said of them beside an answer: of settings with their paths, of trust anchors with their file. */
export const installationLines = ({ warnings, anchorWarnings }: InstallationLoaded): readonly string[] => [
  ...warnings.map((issue) => `settings: ${issueText(issue)}`),
  ...anchorWarnings.map(issueText),
];

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

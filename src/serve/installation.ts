/** The installation that a program works with: from files, or Linkerd's default values. */
import { anchorDoubts } from "../certificates/x509/anchor-doubts.ts";
import type { NamedText } from "../core/cluster/objects.ts";
import { inFile, valuesIn } from "../core/cluster/values-file.ts";
import type { Json } from "../core/base/json/json.ts";
import { issueText } from "../core/base/text/issue.ts";
import type { Issue } from "../core/base/text/issue.ts";
import type { Result } from "../core/base/text/result.ts";
import { issuesOf } from "../core/base/text/result.ts";
import { defaultValues } from "../core/inject/settings/defaults.ts";
import { readInstallation, withSettings } from "../core/inject/settings/installation.ts";
import type { Installation } from "../core/inject/settings/installation.ts";
import type { SettingPath } from "../core/inject/settings/settings.ts";
import { privateKeyIssues } from "../core/mesh/private-keys.ts";
import { sha256 } from "../files/sha256.ts";

export interface InstallationLoaded {
  readonly installation: Installation;
  /** Of the settings; places are paths in them. */
  readonly warnings: readonly Issue[];
  /** Of trust anchors, each with its file and certificate. */
  readonly anchorWarnings: readonly Issue[];
  /** As they were read. */
  readonly values: Json;
  /** SHA-256 of their text, in hexadecimal; blank: they are the default ones. */
  readonly settingsSha256: string;
}

export interface InstallationTexts {
  readonly settings: NamedText | undefined;
  /** `at`: what messages call them, where they are not those of the flag. */
  readonly trustAnchors: (NamedText & { readonly at?: string }) | undefined;
  readonly controlPlaneNamespace: string;
}

/** The installation that these texts describe, or every problem in them, each with its file. */
export function installationOf(
  { settings, trustAnchors, controlPlaneNamespace }: InstallationTexts,
  now = new Date(),
): Result<InstallationLoaded> {
  const values = settings === undefined ? { value: defaultValues } : valuesIn(settings);
  const anchorsAt = trustAnchors === undefined ? anchorsPath : (trustAnchors.at ?? anchorsFile(trustAnchors.name));
  const keys = trustAnchors === undefined ? [] : privateKeyIssues(trustAnchors.text, anchorsAt);
  if ("issues" in values || keys.length > 0) return { issues: [...keys, ...issuesOf(values)] };
  const read = readInstallation({
    values: values.value,
    trustAnchors:
      trustAnchors === undefined ? undefined : { pem: trustAnchors.text, sha256: sha256(trustAnchors.text) },
    controlPlaneNamespace,
    sha256,
  });
  if ("issues" in read) return { issues: inFile(settings?.name ?? "default values", read.issues) };
  const { installation, warnings } = read.value;
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
      settingsSha256: settings === undefined ? "" : sha256(settings.text),
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

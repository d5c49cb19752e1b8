/** The installation that a command works with: from files, or Linkerd's default values. */
import { issueText } from "../core/base/text/issue.ts";
import type { NamedText } from "../core/cluster/objects.ts";
import { readFiles } from "../files/read.ts";
import { CommandFailure } from "./io.ts";
import type { InstallationLoaded } from "../serve/installation.ts";
import { installationOf } from "../serve/installation.ts";

export interface InstallationFiles {
  /** Helm values, YAML or JSON. */
  readonly settings: string | undefined;
  readonly trustAnchors: string | undefined;
  readonly controlPlaneNamespace: string;
}

/** Reads the files; fails with every problem in them. Without settings: the chart's defaults. */
export async function loadInstallation(files: InstallationFiles): Promise<InstallationLoaded> {
  const [settings, trustAnchors] = await Promise.all([fileNamed(files.settings), fileNamed(files.trustAnchors)]);
  const loaded = installationOf({ settings, trustAnchors, controlPlaneNamespace: files.controlPlaneNamespace });
  if ("issues" in loaded) throw new CommandFailure(loaded.issues.map(issueText));
  return loaded.value;
}

/** Undefined: none was named. */
export async function fileNamed(path: string | undefined): Promise<NamedText | undefined> {
  if (path === undefined) return undefined;
  const [found] = await readFiles([path]);
  if (found !== undefined && "text" in found) return { name: path, text: found.text };
  throw new CommandFailure([found === undefined ? path : issueText(found.issue)]);
}

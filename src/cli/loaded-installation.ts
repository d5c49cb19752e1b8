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
  const named = async (name: string | undefined): Promise<NamedText | undefined> =>
    name === undefined ? undefined : { name, text: await textOf(name) };
  const texts = { settings: await named(files.settings), trustAnchors: await named(files.trustAnchors) };
  const loaded = installationOf({ ...texts, controlPlaneNamespace: files.controlPlaneNamespace });
  if ("issues" in loaded) throw new CommandFailure(loaded.issues.map(issueText));
  return loaded.value;
}

async function textOf(path: string): Promise<string> {
  const [found] = await readFiles([path]);
  if (found !== undefined && "text" in found) return found.text;
  throw new CommandFailure([found === undefined ? path : issueText(found.issue)]);
}

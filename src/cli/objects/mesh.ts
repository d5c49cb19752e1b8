/** The mesh that a command works with: of the cluster that it was told to ask, of files, or Linkerd's default values. */
import type { Command } from "commander";
import { meshFrom } from "../../core/cluster/mesh-texts.ts";
import type { Mesh, MeshInCluster } from "../../core/cluster/mesh-texts.ts";
import { incomplete } from "../../core/cluster/values-file.ts";
import type { Issue } from "../../core/base/text/issue.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { installationOf } from "../../serve/installation.ts";
import type { InstallationLoaded } from "../../serve/installation.ts";
import { CommandFailure, usageFailure } from "../io.ts";
import { fileNamed } from "../loaded-installation.ts";
import type { Io } from "../io.ts";
import { givenControlPlaneNamespace, textsOf } from "../options.ts";

export interface MeshLoaded extends InstallationLoaded {
  readonly mesh: Mesh;
}

/** Reads the files of the flags; fails with every problem in them, and where they are not of one mesh. */
export async function loadMesh(command: Command, io: Io, cluster: MeshInCluster | undefined): Promise<MeshLoaded> {
  const [settings, trustAnchors] = await Promise.all(
    ["settings", "trustAnchors"].map((flag) => fileNamed(textsOf(command, flag).at(-1))),
  );
  const found = meshFrom({ settings, trustAnchors, namespace: givenControlPlaneNamespace(command, io), cluster });
  if ("contradictions" in found) throw usageFailure(...found.contradictions.map(issueText));
  if ("issues" in found) throw new CommandFailure(found.issues.map(issueText));
  const mesh = found.value;
  const anchors = mesh.trustAnchors;
  const isOfFlag = anchors !== undefined && anchors.name === trustAnchors?.name;
  const loaded = installationOf({
    settings: mesh.settings,
    trustAnchors: anchors === undefined || isOfFlag ? anchors : { ...anchors, at: anchors.name },
    controlPlaneNamespace: mesh.controlPlaneNamespace,
  });
  if ("issues" in loaded) throw new CommandFailure(loaded.issues.map(issueText));
  return { ...loaded.value, mesh, warnings: warningsOf(loaded.value, mesh) };
}

/** That something is missing is told once, with what is meant by it. */
function warningsOf({ warnings, values }: InstallationLoaded, { settings }: Mesh): readonly Issue[] {
  const message = settings === undefined ? undefined : incomplete(values);
  if (settings === undefined || message === undefined) return warnings;
  return [{ at: settings.name, message }, ...warnings.filter(({ at }) => at !== "proxy.image.name")];
}

/** Whether the command was told to ask a cluster; the environment alone does not tell it. */
export const namesCluster = (command: Command): boolean =>
  ["kubeconfig", "context"].some((flag) => textsOf(command, flag).length > 0);

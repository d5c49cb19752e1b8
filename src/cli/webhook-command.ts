/** `weft webhook` as a command: its flags, and the engine put into the server. */
import type { Command } from "commander";
import { emptyCluster, readCluster } from "../core/cluster/objects.ts";
import type { Cluster, NamedText } from "../core/cluster/objects.ts";
import { skipReasonTexts } from "../core/inject/reasons.ts";
import { knownKeys } from "../core/inject/unknown-keys.ts";
import { issueText } from "../core/mesh/issue.ts";
import type { Parsed } from "../files/reloaded.ts";
import { webhookAnswers } from "../webhook/answers.ts";
import { otherReasons } from "../webhook/review.ts";
import { addFlags } from "./flag-rows.ts";
import type { Given } from "./flag-rows.ts";
import { anchorsFile, anchorsPath, inFile, installationLines, installationOf } from "./installation.ts";
import type { InstallationLoaded } from "./installation.ts";
import { usageFailure } from "./io.ts";
import type { Io } from "./io.ts";
import { clusterOf } from "./webhook-cluster.ts";
import { webhook } from "./webhook.ts";
import type { WebhookIo, WebhookParts } from "./webhook.ts";
import { webhookFlags, webhookOptions } from "./webhook-options.ts";
import type { WebhookOptions } from "./webhook-options.ts";

export function register(command: Command, io: Io): void {
  addFlags(command, webhookFlags);
  command.action(async () => {
    const options = webhookOptions(command.opts<Given>(), io.env);
    if ("issues" in options) throw usageFailure(...options.issues.map(issueText));
    await runWebhook(options.value, io, { now: () => new Date(), log: io.log, signal: io.signal });
  });
}

export function runWebhook(options: WebhookOptions, io: Io, world: WebhookIo): Promise<void> {
  const parts = webhookParts(options.controlPlaneNamespace, io.version);
  return webhook(options, { ...parts, openCluster: clusterOf(options, io.env) }, world);
}

/** The engine, settings and offline cluster, as the server wants them. */
export function webhookParts(
  controlPlaneNamespace: string,
  version: string,
): WebhookParts<InstallationLoaded, Cluster> {
  return {
    version,
    loadSettings: (settings, trustAnchors) => usableInstallation(settings, trustAnchors, controlPlaneNamespace),
    loadObjects: (files) => {
      if (files.length === 0) return { value: emptyCluster };
      const read = readCluster(files);
      return "issues" in read ? read : { value: read.cluster };
    },
    makeAnswers: ({ settings, objects, cluster }) =>
      webhookAnswers({
        installation: () => settings().installation,
        version,
        ...(cluster?.lookups ?? {
          namespaceNamed: (name) => objects().namespaceNamed(name),
          namespaceFacts: (name) => objects().objectNamed("Namespace", "", name),
          ownerNamed: (kind, namespace, name) => objects().objectNamed(kind, namespace, name),
        }),
      }),
    doubts: installationLines,
    known: { annotations: knownKeys, reasons: new Set([...Object.keys(skipReasonTexts), ...otherReasons]) },
  };
}

// A server that could never inject must not become ready: a rollout stops there, and the old replicas go on.
function usableInstallation(
  settings: NamedText | undefined,
  trustAnchors: NamedText | undefined,
  controlPlaneNamespace: string,
): Parsed<InstallationLoaded> {
  const loaded = installationOf({ settings, trustAnchors, controlPlaneNamespace });
  if ("issues" in loaded) return loaded;
  const { faults } = loaded.value.installation;
  if (faults.length === 0) return loaded;
  // Settings may be without trust anchors where a file has them.
  const ofFile = trustAnchors === undefined ? [] : faults.filter(({ at }) => at === anchorsPath);
  const ofSettings = faults.filter((fault) => !ofFile.includes(fault));
  return {
    issues: [
      ...inFile(settings?.name ?? "default values", ofSettings),
      ...ofFile.map(({ message }) => ({ at: anchorsFile(trustAnchors?.name ?? ""), message })),
    ],
  };
}

/** The engine, settings and offline cluster, put into the server of the webhook. */
import { emptyCluster, readCluster } from "../../core/cluster/objects.ts";
import type { Cluster, NamedText } from "../../core/cluster/objects.ts";
import { skipReasonTexts } from "../../core/inject/outcome/reasons.ts";
import { knownKeys } from "../../core/inject/messages/unknown-keys.ts";
import type { Parsed } from "../../files/reloaded.ts";
import { webhookAnswers } from "../../webhook/reviews/handlers.ts";
import { otherReasons } from "../../webhook/reviews/inject.ts";
import type { Context } from "../context.ts";
import { clusterOf } from "./cluster.ts";
import { webhook } from "./server.ts";
import type { WebhookIo, WebhookParts } from "./server.ts";
import type { WebhookOptions } from "./flags.ts";
import { inFile } from "../../core/cluster/values-file.ts";
import type { InstallationLoaded } from "../installation.ts";
import { installationOf, anchorsPath, installationLines, anchorsFile } from "../installation.ts";

export function runWebhook(options: WebhookOptions, context: Context, world: WebhookIo): Promise<void> {
  const parts = webhookParts(options.controlPlaneNamespace, context.version);
  return webhook(options, { ...parts, openCluster: clusterOf(options, context.env) }, world);
}

/** The engine, settings and offline cluster, as the server wants them. */
export function webhookParts(
  controlPlaneNamespace: string,
  version: string,
): WebhookParts<InstallationLoaded, Cluster> {
  return {
    version,
    loadSettings: (settings, trustAnchors) => usableInstallation(settings, trustAnchors, controlPlaneNamespace),
    loadObjects: (files) => (files.length === 0 ? { value: emptyCluster } : readCluster(files)),
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

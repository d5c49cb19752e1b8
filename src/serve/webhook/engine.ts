/** The engine, settings and offline cluster, put into the server of the webhook. */
import { sha256 } from "../../files/sha256.ts";
import { emptyCluster, readCluster } from "../../core/cluster/objects.ts";
import type { Cluster, NamedText } from "../../core/cluster/objects.ts";
import { skipReasonTexts } from "../../core/inject/outcome/reasons.ts";
import { knownKeys } from "../../core/inject/messages/unknown-keys.ts";
import type { Parsed } from "../../files/reloaded.ts";
import { webhookAnswers } from "../../webhook/reviews/handlers.ts";
import { otherReasons } from "../../webhook/reviews/inject.ts";
import { inFile, installationOf } from "../../core/cluster/installation.ts";
import type { InstallationLoaded } from "../../core/cluster/installation.ts";
import type { Context } from "../context.ts";
import { clusterOf } from "./cluster.ts";
import { webhook } from "./server.ts";
import type { WebhookIo, WebhookParts } from "./server.ts";
import type { WebhookOptions } from "./flags.ts";

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
    doubts: ({ warnings }) => warnings,
    known: { annotations: knownKeys, reasons: new Set([...Object.keys(skipReasonTexts), ...otherReasons]) },
  };
}

// A server that could never inject must not become ready: a rollout stops there, and the old replicas go on.
export function usableInstallation(
  settings: NamedText | undefined,
  trustAnchors: NamedText | undefined,
  controlPlaneNamespace: string,
): Parsed<InstallationLoaded> {
  const loaded = installationOf({ settings, trustAnchors, controlPlaneNamespace, sha256 });
  if ("issues" in loaded) return loaded;
  const { faults } = loaded.value.installation;
  return faults.length > 0 ? { issues: inFile(settings?.name ?? "default values", faults) } : loaded;
}

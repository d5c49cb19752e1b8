/**
 * `weft backfill`: the label that repeats the annotation `linkerd.io/inject`, on namespaces that were there before
 * weft; or taken away again. Done with the rights of whoever calls it: weft itself may not change namespaces.
 */
import { collectionPath, namedPath, resources } from "../core/kubernetes/kinds.ts";
import type { Command } from "commander";
import { dnsLabel } from "../core/base/scalars/dns-label.ts";
import { quoted } from "../core/base/text/quote.ts";
import { asObject } from "../core/base/json/edit.ts";
import { nameOf } from "../core/install/print.ts";
import { isObject } from "../core/base/json/json.ts";
import type { Json, JsonObject } from "../core/base/json/json.ts";
import { entryFor } from "../core/registration/entry-for.ts";
import { mirrorLabel } from "../core/registration/entries.ts";
import { mirroredLabel } from "../core/registration/mirror.ts";
import { readMetadata } from "../core/inject/pod/pod-view.ts";
import type { AskApi } from "../kube/api.ts";
import { openCluster, withClusterFlags } from "./cluster.ts";
import { CommandFailure, usageFailure } from "./io.ts";
import type { Io } from "./io.ts";
import { listed } from "./listed.ts";
import { whyRefused } from "./live-objects.ts";
import { isGiven, namespaceIn, outputOf, textsOf } from "./options.ts";

export function register(command: Command, io: Io): void {
  withClusterFlags(command)
    .option("-n, --namespace <namespace>", 'where weft runs (default "weft")')
    .option("--namespaces <list>", "these namespaces only, as a,b")
    .option("--remove", "take the label from every namespace, after weft was uninstalled")
    .option("--dry-run", "ask the API server, and keep nothing")
    .option("-o, --output <format>", 'text or json (default "text")')
    .action(async () => {
      const namespace = namespaceIn(command, "--namespace", "namespace") ?? "weft";
      const chosen = textsOf(command, "namespaces").at(-1)?.split(",");
      const wrong = chosen?.find((name) => !dnsLabel.test(name));
      if (wrong !== undefined) throw usageFailure(`--namespaces: ${quoted(wrong)} is not the name of a namespace`);
      const format = outputOf(command, ["text", "json"]);
      const { ask } = await openCluster(command, io);
      await backfill(ask, io, {
        namespace,
        chosen,
        remove: isGiven(command, "remove"),
        dryRun: isGiven(command, "dryRun"),
        format,
      });
    });
}

export interface Backfill {
  readonly namespace: string;
  readonly chosen: readonly string[] | undefined;
  readonly remove: boolean;
  readonly dryRun: boolean;
  /** JSON: `{dryRun, looked, changed: [{namespace, label}], refused: [{namespace, why}]}`; label null: taken away. */
  readonly format: "text" | "json";
}

/** Goes on after a refusal; fails in the end with all of them. */
export async function backfill(ask: AskApi, io: Io, options: Backfill): Promise<void> {
  const namespaces = await namespacesIn(ask);
  const [changed, refused]: [Changed[], Refused[]] = [[], []];
  const isText = options.format === "text";
  for (const namespace of namespaces.filter((each) => isBehind(each, options))) {
    const label = options.remove ? undefined : wanted(namespace);
    const { name } = nameOf(namespace);
    const why = await setLabel(name, label, ask, options);
    if (why === undefined) changed.push({ namespace: name, label: label ?? null });
    else refused.push({ namespace: name, why });
    if (why === undefined && isText)
      io.print(`namespace/${name}: ${label === undefined ? "label removed" : `${mirrorLabel}=${label}`}\n`);
  }
  const { dryRun } = options;
  if (isText)
    io.stderr(`weft: ${changed.length} of ${namespaces.length} namespaces changed${dryRun ? ", as a dry run" : ""}\n`);
  else io.stdout(`${JSON.stringify({ dryRun, looked: namespaces.length, changed, refused }, undefined, 2)}\n`);
  if (refused.length > 0)
    throw new CommandFailure(refused.map(({ namespace, why }) => `namespace/${namespace}: ${why}`));
}

interface Changed {
  readonly namespace: string;
  readonly label: string | null;
}

interface Refused {
  readonly namespace: string;
  readonly why: string;
}

function isBehind(namespace: JsonObject, { namespace: own, chosen, remove }: Backfill): boolean {
  const { name } = nameOf(namespace);
  if (remove) return labelOf(namespace) !== undefined && (chosen === undefined || chosen.includes(name));
  // Lists of metadata alone name another kind.
  return entryFor({ name, labels: {} }, { ...namespace, kind: "Namespace" }, { namespace: own, chosen }) === "mirror";
}

const wanted = (namespace: JsonObject): string | undefined => {
  const read = readMetadata(namespace);
  return "value" in read ? mirroredLabel(read.value.annotations) : undefined;
};

const labelOf = (namespace: JsonObject): Json | undefined =>
  asObject(asObject(namespace["metadata"])?.["labels"])?.[mirrorLabel];

/** Says why not. An annotation that changes meanwhile is mirrored by weft itself, if it is registered. */
async function setLabel(
  name: string,
  label: string | undefined,
  ask: AskApi,
  { dryRun, remove }: Backfill,
): Promise<string | undefined> {
  const answer = await ask({
    method: "PATCH",
    path: namedPath(resources.namespaces, name),
    query: { fieldManager: "weft-backfill", ...(dryRun ? { dryRun: "All" } : {}) },
    contentType: "application/merge-patch+json",
    body: { metadata: { labels: { [mirrorLabel]: label ?? null } } },
  });
  if (answer.status >= 300) return whyRefused(answer);
  if (remove && isObject(answer.body) && labelOf(answer.body) !== undefined)
    return "weft put the label back: it is still registered; first `weft uninstall | kubectl delete -f -`";
  return undefined;
}

/** Without their specs. */
const namespacesIn = (ask: AskApi): Promise<readonly JsonObject[]> =>
  listed(ask, collectionPath(resources.namespaces), {
    accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
  });

/** `weft version`: of this command, and of what runs in the cluster. */
import type { Command } from "commander";
import { versionOf } from "../core/checks/versions.ts";
import { adminPath, commonLabels } from "../core/install/names.ts";
import { collectionPath, resources } from "../core/kubernetes/kinds.ts";
import { nameOf, textAt } from "../core/base/json/read.ts";
import type { JsonObject } from "../core/base/json/json.ts";
import { valueOf } from "../core/checks/fact.ts";
import { openReach } from "./check/open.ts";
import type { Reach } from "./check/reach.ts";
import { withClusterFlags } from "./cluster.ts";
import { CommandFailure } from "./io.ts";
import type { Io } from "./io.ts";
import { formatFlag, isGiven, outputOf } from "./options.ts";

const formats = ["text", "json"] as const;

export function register(command: Command, io: Io): void {
  withClusterFlags(command)
    .option("--client", "ask no cluster")
    .addOption(formatFlag(formats))
    .action(() => version(command, io));
}

async function version(command: Command, io: Io): Promise<void> {
  const format = outputOf(command, formats);
  const server = isGiven(command, "client") ? undefined : await serverVersions(command, io);
  if (format === "json") io.print(`${JSON.stringify({ client: io.version, ...(server && { server }) })}\n`);
  else io.print(versionText(io.version, server));
}

interface Server {
  /** Sorted; none where nothing runs. */
  readonly versions: readonly ComponentVersion[];
  /** Why nothing is known. */
  readonly unavailable?: string;
}
interface ComponentVersion {
  readonly namespace: string;
  readonly component: string;
  readonly version: string;
}

function versionText(client: string, server: Server | undefined): string {
  const lines = server === undefined ? [] : serverLines(server);
  return [`Client version: ${client}`, ...lines].map((line) => `${line}\n`).join("");
}

function serverLines({ versions, unavailable }: Server): readonly string[] {
  if (unavailable !== undefined) return [`Server version: unavailable (${unavailable})`];
  const different = [...new Set(versions.map((each) => each.version))];
  if (different.length === 0) return ["Server version: unavailable (no pod of weft's in the cluster)"];
  if (different.length === 1) return [`Server version: ${different.join()}`];
  return versions.map((each) => `Server version: ${each.version} (${each.component} in namespace ${each.namespace})`);
}

const nameLabel = "app.kubernetes.io/name";

async function serverVersions(command: Command, io: Io): Promise<Server> {
  try {
    const reach = await openReach(command, io);
    const pods = await reach.list("pods of weft", collectionPath(resources.pods), {
      query: { labelSelector: `${nameLabel}=${commonLabels[nameLabel]}` },
    });
    if (pods.kind !== "known") return { versions: [], unavailable: `${pods.what}: ${pods.text}` };
    return { versions: await versionsOf(reach, pods.value) };
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    return { versions: [], unavailable: error.lines.join("; ") };
  }
}

/** A pod says its own version; the tag of its image is the next best. */
async function versionsOf(reach: Reach, pods: readonly JsonObject[]): Promise<readonly ComponentVersion[]> {
  const found = await Promise.all(
    pods.map(async (pod) => {
      const namespace = textAt(pod, "metadata", "namespace");
      const name = nameOf(pod);
      const page = await reach.page(`/metrics of ${name}`, `${adminPath(namespace, name)}/metrics`);
      const component = textAt(pod, "metadata", "labels", "app.kubernetes.io/component");
      return { namespace, component, version: versionOf(pod, valueOf(page)) ?? "unknown" };
    }),
  );
  const sorted = found.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return sorted.filter((each, index) => index === 0 || keyOf(each) !== keyOf(sorted[index - 1] ?? each));
}

const keyOf = ({ namespace, component, version }: ComponentVersion): string => `${namespace} ${component} ${version}`;

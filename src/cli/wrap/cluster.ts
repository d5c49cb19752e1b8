/** Objects of a cluster, for `weft wrap`. */
import type { Command } from "commander";
import type { JsonObject } from "../../core/base/json/json.ts";
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import { openReach } from "../check/open.ts";
import { CommandFailure } from "../io.ts";
import type { Io } from "../io.ts";
import { whyUnknown } from "../objects/installed.ts";

interface Listed {
  readonly kind: string;
  /** Undefined: all. */
  readonly namespace: string | undefined;
  readonly labelSelector?: string;
}

/** What cannot be read is a failure. */
export async function listedObjects(
  command: Command,
  io: Io,
  { kind, namespace, labelSelector }: Listed,
): Promise<readonly JsonObject[]> {
  const found = Object.values(resources).find((each) => each.kind === kind);
  if (found === undefined) throw new Error(`no kind that weft knows: ${kind}`);
  const reach = await openReach(command, io);
  const query = labelSelector === undefined ? {} : { query: { labelSelector } };
  const list = await reach.list(`${kind}s`, collectionPath(found, namespace), query);
  if (list.kind !== "known") throw new CommandFailure([`${kind}s: ${whyUnknown(list)}`]);
  return list.value.map((object) => ({ ...object, apiVersion: found.apiVersion, kind }));
}

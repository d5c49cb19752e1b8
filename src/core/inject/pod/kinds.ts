/**
 * Kinds that have pods, and where in the object the pod is. Linkerd compares the kind alone, in lower
 * case; weft looks at the API group too, so that a foreign `Job` is never taken for the built-in one (S-02).
 */
import type { JsonObject } from "../../base/json/json.ts";
import { asObject } from "../../base/json/edit.ts";
import { textAt } from "../../base/json/read.ts";

interface Kind {
  readonly groups: readonly string[];
  /** Keys that lead to the pod template; `undefined`: the kind has no pod. */
  readonly template: readonly string[] | undefined;
}

const apps = ["apps", "extensions"];
const batch = ["batch", "extensions"];
const inSpec = ["spec", "template"];
const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["pod", { groups: [""], template: [] }],
  ["deployment", { groups: apps, template: inSpec }],
  ["replicaset", { groups: apps, template: inSpec }],
  ["replicationcontroller", { groups: [""], template: inSpec }],
  ["statefulset", { groups: apps, template: inSpec }],
  ["daemonset", { groups: apps, template: inSpec }],
  ["job", { groups: batch, template: inSpec }],
  ["cronjob", { groups: batch, template: ["spec", "jobTemplate", "spec", "template"] }],
  ["namespace", { groups: [""], template: undefined }],
  ["service", { groups: [""], template: undefined }],
]);

/** An object of a built-in kind. */
export interface Target {
  /** Lower case. */
  readonly kind: string;
  /** Keys that lead from the object to its pod: empty for a Pod. */
  readonly path: readonly string[];
  /** The pod itself or its template; `undefined` for kinds without pods and for templates that are missing. */
  readonly pod: JsonObject | undefined;
}

/** The kind of an admission request, for objects that do not say it themselves. */
export interface RequestKind {
  readonly group: string;
  readonly kind: string;
}

/** What a Kubernetes object is. `undefined`: a kind, or an API group, that weft does not know. */
export function targetOf(object: JsonObject, requested?: RequestKind): Target | undefined {
  const name = textAt(object, "kind") === "" ? (requested?.kind ?? "") : textAt(object, "kind");
  const kind = kinds.get(name.toLowerCase());
  if (kind === undefined || !kind.groups.includes(groupOf(object, requested, kind))) return undefined;
  return {
    kind: name.toLowerCase(),
    path: kind.template ?? [],
    pod: kind.template === undefined ? undefined : memberAt(object, kind.template),
  };
}

/** Name of an object as messages show it: `metadata.name`, else `generateName`, else empty. */
export function nameOf(object: JsonObject): string {
  const metadata = asObject(object["metadata"]);
  return textAt(metadata, "name") || textAt(metadata, "generateName");
}

// A manifest without apiVersion is taken for the built-in kind, as Linkerd does.
function groupOf(object: JsonObject, requested: RequestKind | undefined, kind: Kind): string {
  const version = textAt(object, "apiVersion");
  if (version !== "") return version.includes("/") ? version.slice(0, version.indexOf("/")) : "";
  return requested?.group ?? kind.groups[0] ?? "";
}

function memberAt(object: JsonObject, path: readonly string[]): JsonObject | undefined {
  let at: JsonObject | undefined = object;
  for (const key of path) at = asObject(at?.[key]);
  return at;
}

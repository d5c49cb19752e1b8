/**
 * A cluster made of manifests: the namespaces and owners that a webhook looks up, from JSON or YAML files with Lists
 * and several documents. Other kinds are read over.
 */
import { readDocument } from "../documents/document.ts";
import { splitDocuments } from "../documents/stream.ts";
import { readMetadata } from "../inject/pod/pod-view.ts";
import type { MetadataView } from "../inject/pod/pod-view.ts";
import { listedIn } from "../kubernetes/lists.ts";
import { isList, isObject } from "../base/json/json.ts";
import type { Annotations, Json, JsonObject } from "../base/json/json.ts";
import type { Issue } from "../base/text/issue.ts";
import type { Result } from "../base/text/result.ts";

export interface Cluster {
  /** `undefined`: there is no such namespace. */
  readonly namespaceNamed: (name: string) => Annotations | undefined;
  /** `undefined`: there is no such object. */
  readonly objectNamed: (kind: string, namespace: string, name: string) => MetadataView | undefined;
}

export interface NamedText {
  /** What messages call it: a file name. */
  readonly name: string;
  readonly text: string;
}

/** Of objects that were read already; those without kind, and with metadata that cannot be read, are none. */
export function clusterOf(all: readonly JsonObject[]): Cluster {
  const objects = new Map<string, MetadataView>();
  for (const object of all) add(object, "", objects, []);
  return lookups(objects);
}

/** The first that has an object is asked. */
export const eitherCluster = (one: Cluster, other: Cluster): Cluster => ({
  namespaceNamed: (name) => one.namespaceNamed(name) ?? other.namespaceNamed(name),
  objectNamed: (...place) => one.objectNamed(...place) ?? other.objectNamed(...place),
});

/** Without any manifest: every namespace is there and says nothing. */
export const emptyCluster: Cluster = { namespaceNamed: () => ({}), objectNamed: () => undefined };

/**
 * The cluster of these manifests, or everything that is wrong with them, each with its file and line. `typed` may turn
 * values into what Kubernetes expects, as commands do that are kind to manifests.
 */
export function readCluster(
  files: readonly NamedText[],
  typed: (object: JsonObject) => JsonObject = (object) => object,
): Result<Cluster> {
  const issues: Issue[] = [];
  const objects = new Map<string, MetadataView>();
  for (const { name, text } of files) {
    for (const document of splitDocuments(text)) {
      const read = readDocument(document.text, document.line);
      issues.push(...read.issues.map((issue) => ({ ...issue, at: `${name}: ${issue.at}` })));
      for (const object of objectsIn(read.value)) {
        add(typed(object), `${name}: line ${document.line}`, objects, issues);
      }
    }
  }
  if (issues.length > 0) return { issues };
  return { value: lookups(objects) };
}

const lookups = (objects: ReadonlyMap<string, MetadataView>): Cluster => ({
  namespaceNamed: (name) => objects.get(key("Namespace", "", name))?.annotations,
  objectNamed: (kind, namespace, name) => objects.get(key(kind, namespace, name)),
});

const key = (kind: string, namespace: string, name: string): string => [kind.toLowerCase(), namespace, name].join("/");

function add(object: JsonObject, place: string, objects: Map<string, MetadataView>, issues: Issue[]): void {
  const kind = object["kind"];
  const metadata = readMetadata(object);
  if (typeof kind !== "string") issues.push({ at: place, message: "an object without kind" });
  else if ("issues" in metadata)
    issues.push(...metadata.issues.map((issue) => ({ ...issue, at: `${place}: ${issue.at}` })));
  else {
    const isNamespace = kind === "Namespace";
    objects.set(key(kind, isNamespace ? "" : metadata.value.namespace, metadata.value.name), metadata.value);
  }
}

/** Lists of objects, also bare JSON arrays of them, count as their items. */
export function objectsIn(value: Json | undefined): readonly JsonObject[] {
  if (isList(value)) return value.flatMap(objectsIn);
  if (!isObject(value)) return [];
  const items = listedIn(value);
  return items === undefined ? [value] : objectsIn(items);
}

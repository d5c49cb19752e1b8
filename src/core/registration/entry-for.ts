/** The registration as a model: which entry the API server calls for an object. Made from the same rows as the YAML. */
import { asObject } from "../base/json/edit.ts";
import { textAt } from "../base/json/read.ts";
import { keys } from "../mesh/annotations.ts";
import type { Annotations, Json, JsonObject, Labels } from "../base/json/json.ts";
import { holdsFor, isNoMirror } from "./conditions.ts";
import type { PodCondition } from "./conditions.ts";
import { mirrorLabel } from "./entries.ts";
import { mirroredLabel } from "./mirror.ts";
import { fulfils, nameLabel, namespaceRequirements, objectRequirements, podRows } from "./rows.ts";
import type { EntryName, PodEntry, Reach } from "./rows.ts";

/** A namespace as it is stored. */
export interface NamespaceLabels {
  readonly name: string;
  readonly labels: Labels;
}

/**
 * The entry of the mutating configuration that is called when this Pod, Service or Namespace is created; `undefined`:
 * none is. A Namespace is judged by its own labels, whatever `namespace` says of them.
 */
export function entryFor(namespace: NamespaceLabels, object: JsonObject, reach: Reach): EntryName | undefined {
  if (object["kind"] === "Namespace") return mirrorCalled(object, reach) ? "mirror" : undefined;
  const resource = object["kind"] === "Pod" ? "pods" : object["kind"] === "Service" ? "services" : undefined;
  if (resource === undefined) return undefined;
  const called = podEntries.filter(
    (entry) =>
      podRows[entry].resources.includes(resource) &&
      (resource === "services" || isMet(podRows[entry].condition, annotationsOf(object))) &&
      selects(entry, namespace, reach) &&
      objectRequirements.every((requirement) => fulfils(labelsOf(object), requirement)),
  );
  if (called.length > 1) throw new Error(`entries overlap: ${called.join(", ")}`);
  return called[0];
}

const podEntries = Object.keys(podRows) as readonly PodEntry[];

/** Every namespace has the label of its name; the API server sees to that. */
const selects = (entry: EntryName, { name, labels }: NamespaceLabels, reach: Reach): boolean =>
  namespaceRequirements(entry, reach).every((requirement) => fulfils({ ...labels, [nameLabel]: name }, requirement));

function mirrorCalled(namespace: JsonObject, reach: Reach): boolean {
  const name = textAt(metadataOf(namespace), "name");
  const labels = labelsOf(namespace);
  const annotations = annotationsOf(namespace);
  return (
    selects("mirror", { name, labels }, reach) && (mirroredLabel(annotations) ?? "") !== (labels[mirrorLabel] ?? "")
  );
}

const isMet = (condition: PodCondition, annotations: Annotations): boolean =>
  holdsFor(condition, annotations[keys.inject] ?? "") && isNoMirror(annotations);

const annotationsOf = (object: JsonObject): Annotations => textsOf(metadataOf(object)["annotations"]);
const labelsOf = (object: JsonObject): Labels => textsOf(metadataOf(object)["labels"]);
const metadataOf = (object: JsonObject): JsonObject => asObject(object["metadata"]) ?? {};
const textsOf = (value: Json | undefined): Annotations =>
  Object.fromEntries(
    Object.entries(asObject(value) ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );

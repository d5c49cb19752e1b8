/** Fields of objects that are text, whatever they hold, and that people write without quotes: a row for each kind. */
import type { JsonObject } from "../base/json/json.ts";
import { textAt } from "../base/json/read.ts";
import { targetOf } from "../inject/pod/kinds.ts";

type Field = readonly string[];

/** Keys that lead to each; `*` stands for every member of a map or a list. */
export function textFieldsOf(object: JsonObject): readonly Field[] {
  const target = targetOf(object);
  const kind = textAt(object, "kind");
  const isBuiltIn = target !== undefined || textAt(object, "apiVersion") === "v1";
  const own = isBuiltIn ? (ofKind.get(kind) ?? []) : [];
  if (target?.pod === undefined) return [...ofAny, ...own];
  const ofTemplate = target.path.length === 0 ? ofPods : [...ofAny, ...ofPods];
  return [...ofAny, ...own, ...ofTemplate.map((field) => [...target.path, ...field])];
}

const fields = (...paths: readonly string[]): readonly Field[] => paths.map((path) => path.split("."));

const ofAny = fields(
  "metadata.name",
  "metadata.generateName",
  "metadata.namespace",
  "metadata.annotations.*",
  "metadata.labels.*",
);

const ofContainers = [
  "name",
  "image",
  "command.*",
  "args.*",
  "workingDir",
  "env.*.name",
  "env.*.value",
  "ports.*.name",
  "ports.*.protocol",
  "volumeMounts.*.name",
  "volumeMounts.*.mountPath",
  "volumeMounts.*.subPath",
];

const ofPods: readonly Field[] = [
  ...fields("spec.serviceAccountName", "spec.nodeSelector.*", "spec.imagePullSecrets.*.name", "spec.volumes.*.name"),
  ...fields("spec.volumes.*.configMap.name", "spec.volumes.*.secret.secretName"),
  ...["initContainers", "containers"].flatMap((list) =>
    fields(...ofContainers.map((path) => `spec.${list}.*.${path}`)),
  ),
];

const ofWorkload = fields("spec.selector.matchLabels.*");

const ofKind: ReadonlyMap<string, readonly Field[]> = new Map([
  ...["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job"].map((kind) => [kind, ofWorkload] as const),
  ["StatefulSet", [...ofWorkload, ...fields("spec.serviceName")]],
  ["ReplicationController", fields("spec.selector.*")],
  ["Service", fields("spec.selector.*", "spec.ports.*.name", "spec.ports.*.protocol", "spec.externalName")],
  ["ConfigMap", fields("data.*")],
  ["Secret", fields("data.*", "stringData.*")],
]);

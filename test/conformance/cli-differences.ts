/**
 * Where weft means to differ from Linkerd's command line: one row for each surprise of the contract (section 13) that a
 * recording can show. A row only counts for the recordings that name it, and says exactly what may be different.
 */
import { isList, isMap, member, textAt } from "./compare-objects.ts";
import type { Difference, Value } from "./compare-objects.ts";

/** What came out of one run, on either side. */
export interface Outcome {
  readonly exit: number;
  readonly stderr: string;
  readonly objects: readonly Value[];
}

export interface DifferenceRow {
  /** Recorded failed, own did not, or the other way round. */
  readonly exit?: (recorded: Outcome, own: Outcome) => boolean;
  /** Both sides made alike where they may differ; paths stay as they were. */
  readonly prepared?: (recorded: Value, own: Value) => readonly [recorded: Value, own: Value];
  readonly object?: (difference: Difference, object: Value) => boolean;
  /** A line of the report that Linkerd has not. */
  readonly more?: (own: string) => boolean;
  /** A line of the report. */
  readonly line?: (recorded: string, own: string) => boolean;
}

const succeeds = (recorded: Outcome, own: Outcome): boolean => recorded.exit !== 0 && own.exit === 0;

export const differenceRows: ReadonlyMap<string, DifferenceRow> = new Map<string, DifferenceRow>([
  // Foreign API groups are left alone; objects and report lines of theirs are taken out before (see `isForeign`).
  ["S-02", { exit: succeeds }],
  ["S-03", {}],
  ["S-04", { prepared: (recorded, own) => [recorded, withoutDoubled(recorded, own)] }],
  ["S-11", { exit: (recorded, own) => succeeds(recorded, own) && recorded.stderr.includes("closeWaitTimeoutSecs") }],
  [
    "S-15",
    {
      prepared: (recorded, own) => {
        const names = new Set(additionalVariables(own));
        return [withoutVariables(recorded, names), withoutVariables(own, names)];
      },
    },
  ],
  [
    "S-29",
    {
      object: ({ path }, object) =>
        variableAt(object, path) === "LINKERD2_PROXY_INBOUND_PORTS_DISABLE_PROTOCOL_DETECTION",
    },
  ],
  [
    "S-39",
    {
      exit: (recorded, own) => succeeds(recorded, own) && recorded.stderr.includes("sidecar injected already"),
      prepared: (recorded, own) => [withoutForgotten(recorded, own), own],
      line: (recorded, own) => recorded.endsWith(" skipped") && own === recorded.replace(/skipped$/, "uninjected"),
    },
  ],
  [
    "S-40",
    {
      object: ({ path, recorded, own }) => {
        // Where Linkerd took the last label it took the whole map.
        const kept = path.at(-1) === "labels" && isMap(own) ? Object.keys(own) : [String(path.at(-1))];
        const isLabel = path.at(-1) === "labels" || path.at(-2) === "labels";
        const isStrangers = (label: string): boolean => label.startsWith("linkerd.io") && !isInjectionsLabel(label);
        return recorded === undefined && isLabel && kept.every(isStrangers);
      },
      line: (recorded, own) => recorded.endsWith(" uninjected") && own === recorded.replace(/uninjected$/, "skipped"),
    },
  ],
  ["S-41", { exit: (recorded, own) => succeeds(recorded, own) && recorded.stderr.includes("identity trust anchors") }],
  [
    "S-43",
    { exit: (recorded, own) => recorded.exit === 0 && own.exit === 2 && /--\S+: .* cannot be used/.test(own.stderr) },
  ],
  [
    "S-44",
    {
      object: ({ path, recorded, own }, object) =>
        isInjectAnnotation(path) &&
        hasProxy(object, path) &&
        [recorded, own].every((value) => value === undefined || value === "ingress"),
    },
  ],
  [
    "S-45",
    {
      object: ({ path, recorded, own }) =>
        isInjectAnnotation(path) && own === "ingress" && (recorded === "enabled" || recorded === undefined),
      prepared: (recorded, own) => [recorded, withoutVariables(own, new Set(["LINKERD2_PROXY_INGRESS_MODE"]))],
    },
  ],
  [
    "S-46",
    { line: (recorded, own) => recorded.endsWith(" annotated") && own === recorded.replace(/annotated$/, "skipped") },
  ],
  [
    // A limit below its request is raised to it, and so are the most workers.
    "S-59",
    {
      object: ({ path }, object) =>
        path.slice(-3, -1).join(".") === "resources.limits" || variableAt(object, path) === "LINKERD2_PROXY_CORES_MAX",
    },
  ],
  [
    // A pod that says Windows is skipped.
    "S-60",
    {
      object: ({ path, own }) => own === undefined && path.includes("annotations"),
      more: (line) => line.includes("pods that run on Windows detected"),
      line: (recorded, own) => recorded.endsWith(" injected") && own === recorded.replace(/injected$/, "skipped"),
    },
  ],
  [
    "S-57",
    {
      exit: (recorded, own) =>
        succeeds(recorded, own) &&
        /UDP port\(s\)|hostNetwork/.test(recorded.stderr) &&
        own.stderr.includes('"linkerd.io/inject: disabled" annotation set on'),
    },
  ],
]);

/** What the recordings do not name, since Linkerd has no number for it: by the recording. */
export const furtherMarks: ReadonlyMap<string, readonly string[]> = new Map([
  ["cv049", ["S-60"]],
  ["cv050", ["S-60"]],
  ["cv059", ["S-59"]],
]);

/** A built-in kind in another API group. */
export function isForeign(object: Value): boolean {
  const [kind, version] = [textAt(object, "kind").toLowerCase(), textAt(object, "apiVersion")];
  const groups = builtIn.get(kind);
  return groups !== undefined && !groups.includes(version.includes("/") ? (version.split("/")[0] ?? "") : "");
}

const builtIn: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ...["pod", "replicationcontroller", "service", "namespace"].map((kind) => [kind, [""]] as const),
  ...["deployment", "replicaset", "statefulset", "daemonset"].map((kind) => [kind, ["apps", "extensions"]] as const),
  ...["job", "cronjob"].map((kind) => [kind, ["batch", "extensions"]] as const),
]);

const forgotten = new Set(["linkerd-network-validator", "linkerd-debug", "linkerd-podinfo"]);

/** Recorded without the containers, volumes and mounts that Linkerd forgets, where own has none of that name. */
const withoutForgotten = (recorded: Value, own: Value): Value =>
  inParallel(recorded, own, (theirs, ours, key) => {
    if (!["containers", "initContainers", "volumes", "volumeMounts"].includes(key)) return theirs;
    const kept = new Set((isList(ours) ? ours : []).map(nameOf));
    if (!isList(theirs)) return theirs;
    const left = theirs.filter((item) => !forgotten.has(nameOf(item)) || kept.has(nameOf(item)));
    return left.length === 0 && theirs.length > 0 && ours === undefined ? null : left;
  });

/** Own lists of containers or volumes count as equal where recorded has two of one name. */
const withoutDoubled = (recorded: Value, own: Value): Value =>
  inParallel(own, recorded, (ours, theirs, key) => {
    if (!["containers", "initContainers", "volumes"].includes(key) || !isList(theirs)) return ours;
    const names = theirs.map(nameOf);
    return new Set(names).size < names.length ? theirs : ours;
  });

const withoutVariables = (value: Value, names: ReadonlySet<string>): Value =>
  inParallel(value, value, (list, _same, key) =>
    key === "env" && isList(list) ? list.filter((item) => !names.has(nameOf(item))) : list,
  );

/** Names in every `proxy-additional-env` annotation. */
function additionalVariables(value: Value): readonly string[] {
  if (isList(value)) return value.flatMap(additionalVariables);
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    if (key !== "config.linkerd.io/proxy-additional-env") return additionalVariables(item);
    const variables = JSON.parse(typeof item === "string" ? item : "[]") as Value;
    return isList(variables) ? variables.map(nameOf) : [];
  });
}

/** The value with every member replaced by what `change` makes of it and of its counterpart, from the outside in. */
function inParallel(
  value: Value,
  other: Value | undefined,
  change: (value: Value, other: Value | undefined, key: string) => Value,
): Value {
  if (isList(value))
    return value.map((item, index) => inParallel(item, isList(other) ? other[index] : undefined, change));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const counterpart = isMap(other) ? member(other, key) : undefined;
      return [key, inParallel(change(item, counterpart, key), counterpart, change)];
    }),
  );
}

const nameOf = (item: Value): string => textAt(item, "name");

const isInjectAnnotation = (path: Difference["path"]): boolean =>
  path.at(-1) === "linkerd.io/inject" && path.at(-2) === "annotations";

const isInjectionsLabel = (label: string): boolean =>
  ["linkerd.io/control-plane-ns", "linkerd.io/workload-ns"].includes(label) || label.startsWith("linkerd.io/proxy-");

const valueAt = (value: Value, path: Difference["path"]): Value =>
  path.reduce<Value>(
    (at, key) => (isList(at) ? (at[Number(key)] ?? null) : isMap(at) ? (at[key] ?? null) : null),
    value,
  );

/** The pod whose metadata holds the annotation at the path has a proxy. */
function hasProxy(object: Value, path: Difference["path"]): boolean {
  const spec = valueAt(object, [...path.slice(0, -3), "spec"]);
  const lists = isMap(spec) ? [member(spec, "initContainers"), member(spec, "containers")] : [];
  return lists.some((list) => isList(list) && list.some((item) => nameOf(item) === "linkerd-proxy"));
}

/** The name of the environment variable that the path leads into. */
function variableAt(object: Value, path: Difference["path"]): string {
  const index = path.lastIndexOf("env");
  return index < 0 ? "" : nameOf(valueAt(object, path.slice(0, index + 2)));
}

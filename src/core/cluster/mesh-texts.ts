/**
 * The mesh that pods are to belong to, from what a command was given: files, a flag, a cluster. Settings, trust anchors and
 * the control plane's namespace have to be of one mesh, since pods of a mixture never start: proxies dial the namespace
 * and believe the anchors.
 */
import { readDocument } from "../documents/document.ts";
import { splitDocuments } from "../documents/stream.ts";
import type { JsonObject } from "../base/json/json.ts";
import { labelsOf, nameOf, textAt } from "../base/json/read.ts";
import type { Issue } from "../base/text/issue.ts";
import type { Result } from "../base/text/result.ts";
import { allOf, failed, mapResult } from "../base/text/result.ts";
import { commonLabels, names } from "../install/names.ts";
import { linkerdNamespace } from "../mesh/control-plane.ts";
import { objectsIn } from "./objects.ts";
import type { NamedText } from "./objects.ts";
import { inFile, valuesIn } from "./values-file.ts";

export interface MeshGiven {
  /** Helm values, or the ConfigMap that has them; a List may have that of the trust anchors, too. */
  readonly settings: NamedText | undefined;
  /** PEM, or the ConfigMap that has it. */
  readonly trustAnchors: NamedText | undefined;
  /** The control plane's namespace, as a flag says it. */
  readonly namespace: string | undefined;
  /** What is installed in the cluster, where one was asked. */
  readonly cluster: MeshInCluster | undefined;
}

export interface MeshInCluster {
  readonly controlPlaneNamespace: string;
  readonly settings: NamedText;
  readonly trustAnchors: NamedText;
}

export interface Mesh {
  /** Values and PEM; undefined: nobody gave any. */
  readonly settings: NamedText | undefined;
  readonly trustAnchors: NamedText | undefined;
  readonly controlPlaneNamespace: string;
  /** Nobody says the namespace: it is Linkerd's usual one. */
  readonly isAssumed: boolean;
}

/** What contradicts what: they are not of one mesh. */
export interface Mixture {
  readonly contradictions: readonly Issue[];
}

/** Fails with what cannot be read in a file. */
export function meshFrom({ settings, trustAnchors, namespace, cluster }: MeshGiven): Result<Mesh> | Mixture {
  const read = allOf([
    settings === undefined ? nothing : settingsIn(settings),
    trustAnchors === undefined ? nothing : partIn(trustAnchors, rows.trustAnchors),
    settings === undefined ? nothing : anchorsBeside(settings),
  ]);
  if ("issues" in read) return read;
  const [values, anchors, beside] = read.value;
  const found: Found = { settings: values, trustAnchors: anchors, beside };
  const contradictions = [...placeIssues(found, namespace, cluster), ...anchorIssues(found, cluster)];
  if (contradictions.length > 0) return { contradictions };
  const said = placesSaid(found, namespace, cluster)[0]?.namespace;
  return {
    value: {
      settings: values?.text ?? cluster?.settings,
      trustAnchors: anchors?.text ?? beside?.text ?? cluster?.trustAnchors,
      controlPlaneNamespace: said ?? linkerdNamespace,
      isAssumed: said === undefined,
    },
  };
}

const nothing = { value: undefined };

interface Part {
  readonly text: NamedText;
  /** Of the control plane; undefined: it does not say. */
  readonly namespace: string | undefined;
  /** Of the ConfigMap. */
  readonly home: string | undefined;
}

interface Found {
  readonly settings: Part | undefined;
  readonly trustAnchors: Part | undefined;
  /** Trust anchors in the file of the settings. */
  readonly beside: Part | undefined;
}

interface Place {
  readonly who: string;
  readonly namespace: string;
}

function placeIssues(found: Found, flag: string | undefined, cluster: MeshInCluster | undefined): readonly Issue[] {
  const all = [placesSaid(found, flag, cluster), homesOf(found)];
  return all
    .flatMap(([first, ...others]) =>
      others
        .filter(({ namespace }) => namespace !== first?.namespace)
        .map((other) => ({
          at: other.who,
          message: `is of namespace ${other.namespace}, but ${first?.who} says ${first?.namespace}; pods with parts of two meshes never start`,
        })),
    )
    .slice(0, 1);
}

/** The flag first: what contradicts it is told of it. */
function placesSaid(found: Found, flag: string | undefined, cluster: MeshInCluster | undefined): readonly Place[] {
  return [
    ...(flag === undefined ? [] : [{ who: "--linkerd-namespace", namespace: flag }]),
    ...partsOf(found).flatMap(({ text, namespace }) =>
      namespace === undefined ? [] : [{ who: text.name, namespace }],
    ),
    ...(cluster === undefined ? [] : [{ who: "the mesh of the cluster", namespace: cluster.controlPlaneNamespace }]),
  ];
}

const homesOf = (found: Found): readonly Place[] =>
  partsOf(found).flatMap(({ text, home }) => (home === undefined ? [] : [{ who: text.name, namespace: home }]));

const partsOf = ({ settings, trustAnchors, beside }: Found): readonly Part[] =>
  [settings, trustAnchors, beside].filter((part) => part !== undefined);

function anchorIssues({ trustAnchors, beside }: Found, cluster: MeshInCluster | undefined): readonly Issue[] {
  const other = beside?.text ?? cluster?.trustAnchors;
  if (trustAnchors === undefined || other === undefined || isSame(trustAnchors.text.text, other.text)) return [];
  const message = `has other trust anchors than ${other.name}; proxies would not trust the control plane`;
  return [{ at: trustAnchors.text.name, message }];
}

const isSame = (one: string, other: string): boolean => one.trim() === other.trim();

interface Row {
  readonly name: string;
  readonly key: string;
}

const rows = {
  settings: { name: names.settings, key: names.settingsKey },
  trustAnchors: { name: names.trustAnchors, key: names.trustAnchorsKey },
} as const satisfies Record<string, Row>;

/** weft's own settings say where the control plane is; those of Linkerd lie beside it. */
function settingsIn(file: NamedText): Result<Part> {
  return mapResult(partIn(file, rows.settings), (part) => {
    const values = valuesIn(part.text);
    const said = "value" in values ? textAt(values.value, "weft", "controlPlaneNamespace") : "";
    return said === "" ? { ...part, namespace: part.home } : { ...part, namespace: said };
  });
}

/** A List of both ConfigMaps, as `kubectl get cm` prints it. */
function anchorsBeside(file: NamedText): Result<Part | undefined> {
  const found = configMapsIn(file);
  return "value" in found ? { value: partOf(file, found.value, rows.trustAnchors) } : found;
}

/** The file itself where it has no objects. */
function partIn(file: NamedText, row: Row): Result<Part> {
  const found = configMapsIn(file);
  if ("issues" in found) return found;
  if (found.value.length === 0) return { value: { text: file, namespace: undefined, home: undefined } };
  const part = partOf(file, found.value, row);
  return part === undefined
    ? failed(file.name, `has ConfigMaps, but none that is called ${row.name} and has the key ${row.key}`)
    : { value: part };
}

function partOf({ name }: NamedText, configMaps: readonly JsonObject[], row: Row): Part | undefined {
  const found = configMaps.find((each) => nameOf(each) === row.name && textAt(each, "data", row.key) !== "");
  if (found === undefined) return undefined;
  const home = textAt(found, "metadata", "namespace") || undefined;
  const text = { name: `${name}: configmap/${row.name}`, text: textAt(found, "data", row.key) };
  // weft's own may be for the control plane of Linkerd, which is elsewhere.
  const isWefts = Object.entries(commonLabels).every(([key, value]) => labelsOf(found)[key] === value);
  return { text, namespace: isWefts ? undefined : home, home };
}

/** The ConfigMaps of a file of objects; of one that has values or PEM, none. */
function configMapsIn({ name, text }: NamedText): Result<readonly JsonObject[]> {
  // Values and PEM are not read twice.
  if (!/["']?\bkind["']?\s*:\s*["']?(ConfigMap|List)\b/.test(text)) return { value: [] };
  const read = splitDocuments(text).map((document) => readDocument(document.text, document.line));
  const issues = read.flatMap((document) => document.issues);
  return issues.length > 0
    ? { issues: inFile(name, issues) }
    : { value: read.flatMap(({ value }) => objectsIn(value)).filter(({ kind }) => kind === "ConfigMap") };
}

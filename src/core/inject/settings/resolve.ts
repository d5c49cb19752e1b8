/** Settings of one pod: its annotations, then its namespace's, then the installation's. */
import { inheritedKeys, traceAttributePrefix } from "../../mesh/annotations.ts";
import type { Annotations, Labels } from "../../base/json/json.ts";
import { perObject, perText } from "../../base/memory/memo.ts";
import { readingOf, rowOf } from "./annotation-settings.ts";
import type { AnnotationRow, Override, Reading } from "./annotation-settings.ts";
import { withRaisedLimits } from "./limits.ts";
import type { Settings, PodSettings } from "./settings.ts";

export type Source = "pod" | "namespace" | "flag";

/** What became of one annotation. */
export interface AnnotationRead {
  readonly row: AnnotationRow;
  readonly text: string;
  readonly from: Source;
  readonly before: PodSettings;
  /** `undefined`: the value cannot be used. */
  readonly reading: Reading | undefined;
}

export interface Resolved {
  readonly settings: PodSettings;
  readonly reads: readonly AnnotationRead[];
  /** Trace attributes that were left out, by their annotation, and why. */
  readonly badAttributes: ReadonlyMap<string, string>;
}

/** Of an annotation whose values in several places count together. */
export interface Beneath {
  readonly annotation: string;
  readonly text: string;
  readonly from: Source;
}

export interface Layers {
  readonly own: Annotations;
  /** What injection adds to the pod: inherited from the namespace, or from flags. They go over `own`. */
  readonly added: Annotations;
  readonly addedFrom: "namespace" | "flag";
  /** What counts beside these, lowest first, and is not written to the pod. */
  readonly beneath: readonly Beneath[];
  readonly labels: Labels;
}

/**
 * The settings that hold for a pod with these annotations. Pods with equal annotations get the same object, so that
 * what follows from it alone is made once.
 */
export function resolve(settings: Settings, layers: Layers): Resolved {
  return remembered(settings)(JSON.stringify(relevant(settings, layers)));
}

const remembered = perObject((settings: Settings) =>
  // The text was made of Layers by `resolve`.
  perText((layers) => resolvedFrom(settings, JSON.parse(layers) as Layers)),
);

/** The layers without what no setting follows from. */
function relevant(settings: Settings, layers: Layers): Layers {
  const traces = settings["proxy.tracing.enabled"];
  const kept = (annotations: Annotations): Annotations => {
    const entries = Object.entries(annotations).filter(
      ([key]) => rowOf.has(key) || (traces && key.startsWith(traceAttributePrefix)),
    );
    return entries.length === 0 ? nothing : Object.fromEntries(entries);
  };
  const labels = traces ? Object.entries(layers.labels).filter(([key]) => serviceNameLabels.includes(key)) : [];
  return { ...layers, own: kept(layers.own), added: kept(layers.added), labels: Object.fromEntries(labels) };
}

const nothing: Annotations = {};

function resolvedFrom(settings: Settings, layers: Layers): Resolved {
  const reads: AnnotationRead[] = [];
  let current: PodSettings = { ...settings, debugSidecar: false };
  const apply = (row: AnnotationRow, text: string, from: Source): void => {
    const reading = readingOf(row, text, current);
    reads.push({ row, text, from, before: current, reading });
    if (reading !== undefined) current = overridden(current, reading.override);
  };
  for (const { annotation, text, from } of layers.beneath) {
    const row = rowOf.get(annotation);
    if (row !== undefined) apply(row, text, from);
  }
  const present = (key: string): boolean => Object.hasOwn(layers.own, key) || Object.hasOwn(layers.added, key);
  const entries = [
    ...Object.entries(layers.own).filter(([key]) => !Object.hasOwn(layers.added, key)),
    ...Object.entries(layers.added),
  ];
  const rows = entries.flatMap(([key, text]) => {
    const row = rowOf.get(key);
    const from = Object.hasOwn(layers.added, key) ? layers.addedFrom : "pod";
    return row === undefined || row.yieldsTo?.some(present) === true ? [] : [{ row, text, from } as const];
  });
  const isFirst = ({ row }: { readonly row: AnnotationRow }): boolean => row.isFirst === true;
  for (const { row, text, from } of [...rows.filter(isFirst), ...rows.filter((each) => !isFirst(each))]) {
    apply(row, text, from);
  }
  const traced = withTraceLabels(current, entries, layers.labels);
  return { ...traced, ...withRaisedLimits({ settings: traced.settings, reads }) };
}

/** Annotations that a namespace hands to a pod that does not have them itself; presence counts, not content. */
export function inheritedAnnotations(own: Annotations, namespace: Annotations): Annotations {
  return Object.fromEntries(
    Object.entries(namespace).filter(([key]) => inherited.has(key) && !Object.hasOwn(own, key)),
  );
}

const inherited: ReadonlySet<string> = new Set(inheritedKeys);

const overridden = (settings: PodSettings, override: Override): PodSettings => ({ ...settings, ...override });

const serviceNameLabels = ["app.kubernetes.io/instance", "app.kubernetes.io/name"];

/** Trace attributes: from the pod's labels, then from `resource.opentelemetry.io/*`, which wins. */
function withTraceLabels(
  settings: PodSettings,
  entries: readonly (readonly [string, string])[],
  labels: Labels,
): Pick<Resolved, "settings" | "badAttributes"> {
  if (!settings["proxy.tracing.enabled"]) return { settings, badAttributes: new Map() };
  const service = serviceNameLabels.map((label) => labels[label]).find((value) => value !== undefined);
  const attributes = entries
    .filter(([key]) => key.startsWith(traceAttributePrefix))
    .map(([key, value]) => [key.slice(traceAttributePrefix.length), value] as const);
  const { kept, bad } = fittingAttributes(attributes);
  return {
    settings: {
      ...settings,
      "proxy.tracing.labels": Object.fromEntries([
        ...Object.entries(settings["proxy.tracing.labels"]),
        ...(service === undefined ? [] : [["service.name", service] as const]),
        ...kept,
      ]),
    },
    badAttributes: new Map(bad.map(([name, why]) => [traceAttributePrefix + name, why])),
  };
}

/** Characters of all attributes together: a variable longer than 128 KiB would keep the proxy from starting. */
const longestAttributes = 32_768;

/** Those that can be used: of one line (S-13), and no more of them than there is room for. */
function fittingAttributes(attributes: readonly (readonly [name: string, value: string])[]) {
  const kept: (readonly [name: string, value: string])[] = [];
  const bad: (readonly [name: string, why: string])[] = [];
  let length = 0;
  for (const [name, value] of attributes) {
    const more = name.length + value.length + 2;
    if (/[\r\n]/.test(value)) bad.push([name, "its value must be one line"]);
    else if (length + more > longestAttributes) bad.push([name, `all have ${longestAttributes} characters together`]);
    else {
      kept.push([name, value]);
      length += more;
    }
  }
  return { kept, bad };
}

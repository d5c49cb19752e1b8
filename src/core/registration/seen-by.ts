/**
 * Who is called for a new Pod or Service in a cluster: of the webhooks that are registered there, with the selectors that
 * they have there. `entryFor` is the model of what weft would register.
 */
import { keys, labels as labelKeys } from "../mesh/annotations.ts";
import { linkerdsWebhook } from "../mesh/control-plane.ts";
import { mirrorAnnotation } from "../inject/pod/node-bound.ts";
import type { JsonObject, Labels } from "../base/json/json.ts";
import { annotationsOf, labelsOf, nameOf, numberAt, objectsAt, textAt, textMapAt, textsAt } from "../base/json/read.ts";
import { quoted } from "../base/text/quote.ts";
import { holdsFor, isNoMirror } from "./conditions.ts";
import { entries, mirrorLabel } from "./entries.ts";
import type { NamespaceLabels } from "./entry-for.ts";
import { fulfils, nameLabel, podRows } from "./rows.ts";
import type { PodEntry, Requirement } from "./rows.ts";

/** Read from top to bottom: the first that is called counts, as whoever comes later finds the sidecar. */
export type SeenBy =
  | {
      readonly kind: "seen";
      readonly by: Injector;
      /** Name of its MutatingWebhookConfiguration. */
      readonly configuration: string;
      readonly webhook: string;
      readonly failurePolicy: string;
      readonly timeoutSeconds: number;
    }
  | {
      readonly kind: "unseen";
      readonly by: Injector;
      readonly configuration: string;
      /** One line. */
      readonly why: string;
    }
  /** Neither weft nor Linkerd has a webhook in this cluster. */
  | { readonly kind: "unregistered" };

type Injector = "weft" | "linkerd";

/** `object`: a Pod or a Service as it would be created. `configurations`: all MutatingWebhookConfigurations there are. */
export function seenBy(configurations: readonly JsonObject[], namespace: NamespaceLabels, object: JsonObject): SeenBy {
  const called = configurations.flatMap(callsIn).toSorted((a, b) => (a.configuration < b.configuration ? -1 : 1));
  const judged = called.map((call) => ({ call, why: whyNot(call, namespace, object) }));
  const seeing = judged.find(({ why }) => why === undefined);
  if (seeing !== undefined) return seenAs(seeing.call);
  // An entry for others of the same configuration says nothing about this pod.
  const told = judged.find(({ why }) => why !== undefined && why !== otherEntry) ?? judged[0];
  if (told === undefined) return { kind: "unregistered" };
  const { by, configuration } = told.call;
  return { kind: "unseen", by, configuration, why: told.why ?? otherEntry };
}

interface Call {
  readonly by: Injector;
  readonly configuration: string;
  readonly webhook: JsonObject;
}

const podEntries: ReadonlyMap<string, PodEntry> = new Map(
  (Object.keys(podRows) as PodEntry[]).map((entry) => [entries[entry].name, entry]),
);

const callsIn = (configuration: JsonObject): readonly Call[] =>
  objectsAt(configuration, "webhooks").flatMap((webhook) => {
    const name = textAt(webhook, "name");
    const by = podEntries.has(name) ? ("weft" as const) : name === linkerdsWebhook ? ("linkerd" as const) : undefined;
    return by === undefined ? [] : [{ by, configuration: nameOf(configuration), webhook }];
  });

const seenAs = ({ by, configuration, webhook }: Call): SeenBy => ({
  kind: "seen",
  by,
  configuration,
  webhook: textAt(webhook, "name"),
  // The defaults of the API server (admissionregistration/v1).
  failurePolicy: textAt(webhook, "failurePolicy") || "Fail",
  timeoutSeconds: numberAt(webhook, "timeoutSeconds") ?? 10,
});

const otherEntry = "its entries are for other pods";

/** Undefined: it is called. */
function whyNot({ webhook }: Call, { name, labels }: NamespaceLabels, object: JsonObject): string | undefined {
  const resource = object["kind"] === "Service" ? "services" : "pods";
  if (!objectsAt(webhook, "rules").some((rule) => textsAt(rule, "resources").includes(resource))) return otherEntry;
  const ofNamespace = { ...labels, [nameLabel]: name };
  const inNamespace = requirementsIn(webhook, "namespaceSelector").find((each) => !fulfils(ofNamespace, each));
  if (inNamespace !== undefined) return namespaceWords(inNamespace, name, ofNamespace);
  const onObject = requirementsIn(webhook, "objectSelector").find((each) => !fulfils(labelsOf(object), each));
  if (onObject !== undefined) return objectWords(onObject, labelsOf(object), resource);
  return resource === "pods" ? conditionWords(webhook, annotationsOf(object)) : undefined;
}

/** Conditions are text that only the API server evaluates; those of weft's entries are known by the entry's name. */
function conditionWords(webhook: JsonObject, annotations: Labels): string | undefined {
  const entry = podEntries.get(textAt(webhook, "name"));
  if (entry === undefined) return undefined;
  if (!holdsFor(podRows[entry].condition, annotations[keys.inject] ?? "")) return otherEntry;
  return isNoMirror(annotations)
    ? undefined
    : `it has the annotation ${mirrorAnnotation}: what the kubelet runs is left alone`;
}

/** Of a label selector (meta/v1 LabelSelector). */
function requirementsIn(webhook: JsonObject, selector: string): readonly Requirement[] {
  const exact = Object.entries(textMapAt(webhook, selector, "matchLabels")).map(
    ([key, value]) => ({ key, operator: "In", values: [value] }) as const,
  );
  const more = objectsAt(webhook, selector, "matchExpressions").map((each): Requirement => {
    const [key, operator] = [textAt(each, "key"), textAt(each, "operator")];
    return operator === "Exists" || operator === "DoesNotExist"
      ? { key, operator }
      : { key, operator: operator === "NotIn" ? "NotIn" : "In", values: textsAt(each, "values") };
  });
  return [...exact, ...more];
}

function namespaceWords(requirement: Requirement, name: string, labels: Labels): string {
  if (requirement.key === mirrorLabel) return otherEntry;
  if (requirement.key !== nameLabel) return `the namespace ${labelWords(requirement, labels)}`;
  return requirement.operator === "In"
    ? `it is registered for the namespaces ${requirement.values.join(", ")} alone`
    : `it never sees pods of namespace ${name}`;
}

function objectWords(requirement: Requirement, labels: Labels, resource: "pods" | "services"): string {
  const words = `the ${resource === "pods" ? "pod" : "Service"} ${labelWords(requirement, labels)}`;
  const isOfMesh = requirement.key === labelKeys.controlPlaneComponent || requirement.key === labelKeys.cniResource;
  return isOfMesh ? `${words}: nothing of the mesh itself is injected` : words;
}

function labelWords({ key }: Requirement, labels: Labels): string {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  return value === undefined ? `lacks the label ${key}` : `has the label ${key}: ${quoted(value)}`;
}

/**
 * weft as a library, for programs that make manifests (cdk8s, Pulumi) and for checks in CI: the engine of the webhook,
 * offline. Nothing here reads a cluster, and nothing given is ever changed.
 */
import { createHash } from "node:crypto";
import { readCluster } from "./core/cluster/objects.ts";
import { readDocument } from "./core/documents/document.ts";
import { isRawNumber } from "./core/base/json/raw-number.ts";
import { defaultValues } from "./core/inject/settings/defaults.ts";
import { explain as explainRequest } from "./core/inject/explain.ts";
import type { Explanation } from "./core/inject/explain.ts";
import { inject as injectRequest } from "./core/inject/inject.ts";
import type { Injection, Owner, Subject, Warning } from "./core/inject/outcome/injection.ts";
import { readInstallation } from "./core/inject/settings/installation.ts";
import type { Installation } from "./core/inject/settings/installation.ts";
import type { SkipReason } from "./core/inject/outcome/reasons.ts";
import { reasonsText } from "./core/inject/outcome/reasons.ts";
import type { InjectRequest } from "./core/inject/request.ts";
import { admitted } from "./core/inject/pod/template-pod.ts";
import { uninject as uninjectObject } from "./core/inject/uninject.ts";
import { identityOf } from "./core/manifests/names.ts";
import { untouched } from "./core/manifests/report.ts";
import type { ObjectReport } from "./core/manifests/report.ts";
import { withTexts } from "./core/manifests/texts.ts";
import { transform } from "./core/manifests/transform.ts";
import type { Annotations, Json, JsonObject } from "./core/base/json/json.ts";
import type { Issue } from "./core/base/text/issue.ts";
import type { Failed } from "./core/base/text/result.ts";
import { explanationText as textOfExplanation } from "./core/print/explanation.ts";
import type { ExplanationStyle } from "./core/print/explanation.ts";
import { ownPackage } from "./files/package.ts";

export { defaultValues } from "./core/inject/settings/defaults.ts";
export type { ExplanationStyle } from "./core/print/explanation.ts";
export { warningLine, warningLines } from "./core/inject/messages/warnings.ts";
export { issueText } from "./core/base/text/issue.ts";
export type * from "./core/inject/messages/trace.ts";
export type { Explanation } from "./core/inject/explain.ts";
export type {
  Annotated,
  Faulted,
  Injected,
  Injection,
  Operation,
  Owner,
  Patch,
  Refused,
  Skipped,
  Subject,
  Updated,
  Warning,
} from "./core/inject/outcome/injection.ts";
export type { Installation, TrustAnchors } from "./core/inject/settings/installation.ts";
export type { SkipReason } from "./core/inject/outcome/reasons.ts";
export type { Settings } from "./core/inject/settings/settings.ts";
export type { Annotations, Json, JsonObject, Labels } from "./core/base/json/json.ts";
export type { Issue } from "./core/base/text/issue.ts";

/** A result, or every problem at once, each with its place. */
export type { Failed } from "./core/base/text/result.ts";

export interface SettingsOptions {
  /** Certificates that the proxies trust, PEM. They replace `identityTrustAnchorsPEM` of the values. */
  readonly trustAnchors?: string;
  /** Default `linkerd`. */
  readonly controlPlaneNamespace?: string;
}

export interface SettingsParsed {
  readonly settings: Installation;
  /** What works, but its author will want to know; and what makes injection impossible, such as missing trust anchors. */
  readonly warnings: readonly Issue[];
}

/**
 * Linkerd's Helm values, as an object or as YAML or JSON text → settings to inject with; without values, those of
 * Linkerd's chart. Values are complete, as ConfigMap `linkerd-config` holds them, not an overlay. Parse once, use often.
 */
export function parseSettings(
  values: string | object = defaultValues,
  options: SettingsOptions = {},
): SettingsParsed | Failed {
  const read = typeof values === "string" ? readDocument(values) : { value: values as Json, issues: [] };
  if (read.issues.length > 0) return { issues: read.issues };
  const { trustAnchors, controlPlaneNamespace } = options;
  const found = readInstallation({
    values: read.value ?? {},
    trustAnchors: trustAnchors === undefined ? undefined : { pem: trustAnchors, sha256: sha256(trustAnchors) },
    controlPlaneNamespace,
    sha256,
  });
  if ("issues" in found) return found;
  const { installation, warnings } = found.value;
  return { settings: installation, warnings: [...warnings, ...installation.errors] };
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

export interface InjectOptions {
  readonly settings: Installation;
  /** The namespace that the object goes to. Default: the object's own, else `default`; without annotations. */
  readonly namespace?: { readonly name?: string; readonly annotations?: Annotations };
  /** Who made the pod, for its owner label; default: its only owner reference. Of no account for workloads. */
  readonly owner?: Owner;
  /** Value of `linkerd.io/created-by`; default `weft/library VERSION`. */
  readonly createdBy?: string;
}

/** An injection whose object has the type of the one that was given. */
export type InjectionOf<Resource> = Injection extends infer Each
  ? Each extends { readonly object: JsonObject }
    ? Omit<Each, "object"> & { readonly object: Resource }
    : Each
  : never;

/**
 * Injects a Pod, or a workload with a pod template, exactly as the webhook would: the decision is by the annotation
 * `linkerd.io/inject` of the pod (the template) and of the namespace. `kind` of the result says what came of it;
 * `object` and `patch` are there for `injected`, `updated` and `annotated`, `issues` for `refused` and `faulted`.
 * Objects of other kinds come back as `skipped`.
 */
export function inject<Resource extends object>(object: Resource, options: InjectOptions): InjectionOf<Resource> {
  const issues = noObject(object);
  if (issues.length > 0) return { kind: "refused", issues };
  // The engine adds members and never takes one away: what was a Resource stays one.
  return own(injectRequest(requestFor(object as JsonObject, options))) as InjectionOf<Resource>;
}

/** What a file was read as may be no object, whatever its type says: an empty document is null. */
const noObject = (value: unknown): readonly Issue[] =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? []
    : [{ at: "", message: `expected an object, got ${Array.isArray(value) ? "a list" : String(value)}` }];

/** The engine shares parts between results, and programs like to go on changing what they got: they get their own. */
function own<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || isRawNumber(value)) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => own(item)) as Value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, own<unknown>(item)])) as Value;
}

/**
 * What `inject` would do and why: checks, annotations with where they come from and what they change, ports, containers.
 * Of a workload the pod of its template is explained, as the webhook would see it.
 */
export function explain(object: object, options: InjectOptions): Explanation {
  const issues = noObject(object);
  if (issues.length > 0) return { ...explainRequest(requestFor({}, options)), outcome: "refused", issues };
  const found = admitted(object as JsonObject, () => undefined);
  const request = requestFor(object as JsonObject, options);
  if (found === undefined || "issues" in found) return explainRequest(request);
  return explainRequest({ ...request, object: found.value.object, owner: options.owner ?? found.value.owner });
}

/** An explanation for people, in lines; without colours and unchanged settings, and of the subject itself, unless `style` says else. */
export const explanationText = (explanation: Explanation, style: Partial<ExplanationStyle> = {}): string =>
  textOfExplanation(explanation, { colours: undefined, all: false, manifest: explanation.subject, ...style });

export interface Decision {
  readonly inject: boolean;
  /** Codes, as Linkerd's metrics have them; empty when the object is injected. */
  readonly reasons: readonly SkipReason[];
  /** The reasons in words, as Linkerd's events have them. */
  readonly text: string;
  /** Whose annotation asked for injection. */
  readonly askedBy: "namespace" | "workload" | "";
}

/** Would this object be injected? */
export function decide(object: object, options: InjectOptions): Decision {
  const { outcome, reasons, askedBy } = explain(object, options);
  const codes = reasons.map(({ reason }) => reason);
  return { inject: outcome === "injected", reasons: codes, text: reasonsText(codes), askedBy };
}

export interface Uninjection<Resource> {
  readonly kind: "uninjected" | "skipped";
  /** The object given when there was nothing to remove. */
  readonly object: Resource;
  /** In words, such as `container linkerd-proxy`. */
  readonly removed: readonly string[];
}

/** The object without what an injection put into it, Linkerd's or weft's. */
export const uninject = <Resource extends object>(object: Resource): Uninjection<Resource> =>
  uninjectObject(object as JsonObject) as unknown as Uninjection<Resource>;

export interface ManifestInjection {
  /** Each document is followed by a line `---`. What was not injected is as it was, byte for byte. */
  readonly text: string;
  /** One for each object, in order. */
  readonly objects: readonly (Subject & {
    readonly outcome: Injection["kind"];
    readonly warnings: readonly Warning[];
  })[];
}

/**
 * Injects a manifest: YAML or JSON, many documents, Lists; comments and formatting stay. Namespaces in the manifest count
 * with their annotations, under those of the options. All or nothing: one object that cannot be read, and there are only
 * issues, each with document and line.
 */
export function injectManifest(text: string, options: InjectOptions): ManifestInjection | Failed {
  if (typeof text !== "string") return { issues: [{ at: "", message: `expected text, got ${typeof text}` }] };
  const cluster = readCluster([{ name: "manifest", text }], withTexts);
  if ("issues" in cluster) return cluster;
  const outcomes = new Map<ObjectReport, Injection["kind"]>();
  const result = transform([{ name: "manifest", text }], "yaml", (object) => {
    const defaultValue = requestFor(object, options);
    const annotations = {
      ...cluster.value.namespaceNamed(defaultValue.namespace.name),
      ...defaultValue.namespace.annotations,
    };
    const injection = injectRequest({ ...defaultValue, namespace: { name: defaultValue.namespace.name, annotations } });
    if ("issues" in injection) return { issues: injection.issues };
    const { kind, name } = identityOf(object);
    const report = untouched(kind, name);
    outcomes.set(report, injection.kind);
    return { object: "object" in injection ? injection.object : object, report, warnings: injection.warnings };
  });
  if ("issues" in result) return result;
  return {
    text: result.text,
    objects: result.objects.map(({ report, warnings }) => {
      const { kind, name } = report;
      return { kind, name, outcome: outcomes.get(report) ?? "skipped", warnings };
    }),
  };
}

const createdByLibrary = `weft/library ${ownPackage().version}`;
const nobody: Owner = { kind: "", name: "" };

function requestFor(object: JsonObject, options: InjectOptions): InjectRequest {
  const found = admitted(object, () => undefined);
  const own = found === undefined || "issues" in found ? undefined : found.value;
  const { namespace = {}, settings, createdBy = createdByLibrary } = options;
  return {
    object,
    namespace: {
      name: namespace.name ?? (own === undefined || own.namespace === "" ? "default" : own.namespace),
      annotations: namespace.annotations ?? {},
    },
    owner: options.owner ?? own?.owner ?? nobody,
    installation: settings,
    createdBy,
  };
}

/**
 * Manifests → what is wrong with them, for CI: the advice that the webhook gives at `kubectl apply`, with nothing but the
 * files. Namespaces are those of the files.
 */
import { manifestWarnings } from "../admission/manifest.ts";
import type { AdviceRequest } from "../advice/request.ts";
import { isObject } from "../base/json/json.ts";
import type { Json, JsonObject } from "../base/json/json.ts";
import { textAt } from "../base/json/read.ts";
import type { Issue } from "../base/text/issue.ts";
import { issueText } from "../base/text/issue.ts";
import { issuesOf } from "../base/text/result.ts";
import { clusterOf } from "../cluster/objects.ts";
import type { Cluster } from "../cluster/objects.ts";
import { readSyntax } from "../documents/document.ts";
import { splitDocuments } from "../documents/stream.ts";
import type { Syntax } from "../documents/syntax.ts";
import type { Warning } from "../inject/outcome/injection.ts";
import { targetOf } from "../inject/pod/kinds.ts";
import { listedIn } from "../kubernetes/lists.ts";
import { readSubjects } from "../inject/request.ts";
import type { Installation } from "../inject/settings/installation.ts";
import { subjectText } from "../inject/messages/warnings.ts";
import { identityOf } from "../manifests/names.ts";
import { kindless, noObject, remarksOn, unreadable } from "../manifests/remarks.ts";
import { withTexts } from "../manifests/texts.ts";
import type { Source } from "../manifests/transform.ts";
import { unquotedRemarks } from "../manifests/unquoted.ts";
import { keys } from "../mesh/annotations.ts";
import { policyGroup } from "../mesh/groups.ts";
import { holdsPrivateKey, privateKeyIssues } from "../mesh/private-keys.ts";
import { policyVerdict, unaskedIssues } from "../policy/admission.ts";
import { valuesIssues } from "../install/values-issues.ts";
import { entryAt, lineNumbers, objectNode, offsets, pathOffset } from "./place.ts";
import type { RuleId } from "./rules.ts";
import { isValuesFile } from "./values.ts";

export interface Finding {
  readonly file: string;
  /** In the file; the first is 1. */
  readonly line: number;
  readonly rule: RuleId;
  /** `deployment/web`; empty for a whole document. */
  readonly object: string;
  /** The annotation, label or field that it is about; may be empty. */
  readonly about: string;
  /** One line, without the object's name. */
  readonly message: string;
}

export interface LintOptions {
  readonly installation: Installation;
  /** Of objects that do not say theirs. */
  readonly namespace: string;
  /** Whether a file is of Helm values, by its name; others are where their keys say so. */
  readonly isValues?: (file: string) => boolean;
}

/** In the order of the files and their objects, and for each object of the lines. */
export function lint(sources: readonly Source[], options: LintOptions): readonly Finding[] {
  const documents = sources.flatMap((source) => documentsOf(source, options.isValues?.(source.name) === true));
  const cluster = clusterOf(documents.flatMap(({ objects }) => objects.map(({ object }) => object)));
  return documents.flatMap((document) => [
    ...document.findings,
    ...document.objects.flatMap((placed) => objectFindings(document, placed, cluster, options)),
  ]);
}

interface Document {
  readonly file: string;
  /** In the file, of an offset of its text. */
  readonly lineAt: (offset: number) => number;
  readonly objects: readonly PlacedObject[];
  /** About the document as a whole. */
  readonly findings: readonly Finding[];
}

interface PlacedObject {
  /** With texts where Kubernetes wants texts. */
  readonly object: JsonObject;
  readonly written: JsonObject;
  readonly node: Syntax;
}

function documentsOf({ name: file, text }: Source, areValues: boolean): readonly Document[] {
  return splitDocuments(text).map(({ text: own, line }) => {
    const { root, value, issues, notes } = readSyntax(own, { firstLine: line });
    const about = (rule: RuleId, message: string, at = ""): Finding => ({
      file,
      line: lineIn(at) ?? line,
      rule,
      object: "",
      about: "",
      message,
    });
    const [first] = issues;
    const noted = notes.map(({ at, message }) => about("unread-text", message, at));
    const document = { file, lineAt: lineNumbers(own, line), objects: [] };
    if (first !== undefined) {
      const stranger = unreadable(own, line, first);
      const rule = stranger === undefined ? "unreadable" : "no-object";
      return { ...document, findings: [about(rule, stranger ?? first.message, first.at)] };
    }
    if (root === undefined || value === undefined) return { ...document, findings: noted };
    if (isObject(value) && (areValues || (kindless(value) !== undefined && isValuesFile(value)))) {
      return { ...document, findings: [...noted, ...valuesFindings(document, value, root)] };
    }
    const problem = noObject(value) ?? (isObject(value) ? kindless(value) : undefined);
    if (problem !== undefined) return { ...document, findings: [...noted, about("no-object", problem)] };
    return { ...document, objects: objectsIn(value, root), findings: noted };
  });
}

type Place = Pick<Document, "file" | "lineAt">;

/** A private key is told of without quoting it: what else there is to say of such a value would. */
function valuesFindings({ file, lineAt }: Place, values: JsonObject, root: Syntax): readonly Finding[] {
  const finding = (rule: RuleId, { at, message }: Issue): Finding => ({
    file,
    line: lineAt(pathOffset(root, at.split("."))),
    rule,
    object: "",
    about: at,
    message: issueText({ at, message }),
  });
  return [
    ...privateKeyIssues(values).map((issue) => finding("private-key", issue)),
    ...valuesIssues(values)
      .map((issue) => finding("helm-value", issue))
      .filter(({ message }) => !holdsPrivateKey(message)),
  ];
}

const lineIn = (at: string): number | undefined => {
  const found = /^line ([0-9]+)/.exec(at)?.[1];
  return found === undefined ? undefined : Number(found);
};

function objectsIn(value: Json, root: Syntax): readonly PlacedObject[] {
  if (!isObject(value)) return [];
  const items = listedIn(value);
  const placed = (written: Json, item: number | undefined): readonly PlacedObject[] =>
    isObject(written) ? [{ object: withTexts(written), written, node: objectNode(root, item) }] : [];
  return items === undefined ? placed(value, undefined) : items.flatMap(placed);
}

function objectFindings(
  document: Document,
  { object, written, node }: PlacedObject,
  cluster: Cluster,
  options: LintOptions,
): readonly Finding[] {
  const offsetOf = offsets(node, targetOf(object)?.path ?? []);
  const found = (rule: RuleId, about: string, message: string): Finding => ({
    file: document.file,
    line: document.lineAt(offsetOf(about)),
    rule,
    object: subjectText(identityOf(object)),
    about,
    message,
  });
  const sourceAt = (path: readonly string[]): string | undefined => {
    const value = entryAt(node, path)?.value;
    return value?.kind === "scalar" ? value.source : undefined;
  };
  const unquoted = unquotedRemarks(written, object, { quotes: false, sourceAt });
  // The word that is proposed is what is wrong with its value, too.
  const proposed = new Set(unquoted.flatMap(({ about, isProposal }) => (isProposal ? [about] : [])));
  const warnings = [...objectWarnings(object, cluster, options), ...remarksOn(written)];
  const findings = [
    ...warnings
      .filter(({ about }) => !proposed.has(about))
      .map(({ rank, isFatal = false, about, text }) => found(isFatal ? "will-not-run" : ranks[rank], about, text)),
    ...unquoted.map(({ about, at, text }) => ({ ...found("not-text", at, text), about })),
    ...refusals(object).map((issue) => found("not-meshed", issue.at, `is no valid object: ${issueText(issue)}`)),
    ...policyFindings(object, options.namespace, found),
  ];
  // The same is said once of an object.
  const same = Map.groupBy(findings, ({ message }) => message);
  return [...same.values()].flatMap(([first]) => first ?? []).toSorted((a, b) => a.line - b.line);
}

const ranks = ["not-meshed", "value-not-used", "unknown-key", "doubtful-value"] as const;

/** Of a namespace that is in no file nothing is known: what would be said if it asked for the proxy is said, too. */
function objectWarnings(
  object: JsonObject,
  cluster: Cluster,
  { installation, namespace: other }: LintOptions,
): readonly Warning[] {
  const target = targetOf(object);
  if (target === undefined) return [];
  const name = textAt(object, "metadata", "namespace") || other;
  const annotations = cluster.namespaceNamed(name);
  const { labels = {} } = cluster.objectNamed("Namespace", "", name) ?? {};
  const said = (namespace: AdviceRequest["namespace"]): readonly Warning[] =>
    manifestWarnings(object, installation, namespace);
  if (annotations !== undefined) return said({ name, annotations, labels });
  const asIs = said({ name, annotations: {}, labels: {} });
  const asking = said({ name, annotations: { [keys.inject]: "enabled" }, labels: {} });
  // Whether it asks is what is not known.
  const more = asking.filter(({ about, text }) => about !== keys.inject && asIs.every((each) => each.text !== text));
  return [...asIs, ...more];
}

/** What keeps an object that has pods from being read, also by the API server. */
function refusals(object: JsonObject): readonly Issue[] {
  return targetOf(object) === undefined ? [] : issuesOf(readSubjects(object));
}

function policyFindings(
  object: JsonObject,
  other: string,
  found: (rule: RuleId, about: string, message: string) => Finding,
): readonly Finding[] {
  const [apiVersion, kind] = [textAt(object, "apiVersion"), textAt(object, "kind")];
  const namespace = textAt(object, "metadata", "namespace") || other;
  const each = (rule: RuleId) => (issue: Issue) => found(rule, issue.at, issueText(issue));
  const verdict = apiVersion.startsWith(`${policyGroup}/`) ? policyVerdict(kind, namespace, object) : undefined;
  if (verdict === undefined)
    return unaskedIssues(apiVersion, kind, namespace, object).map(each("policy-without-effect"));
  return [...verdict.refusals.map(each("policy-refused")), ...verdict.warnings.map(each("policy-without-effect"))];
}

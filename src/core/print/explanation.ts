/** An explanation for people. */
import { oneLine, quoted } from "../base/text/quote.ts";
import { issueText } from "../base/text/issue.ts";
import type { Colours } from "../base/text/terminal.ts";
import { paint } from "../base/text/paint.ts";
import type { Paint } from "../base/text/paint.ts";
import type { Explanation } from "../inject/explain.ts";
import type { Subject } from "../inject/outcome/injection.ts";
import type {
  AnnotationTrace,
  CheckTrace,
  ContainerTrace,
  OpaquePortsTrace,
  RedirectTrace,
} from "../inject/messages/trace.ts";

/** Its reasons are told by their texts. */
type Explained = Explanation<string>;

export interface ExplanationStyle {
  readonly colours: Colours;
  /** Settings that no annotation changed are listed, too. */
  readonly all: boolean;
  /** What the object was made from: a workload, whose pods are explained. */
  readonly manifest: Subject;
}

/** Several lines, with a newline at the end. */
export function explanationText(explanation: Explained, style: ExplanationStyle): string {
  const colours = paint(style.colours);
  const { outcome, subject } = explanation;
  const lines = [
    ...headline(explanation, style.manifest, outcomeText(outcome, subject.kind, colours), colours),
    ...whyLines(explanation, colours),
    ...explanationLines(explanation, style),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** What keeps it out, if anything does. */
export const whyLines = (explanation: Explained, colours: Paint): readonly string[] => [
  ...explanation.issues.map((issue) => `  ${colours.red("✗")} ${oneLine(issueText(issue))}`),
  ...(isOfPod(explanation) ? reasonLines(explanation, colours) : []),
];

/** A Service is asked about for its ports alone. */
const isOfPod = ({ subject }: Explained): boolean => subject.kind !== "service";

/** From the checks to the warnings. */
export function explanationLines(explanation: Explained, style: ExplanationStyle): readonly string[] {
  const colours = paint(style.colours);
  return [
    section("Checks", isOfPod(explanation) ? checkLines(explanation.checks, colours) : [], colours),
    section(
      "Annotations",
      explanation.annotations.flatMap((trace) => annotationLines(trace, colours)),
      colours,
    ),
    section("Settings", keptLines(explanation, style.all, colours), colours),
    section("Ports", portLines(explanation), colours),
    section("Containers", containerLines(explanation.containers, colours), colours),
    section(
      "Warnings",
      otherWarnings(explanation).map((text) => `${colours.yellow("!")} ${oneLine(text)}`),
      colours,
    ),
  ].flat();
}

const reasonLines = ({ reasons }: Explained, paint: Paint): readonly string[] =>
  reasons.flatMap(({ text, advice }) => [`  ${paint.yellow("because")} ${text}`, `  ${paint.dim("→")} ${advice}`]);

/** Those that do not stand with their annotation. */
function otherWarnings({ annotations, warnings }: Explained): readonly string[] {
  const told = new Set(annotations.map(({ warning }) => warning));
  return warnings.map(({ text }) => text).filter((text) => !told.has(text));
}

/** `what`: what becomes of it. */
export function headline(
  { subject, namespace, owner }: Explained,
  manifest: Subject,
  what: string,
  paint: Paint,
): readonly string[] {
  const isMade = subject.kind !== manifest.kind;
  const whose = isMade ? ", as the webhook would see a pod of its template" : "";
  const name = paint.bold(oneLine(`${manifest.kind}/${manifest.name}`));
  const isOwned = !isMade && subject.kind === "pod" && owner.kind !== "pod" && owner.name !== "";
  const owned = isOwned ? ` of ${oneLine(`${owner.kind}/${owner.name}`)}` : "";
  return [`${name}${owned} in namespace ${oneLine(namespace)}${whose}: ${what}`];
}

export function outcomeText(outcome: Explanation["outcome"], kind: string, paint: Paint): string {
  if (kind === "service" && outcome === "annotated") return paint.green("gets its opaque ports written on it");
  if (kind === "service" && outcome === "skipped") return paint.yellow("stays as it is");
  switch (outcome) {
    case "injected":
      return paint.green("gets the proxy");
    case "updated":
      return paint.green("has the proxy from weft already, only its ports follow");
    case "annotated":
      return paint.yellow("gets no proxy, but its opaque ports are written on it");
    case "skipped":
      return paint.yellow("gets no proxy");
    case "refused":
      return paint.red("is refused: it is not a valid object");
    case "faulted":
      return paint.red("cannot be injected with these settings");
  }
}

export const section = (title: string, lines: readonly string[], paint: Paint): readonly string[] =>
  lines.length === 0 ? [] : ["", `  ${paint.bold(title)}`, ...lines.map((line) => `    ${line}`)];

const checkNames: Readonly<Record<CheckTrace["check"], string>> = {
  host_network_enabled: "network of its own",
  sidecar_already_exists: "no proxy yet",
  unsupported_resource: "has a pod",
  injection_enable_annotation_absent: "asked for",
  injection_disable_annotation_present: "asked for",
  invalid_inject_annotation_at_workload: "asked for",
  invalid_inject_annotation_at_ns: "asked for",
  disabled_automount_service_account_token_account: "token for the proxy",
  windows_pod: "runs on Linux",
  mirror_pod: "is not a mirror pod",
};

const checkLines = (checks: readonly CheckTrace[], paint: Paint): readonly string[] =>
  table(checks.map(({ check, found }) => [checkNames[check], oneLine(found)])).map((line, index) =>
    checks[index]?.holds === true ? `${paint.red("✗")} ${line}` : `${paint.green("✓")} ${line}`,
  );

function annotationLines(trace: AnnotationTrace, paint: Paint): readonly string[] {
  const { annotation, value, from, used, changes, warning } = trace;
  const mark = warning === undefined ? paint.green("✓") : used ? paint.yellow("!") : paint.red("✗");
  const whose = paint.dim(from === "flag" ? "from a flag" : `of the ${from}`);
  return [
    `${mark} ${annotation}: ${quoted(value)} ${whose}`,
    ...table(changes.map(({ setting, before, after }) => [setting, `${before} → ${paint.bold(after)}`])).map(indented),
    ...(used && changes.length === 0 ? [indented(paint.dim("is what the settings say anyway"))] : []),
    // It begins with the annotation, which stands above.
    ...(warning === undefined
      ? []
      : [indented(paint.yellow(oneLine(warning.replace(/^\S+?( \([^)]*\))?(: | (?=is ))/, ""))))]),
  ];
}

function keptLines({ kept }: Explained, all: boolean, paint: Paint): readonly string[] {
  if (kept.length === 0) return [];
  if (!all) return [paint.dim(`${kept.length} more that annotations can change stay as they are (--all lists them)`)];
  return table(kept.map(({ setting, value }) => [setting, value]));
}

const portLines = ({ opaquePorts, inboundPorts, redirectedBy }: Explained): readonly string[] =>
  table([
    ...(inboundPorts === undefined ? [] : [["inbound", inboundPorts === "" ? "none" : inboundPorts] as const]),
    ...(opaquePorts === undefined ? [] : [["opaque", opaqueWords(opaquePorts)] as const]),
    ...(redirectedBy === undefined ? [] : [["redirect", redirectWords[redirectedBy]] as const]),
  ]);

const redirectWords: Readonly<Record<RedirectTrace, string>> = {
  linkerd: "by Linkerd's program",
  nft: "by nft; its script is the argument of linkerd-init",
  iptables: "by iptables-restore; its rules are arguments of linkerd-init",
  cni: "by the CNI plugin of the node",
};

function opaqueWords({ annotation, proxy, from }: OpaquePortsTrace): string {
  const ports = (proxy ?? annotation) === "" ? "none" : oneLine(proxy ?? annotation);
  if (from !== "default") {
    const [whose, isSwitch] = from.split(" ");
    const what = isSwitch === undefined ? `annotation ${quoted(annotation)}` : "switch for all ports";
    return `${ports}, by the ${whose}'s ${what}`;
  }
  if (annotation === "") return `${ports}: the whole default list, since the pod exposes none of it`;
  return `${ports}: those of the default list that it exposes`;
}

const containerLines = (containers: readonly ContainerTrace[], paint: Paint): readonly string[] =>
  table(containers.map(({ name, kind, image }) => [oneLine(name), kind, oneLine(image)])).map((line, index) =>
    containers[index]?.added === true ? paint.green(`+ ${line}`) : `  ${line}`,
  );

const indented = (line: string): string => `    ${line}`;

/** Columns as wide as their widest text. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row.map((text, column) => (column === row.length - 1 ? text : text.padEnd(widths[column] ?? 0))).join("  "),
  );
}

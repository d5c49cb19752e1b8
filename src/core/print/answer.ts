/** The answer about an object, for people: what becomes of it, what it is now, and what is not known of it. */
import type { Answer, Explained } from "../explain/answer.ts";
import type { Around, Asked, Gap, NamespaceFound } from "../explain/around.ts";
import { gapsIn } from "../explain/around.ts";
import type { Fact } from "../checks/fact.ts";
import type { Finding } from "../dataplane/findings.ts";
import type { PodState } from "../dataplane/state.ts";
import type { Certified } from "./status.ts";
import type { Subject } from "../inject/outcome/injection.ts";
import { keys } from "../mesh/annotations.ts";
import { mirrorLabel } from "../registration/entries.ts";
import type { SeenBy } from "../registration/seen-by.ts";
import { oneLine, quoted } from "../base/text/quote.ts";
import { paint } from "../base/text/paint.ts";
import type { Paint } from "../base/text/paint.ts";
import { explanationLines, headline, outcomeText, section, table, whyLines } from "./explanation.ts";
import type { ExplanationStyle } from "./explanation.ts";
import { differenceRows, findingsAgainst, stateBrief, stateRows, stateText } from "./stored-pod.ts";

export interface Told {
  readonly answer: Answer;
  readonly around: Around;
  /** Of a pod that is there. */
  readonly certified?: Certified | undefined;
  /** Of a workload that is there: its pods. */
  readonly pods?: Fact<readonly PodState[]> | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Several lines, with a newline at the end. */
export function answerText(told: Told, style: ExplanationStyle): string {
  const colours = paint(style.colours);
  const { answer, around, pods } = told;
  const { explanation } = answer;
  const lines = [
    ...headline(explanation, style.manifest, whatText(answer, around, colours), colours),
    ...reasonLines(told, colours),
    ...section("Asked of the cluster", around.registration.kind === "unasked" ? [] : clusterLines(around), colours),
    ...section("As it is", storedLines(told, colours), colours),
    ...(answer.kind === "stored" ? ["", `  ${colours.bold("Made now")}: it ${describedAs(explanation)}`] : []),
    ...explanationLines(explanation, style),
    ...section("Pods", pods === undefined ? [] : podsLines(pods, told, colours), colours),
    ...gapLines(around, colours),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function whatText(answer: Answer, around: Around, colours: Paint): string {
  const { outcome, subject } = answer.explanation;
  switch (answer.kind) {
    case "decided":
      return outcomeText(outcome, subject.kind, colours);
    case "depends":
      return colours.yellow(`it depends on the namespace, which is not known${whyNot(around)}`);
    case "stored":
      return answer.state.kind === "meshed"
        ? colours.green(stateText(answer.state))
        : colours.yellow(stateText(answer.state));
  }
}

const whyNot = ({ namespace }: Around): string => ("text" in namespace ? ` (${oneLine(namespace.text)})` : "");

/** Why the webhook would change nothing, or why nobody knows; undefined: the engine's own answer holds. One line. */
export function asideText({ answer, around }: Pick<Told, "answer" | "around">): string | undefined {
  const { explanation } = answer;
  if (answer.kind === "depends") {
    const where = `the namespace ${oneLine(explanation.namespace)} is not known${whyNot(around)}`;
    return `${where}: if it has ${keys.inject}: enabled, this ${describedAs(explanation)}, otherwise it ${describedAs(answer.otherwise)}`;
  }
  return explanation.reasons.some(({ reason }) => reason === "not_seen")
    ? `${describedAs(explanation)}${becauseOf(explanation)}`
    : undefined;
}

function reasonLines({ answer, around, now }: Told, colours: Paint): readonly string[] {
  switch (answer.kind) {
    case "decided":
      return whyLines(answer.explanation, colours);
    case "depends":
      return [
        `  if the namespace has ${keys.inject}: enabled, it ${describedAs(answer.explanation)}`,
        `  otherwise it ${describedAs(answer.otherwise)}${becauseOf(answer.otherwise)}`,
        `  ${colours.dim("→")} ${howToKnow(["namespace"])}`,
      ];
    case "stored": {
      const { state, explanation } = answer;
      return [
        ...(state.kind === "unmeshed" && explanation.outcome !== "injected" ? whyLines(explanation, colours) : []),
        ...findingLines(findingsAgainst([state], around, now), colours),
      ];
    }
  }
}

/** What is not as it should be, and each command once. */
const findingLines = (findings: readonly Finding[], colours: Paint): readonly string[] => [
  ...findings.map(({ text }) => `  ${colours.yellow("!")} ${oneLine(text)}`),
  ...commandsOf(findings).map((command) => `  ${colours.dim("→")} ${command}`),
];

const commandsOf = (findings: readonly Finding[]): readonly string[] => [
  ...new Set(findings.map(({ command }) => oneLine(command))),
];

const plain = paint(undefined);
const describedAs = ({ outcome, subject }: Explained): string => outcomeText(outcome, subject.kind, plain);
const becauseOf = ({ reasons }: Explained): string =>
  reasons.length === 0 ? "" : `: ${reasons.map(({ text }) => text).join(", ")}`;

function clusterLines({ namespace, registration, settings, trustAnchors }: Around): readonly string[] {
  return table([
    ["namespace", factText(namespace, namespaceText)],
    ["registration", factText(registration, registrationText)],
    ["settings", settings ?? "not known; Linkerd's default values count"],
    ["trust anchors", trustAnchors ?? "not known"],
  ]);
}

const factText = <Value>(fact: Asked<Value>, text: (value: Value) => string): string => {
  if (fact.kind === "known") return oneLine(text(fact.value));
  return fact.kind === "unasked" ? "not asked" : oneLine(`${fact.what}: ${fact.text}`);
};

function namespaceText({ annotations, labels }: NamespaceFound): string {
  const asked = annotations[keys.inject];
  const mirrored = labels[mirrorLabel];
  const annotation = asked === undefined ? `has no annotation ${keys.inject}` : `${keys.inject}: ${quoted(asked)}`;
  const isMirrored = (mirrored ?? "") === (asked === "enabled" || asked === "ingress" ? asked : "");
  return isMirrored ? annotation : `${annotation}, and its label ${mirrorLabel} does not say so: weft backfill`;
}

function registrationText(seen: SeenBy): string {
  switch (seen.kind) {
    case "seen":
      return `${seen.webhook} of ${seen.configuration} is called (${seen.failurePolicy}, ${seen.timeoutSeconds}s)`;
    case "unseen":
      return `${seen.configuration} is not called: ${seen.why}`;
    case "unregistered":
      return "neither weft nor Linkerd is registered";
  }
}

function storedLines({ answer, around, certified }: Told, colours: Paint): readonly string[] {
  if (answer.kind !== "stored") return [];
  const { state } = answer;
  const rows = table(stateRows(state, around, certified));
  if (state.kind !== "meshed" || around.settings === undefined) return rows;
  return [...rows, ...table(differenceRows(state)).map((line) => `  ${colours.yellow(line)}`)];
}

/** So many pods are told one by one. */
const mostPods = 20;

function podsLines(fact: Fact<readonly PodState[]>, { around, now }: Told, colours: Paint): readonly string[] {
  if (fact.kind !== "known") return [`not known: ${oneLine(`${fact.what}: ${fact.text}`)}`];
  const pods = fact.value;
  if (pods.length === 0) return ["there are none"];
  const commands = commandsOf(findingsAgainst(pods, around, now));
  return [
    ...table(pods.slice(0, mostPods).map((state) => [oneLine(state.name), stateBrief(state, around, now)])),
    ...(pods.length > mostPods ? [colours.dim(`and ${pods.length - mostPods} more`)] : []),
    ...commands.slice(0, mostCommands).map((command) => `${colours.dim("→")} ${command}`),
  ];
}

const mostCommands = 3;

const gapNames: Readonly<Record<Gap, string>> = {
  namespace: "the annotations of its namespace",
  settings: "the installed settings",
  registration: "whether the injector is called there",
};

/** Where a cluster was asked, the section about it says what it did not tell. */
function gapLines(around: Around, colours: Paint): readonly string[] {
  const gaps = gapsIn(around);
  if (around.registration.kind !== "unasked" || gaps.length === 0) return [];
  const named = gaps.map((gap) => gapNames[gap]).join(", ");
  return ["", `  ${colours.dim(`Not known: ${named}; ${howToKnow(gaps)}`)}`];
}

const howToKnow = (gaps: readonly Gap[]): string =>
  gaps.length === 1 && gaps[0] === "namespace"
    ? "--context asks the cluster; --objects and --namespace-annotations say it"
    : "--context asks the cluster";

/** A table of many objects, a line each. */
export function answersText(all: readonly (Told & { readonly manifest: Subject })[]): string {
  const rows = all.map(({ answer, around, pods, manifest, now }) => [
    oneLine(answer.explanation.namespace),
    oneLine(`${manifest.kind}/${manifest.name}`),
    ...(pods === undefined ? [] : [podsBrief(pods, around, now)]),
    answer.kind === "stored" ? stateBrief(answer.state, around, now) : newPods(answer),
  ]);
  return table(rows)
    .map((line) => `${line}\n`)
    .join("");
}

const newPods = ({ explanation }: Answer): string => `${describedAs(explanation)}${becauseOf(explanation)}`;

function podsBrief(fact: Fact<readonly PodState[]>, around: Around, now: number): string {
  if (fact.kind !== "known") return "pods not known";
  const pods = fact.value;
  const meshed = pods.filter((state) => state.kind === "meshed");
  const found = new Set(findingsAgainst(pods, around, now).flatMap((finding) => finding.pods));
  const parts = [
    `${meshed.length} of ${pods.length} meshed`,
    ...(found.size === 0 ? [] : [`${found.size} to look at`]),
  ];
  return parts.join(", ");
}

/** What the demo prints. */
import { relative } from "node:path";
import { defaultLinkerdVersion } from "../../core/inject/settings/defaults.ts";
import { inboundPortsVariable, opaquePortsVariable } from "../../core/inject/parts/proxy-env.ts";
import { skipReasonTexts } from "../../core/inject/outcome/reasons.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { differenceText, yamlDifference } from "../../core/print/difference.ts";
import type { Paint } from "../../core/base/text/paint.ts";
import { shortened } from "./shorten.ts";
import type { Telling } from "./shorten.ts";
import { addressText } from "../../net/address.ts";
import type { Address } from "../../net/address.ts";
import type { CallOutcome } from "./api-server.ts";
import type { Advised } from "./advice.ts";
import { containerNames } from "./pods.ts";
import type { DemoPod } from "./pods.ts";
import type { Verdict } from "./verdict.ts";
import { wrapped } from "../../core/print/wrap.ts";

const wide = 80;

export function introText(
  { address, version, cluster }: { readonly address: Address; readonly version: string; readonly cluster: string },
  paint: Paint,
): string {
  return lines([
    "",
    `${paint.bold("weft")} ${version}: an admission webhook, called as Kubernetes would call it`,
    "",
    ...row("listens at", `https://${addressText(address)}, with a certificate made for this run`),
    ...row("cluster", `${shortPath(cluster)} stands in for one`),
    ...row("settings", `Linkerd's default values (${defaultLinkerdVersion}), trust anchors made for this run`),
  ]);
}

export interface PodShown {
  readonly pod: DemoPod;
  readonly place: readonly [index: number, count: number];
  readonly sent: SentPod;
  readonly outcome: CallOutcome;
  readonly verdict: Verdict;
  /** Who asked for injection, in words. */
  readonly asked: string;
  readonly changes: Changes;
}

/** Of what changed in a pod: nothing, the telling parts, everything. */
export type Changes = "none" | "short" | "full";

export interface SentPod {
  readonly path: string;
  readonly name: string;
  readonly namespace: string;
  readonly pod: JsonObject;
}

export function podText(shown: PodShown, paint: Paint): string {
  const { pod, sent, outcome, verdict, asked, changes } = shown;
  const [index, count] = shown.place;
  const heading = `── ${index} of ${count} ── ${pod.title} `;
  const { status, protocol, reused, milliseconds } = outcome;
  const way = `${protocol}, ${reused ? "same connection" : "new connection"}, certificate verified`;
  const answer = `HTTP ${status} after ${milliseconds.toFixed(1)} ms, ${operationsText(verdict.operations)}`;
  return lines([
    "",
    paint.bold(heading.padEnd(wide, "─")),
    "",
    ...(pod.sentence === undefined
      ? []
      : [...wrapped(pod.sentence, wide - margin.length).map((line) => margin + line), ""]),
    ...row("sent", `pod/${sent.name} of namespace ${sent.namespace}, from ${shortPath(sent.path)}`),
    ...row("answered", `${answer} (${way})`),
    ...row("decision", ...decisionText(verdict, paint)),
    ...row("because", verdict.reasons.length === 0 ? asked : verdict.reasons.map(reasonText).join(", ")),
    ...row("containers", containersText(sent, verdict)),
    ...verdict.warnings.flatMap((warning) => row("warning", warning, paint.yellow)),
    ...(changes === "none" ? [] : ["", ...differenceLines(sent, verdict, changes === "full", paint)]),
  ]);
}

function containersText({ pod: before }: SentPod, { pod: after }: Verdict): string {
  const [own, all] = [containerNames(before), containerNames(after)];
  const added = all.filter((name) => !own.includes(name));
  return `${own.join(", ")}${added.length === 0 ? ", as before" : `, and now ${added.join(", ")}`}`;
}

/** How to see what is not shown. */
export const changesHintText = (program: string, paint: Paint): string =>
  lines([
    "",
    `  What changed in each pod: ${paint.cyan(`${program} demo --once --diff`)}`,
    `  and all of it:            ${paint.cyan(`${program} demo --once --full`)}`,
  ]);

const decisionText = ({ allowed, decision }: Verdict, paint: Paint): readonly [text: string, paint: Painter] => {
  if (!allowed) return ["denied", paint.red];
  return [decision, decision === "injected" ? paint.green : paint.yellow];
};

const reasonText = (code: string): string =>
  Object.hasOwn(skipReasonTexts, code) ? skipReasonTexts[code as keyof typeof skipReasonTexts] : code;

const operationsText = (count: number): string =>
  count === 0 ? "no patch" : `a patch of ${count} operation${count === 1 ? "" : "s"}`;

// They tell what the pod's ports and annotations led to; the rest is alike in every pod.
const telling: Telling = {
  keys: new Set(["name", "image", "resources", "restartPolicy"]),
  variables: new Set([inboundPortsVariable, opaquePortsVariable, "LINKERD2_PROXY_LOG"]),
  hint: " (--full)",
};

function differenceLines(sent: SentPod, { pod }: Verdict, full: boolean, paint: Paint): readonly string[] {
  const hunks = yamlDifference(sent.pod, pod);
  const shown = full
    ? hunks
    : shortened(hunks, telling).map((hunk) => ({ ...hunk, lines: hunk.lines.flatMap(fitting) }));
  const text = differenceText(shown, { before: "the pod as sent", after: "the pod as admitted" }, paint);
  return text === ""
    ? [`  ${paint.dim("the pod stays as it is")}`]
    : text
        .trimEnd()
        .split("\n")
        .map((line) => margin + line);
}

/** A line of a difference in the width of the rest: a comment goes on in the next one, a value is cut. */
function fitting(line: string): readonly string[] {
  const room = wide - margin.length;
  if (line.length <= room) return [line];
  const [, before = "", comment] = /^(.\s*# )(.*)$/.exec(line) ?? [];
  return comment === undefined
    ? [`${line.slice(0, room - 1)}…`]
    : wrapped(comment, room - before.length).map((words) => before + words);
}

/** What the author of a Deployment would read, in the words of their terminal. */
export function adviceText({ path, lines: said }: Advised, paint: Paint): string {
  return lines([
    "",
    paint.bold("── And what the author of a Deployment is told, before there is any pod ".padEnd(wide, "─")),
    "",
    `  $ kubectl apply -f ${shortPath(path)}`,
    ...said.flatMap((line) =>
      hanging(`${margin}Warning: `, line).map((text) => text.replace("Warning:", paint.yellow)),
    ),
  ]);
}

/** What the answer was not; empty text when all was well. */
export const brokenText = (complaints: readonly string[], paint: Paint): string =>
  complaints.length === 0
    ? ""
    : lines(["", ...complaints.map((text) => `  ${paint.red(`✗ not what the demo promises: ${text}`)}`)]);

export interface Invitation {
  readonly address: Address;
  readonly adminAddress: Address;
  /** Files. */
  readonly caBundle: string;
  readonly review: string;
  readonly cluster: string;
  /** How the reader runs this program. */
  readonly program: string;
  readonly lastPod: string;
}

/** How to go on from here. The commands are to be pasted into another shell as they are. */
export function invitationText(invitation: Invitation, paint: Paint): string {
  const { address, adminAddress, caBundle, review, cluster, program, lastPod } = invitation;
  const curl = [
    `curl -sS -w '\\n' --cacert ${word(caBundle)}`,
    "-H 'Content-Type: application/json'",
    `--data-binary @${word(review)}`,
    `'https://${addressText(address)}/inject?timeout=10s'`,
  ];
  const pod = word(shortPath(lastPod));
  const objects = `--objects ${word(shortPath(cluster))}`;
  const command = (what: string, ...shell: readonly string[]): readonly string[] => ["", `  ${what}`, ...typed(shell)];
  const typed = (shell: readonly string[]): readonly string[] =>
    shell.map((text, index) => {
      const isLast = index === shell.length - 1;
      return `    ${index === 0 ? "" : "  "}${paint.cyan(isLast ? text : `${text} \\`)}`;
    });
  return lines([
    "",
    paint.bold("── Your turn ".padEnd(wide, "─")),
    ...command("Send a review of your own (this file holds the last one; change its pod):", ...curl),
    ...command(
      "See why a pod was decided so, or what would change, without any server:",
      `${program} explain ${pod}`,
      objects,
    ),
    ...typed([`${program} diff ${pod}`, objects]),
    ...command("Metrics and state of the webhook:", `curl -sS http://${addressText(adminAddress)}/metrics`),
    `    ${paint.cyan(`curl -sS 'http://${addressText(adminAddress)}/readyz?verbose'`)}`,
    "",
    "  Serving until Ctrl-C; each review is one line here.",
    "",
  ]);
}

type Painter = (text: string) => string;

const margin = "  ";

const row = (what: string, text: string, paint: Painter = String): readonly string[] =>
  hanging(`${margin}${what.padEnd(11)} `, text, paint);

/** What goes on in the next line stands under its beginning. */
const hanging = (before: string, text: string, paint: Painter = String): readonly string[] =>
  wrapped(text, wide - before.length).map(
    (line, index) => `${index === 0 ? before : " ".repeat(before.length)}${paint(line)}`,
  );

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join("");

/** A path from where the reader is, if it is below. */
function shortPath(path: string): string {
  const short = relative("", path);
  return short === "" || short.startsWith("..") ? path : short;
}

/** A word for a POSIX shell. */
const word = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

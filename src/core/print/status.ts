/** The pods of a mesh for people, in 80 columns or as wide as it takes, and as JSON. */
import {
  findingLine,
  findingsOf,
  isMissed,
  isWithout,
  missedText,
  podsText,
  readinessText,
  severities,
} from "../dataplane/findings.ts";
import type { Finding } from "../dataplane/findings.ts";
import { isStuck } from "../dataplane/readiness.ts";
import type { InjectedBy, Meshed, Now, PodState, Trust, Unmeshed } from "../dataplane/state.ts";
import { targetName, targetOf } from "../dataplane/target.ts";
import { workloadRows } from "../dataplane/workloads.ts";
import type { WorkloadRow } from "../dataplane/workloads.ts";
import type { Json } from "../base/json/json.ts";
import { oneLine } from "../base/text/quote.ts";
import type { Colours } from "../base/text/terminal.ts";
import { paint } from "../base/text/paint.ts";
import type { Paint } from "../base/text/paint.ts";
import { columnsText } from "./columns.ts";
import { wrapped } from "./wrap.ts";

export const statusFormats = ["table", "wide", "json"] as const;
export type StatusFormat = (typeof statusFormats)[number];

/** When the certificate that a proxy has ends. */
export type Certified =
  { readonly kind: "until"; readonly time: number } | { readonly kind: "unknown"; readonly why: string };

export interface StatusShown {
  readonly states: readonly PodState[];
  /** Undefined: nobody was asked. */
  readonly certified: ((pod: Meshed) => Certified) | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const narrow = 80;

/** With a newline at the end. */
export function statusText(shown: StatusShown, format: StatusFormat, colours: Colours): string {
  if (format === "json") return `${JSON.stringify(statusJson(shown), undefined, 2)}\n`;
  const rows = workloadRows(shown.states);
  const isWide = format === "wide";
  const columns = [
    ...usual,
    ...(isWide || shown.certified !== undefined ? [certifiedColumn] : []),
    ...(isWide ? wide : []),
  ];
  const table = [columns.map(({ head }) => head), ...rows.map((row) => columns.map(({ of }) => of(row, shown)))];
  return [
    rows.length === 0 ? "" : `${columnsText(table, isWide ? Infinity : narrow)}\n`,
    summary(rows, shown.states),
    findingsText(findingsOf(shown.states, shown.now), paint(colours), isWide ? Infinity : narrow),
    isWide && shown.certified === undefined
      ? `\nproxies are asked how long they are certified by --certificates\n`
      : "",
  ].join("");
}

/** Pods that asked and run without a proxy. */
export function missedStatusText({ states, now }: StatusShown, format: StatusFormat, colours: Colours): string {
  const missed = states.filter(isWithout);
  if (format === "json") return `${JSON.stringify({ missed: missed.map(unmeshedJson) }, undefined, 2)}\n`;
  if (missed.length === 0) return "every pod that asked for a proxy has one\n";
  const isWide = format === "wide";
  const table = [
    ["NAMESPACE", "POD", "SINCE", "ASKED BY", ...(isWide ? ["WHY"] : [])],
    ...missed.map((state) => [
      state.namespace,
      state.name,
      timeText(state.made),
      askedText(state),
      // What is told below tells it, too.
      ...(isWide ? [missedText(state.why)] : []),
    ]),
  ];
  const width = isWide ? Infinity : narrow;
  return `${columnsText(table, width)}${findingsText(findingsOf(missed, now), paint(colours), width)}`;
}

interface Column {
  readonly head: string;
  readonly of: (row: WorkloadRow, shown: StatusShown) => string;
}

const usual: readonly Column[] = [
  { head: "NAMESPACE", of: ({ namespace }) => namespace },
  { head: "WORKLOAD", of: ({ target }) => target },
  {
    head: "READY",
    of: ({ pods }) => `${pods.filter(({ readiness }) => readiness.kind === "ready").length}/${pods.length}`,
  },
  { head: "PROXY", of: ({ pods }) => distinct(pods.map(({ proxy }) => proxy.version || "unknown")) },
  { head: "ANCHORS", of: ({ pods }) => distinct(pods.map(({ trust }) => anchorsWord(trust))) },
  { head: "SETTINGS", of: ({ pods }) => distinct(pods.map(({ now }) => settingsWord(now))) },
];

const certifiedColumn: Column = {
  head: "CERTIFIED UNTIL",
  // The first that ends.
  of: ({ pods }, { certified }) => {
    const all = pods.map((pod) => certified?.(pod));
    const times = all.flatMap((each) => (each?.kind === "until" ? [each.time] : []));
    return times.length < all.length ? "unknown" : timeText(Math.min(...times));
  },
};

const wide: readonly Column[] = [
  { head: "INJECTED BY", of: ({ pods }) => distinct(pods.map(({ by }) => byWords[by.kind])) },
  { head: "SIDECAR", of: ({ pods }) => distinct(pods.map(({ proxy }) => (proxy.isNative ? "native" : "container"))) },
  { head: "IMAGE", of: ({ pods }) => distinct(pods.map(({ proxy }) => proxy.image)) },
  { head: "PODS", of: ({ pods }) => pods.map(({ name }) => name).join() },
];

const distinct = (texts: readonly string[]): string => [...new Set(texts)].join();

const byWords: Readonly<Record<InjectedBy["kind"], string>> = {
  weft: "weft",
  linkerd: "linkerd",
  manual: "manual",
  other: "unknown",
};

function anchorsWord(trust: Trust): string {
  if (trust.kind === "stored") return "current";
  if (trust.kind === "unknown") return "unknown";
  return trust.lacking.length > 0 ? "lacking" : "older";
}

function settingsWord(now: Now): string {
  switch (now.kind) {
    case "same":
      return "current";
    case "differs":
      return "older";
    case "no proxy":
    case "unknown":
      return "unknown";
  }
}

function summary(rows: readonly WorkloadRow[], states: readonly PodState[]): string {
  const meshed = rows.reduce((sum, { pods }) => sum + pods.length, 0);
  const without = states.filter(isWithout);
  return (
    [
      `${podsText(meshed)} meshed`,
      ...(without.length === 0
        ? []
        : [`${podsText(without.length)} asked and ${without.length === 1 ? "has" : "have"} no proxy`]),
    ].join(", ") + "\n"
  );
}

function findingsText(findings: readonly Finding[], colours: Paint, width: number): string {
  return findings
    .map((finding) => {
      const mark = severities[finding.kind] === "error" ? colours.red("×") : colours.yellow("‼");
      const told = oneLine(findingLine(finding));
      const lines = width === Infinity ? [told] : wrapped(told, width - 2);
      return `\n${mark} ${lines.join("\n  ")}\n    ${oneLine(finding.command)}\n`;
    })
    .join("");
}

const askedText = ({ asked }: Unmeshed): string => (asked === "workload" ? "itself" : asked);

/** `2026-03-01 12:00Z`. */
function timeText(time: number | undefined): string {
  return time === undefined ? "unknown" : `${new Date(time).toISOString().slice(0, 16).replace("T", " ")}Z`;
}

const isoTime = (time: number | undefined): string | null => (time === undefined ? null : new Date(time).toISOString());

function statusJson(shown: StatusShown): Json {
  return {
    workloads: workloadRows(shown.states).map(({ namespace, target, pods }) => ({
      namespace,
      workload: target,
      pods: pods.map((pod) => meshedJson(pod, shown)),
    })),
    unmeshed: shown.states.filter(isWithout).map(unmeshedJson),
    findings: findingsOf(shown.states, shown.now).map((finding) => ({
      kind: finding.kind,
      severity: severities[finding.kind],
      namespace: finding.namespace,
      workload: finding.target,
      pods: finding.pods,
      text: finding.text,
      command: finding.command,
    })),
  };
}

function meshedJson(pod: Meshed, { certified, now }: StatusShown): Json {
  const until = certified?.(pod);
  return {
    name: pod.name,
    created: isoTime(pod.made),
    ready: pod.readiness.kind === "ready",
    ...(isStuck(pod.readiness, now) ? { stuck: readinessText(pod.readiness) } : {}),
    injectedBy: byWords[pod.by.kind],
    createdBy: pod.by.maker,
    controlPlaneNamespace: pod.controlPlaneNamespace,
    proxy: { image: pod.proxy.image, version: pod.proxy.version, native: pod.proxy.isNative },
    anchors: anchorsWord(pod.trust),
    settings: settingsWord(pod.now),
    differences:
      pod.now.kind === "differs"
        ? pod.now.differences.map(({ container, field, is, wouldBe }) => ({
            container,
            field,
            is: is ?? null,
            wouldBe: wouldBe ?? null,
          }))
        : [],
    certifiedUntil: until?.kind === "until" ? isoTime(until.time) : null,
    ...(until?.kind === "unknown" ? { certifiedUnknown: until.why } : {}),
  };
}

const unmeshedJson = (state: Unmeshed): Json => ({
  namespace: state.namespace,
  name: state.name,
  workload: targetName(targetOf(state)),
  since: isoTime(state.made),
  askedBy: state.asked,
  why: state.why.kind,
  text: missedText(state.why),
  restartable: isMissed(state),
});

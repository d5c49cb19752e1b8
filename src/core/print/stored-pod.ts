/** A pod that is in the cluster, for people: what it is in the mesh, and what is not as it should be with it. */
import type { Difference } from "../dataplane/differences.ts";
import { findingsOf, missedText, readinessText } from "../dataplane/findings.ts";
import type { Finding } from "../dataplane/findings.ts";
import type { InjectedBy, Meshed, Now, PodState, WhyUnmeshed } from "../dataplane/state.ts";
import type { Around } from "../explain/around.ts";
import { reasonsText } from "../inject/outcome/reasons.ts";
import { oneLine, quoted } from "../base/text/quote.ts";
import { issueText } from "../base/text/issue.ts";
import type { Certified } from "./status.ts";

/** What it is held against: what nobody gave is held against nothing. */
export type Against = Pick<Around, "settings" | "trustAnchors">;

export function stateText(state: PodState): string {
  switch (state.kind) {
    case "meshed":
      return `has the proxy, ${makerText(state.by)}`;
    case "unmeshed":
      return "runs without the proxy";
    case "unreadable":
      return "cannot be read as a pod";
  }
}

function makerText({ kind, maker }: InjectedBy): string {
  const named = maker === "" ? "" : ` (${oneLine(maker)})`;
  switch (kind) {
    case "weft":
      return `injected by weft${named}`;
    case "linkerd":
      return `injected by Linkerd${named}`;
    case "manual":
      return `put into its manifest by hand${named}`;
    case "other":
      return maker === "" ? "and nothing says who put it in" : `put in by ${oneLine(maker)}`;
  }
}

/** Title and text of each line, in order. */
export function stateRows(
  state: PodState,
  { settings, trustAnchors }: Against,
  certified: Certified | undefined,
): readonly (readonly [title: string, text: string])[] {
  const ready = ["state", oneLine(readinessText(state.readiness))] as const;
  if (state.kind === "unreadable") return [ready, ["fault", state.issues.map(issueText).join("; ")]];
  if (state.kind === "unmeshed") return [ready, ["reason", whyText(state.why)]];
  const { proxy, controlPlaneNamespace: namespace, trust, now } = state;
  return [
    ready,
    ["proxy", `${oneLine(proxy.image)}${proxy.isNative ? ", a native sidecar" : ""}`],
    ["control plane", namespace === "" ? "its labels do not say whose" : `in namespace ${oneLine(namespace)}`],
    ...(trustAnchors === undefined || trust.kind !== "stored"
      ? []
      : [["trust anchors", "those that are stored"] as const]),
    ...(certified === undefined ? [] : [["certified", certifiedText(certified)] as const]),
    ...(settings === undefined ? [] : [["settings", nowText(now)] as const]),
  ];
}

function nowText(now: Now): string {
  switch (now.kind) {
    case "same":
      return "as it would get them now";
    case "differs":
      return "differ from what it would get now:";
    case "no proxy":
      return `it would get no proxy now: ${reasonsText(now.reasons)}`;
    case "unknown":
      return `what it would get now cannot be told: ${now.issues.map(issueText).join("; ")}`;
  }
}

/** Container, field, what it is and what it would be. */
export const differenceRows = ({ now }: Meshed): readonly (readonly string[])[] =>
  now.kind === "differs"
    ? now.differences.map((each) => [
        each.container,
        each.field,
        `${valueText(each, "is")} → ${valueText(each, "wouldBe")}`,
      ])
    : [];

const valueText = (difference: Difference, which: "is" | "wouldBe"): string => {
  const value = difference[which];
  if (value === undefined) return "none";
  return typeof value === "string" ? quoted(value) : oneLine(JSON.stringify(value));
};

const certifiedText = (certified: Certified): string =>
  certified.kind === "until"
    ? `until ${new Date(certified.time).toISOString().replace(/\.\d+Z$/, "Z")}`
    : `not known: ${oneLine(certified.why)}`;

/** `missedText` is of pods that asked. */
function whyText(why: WhyUnmeshed): string {
  if (why.kind === "not asked") return "nothing asks for it";
  return why.kind === "opted out" ? "it says linkerd.io/inject: disabled" : oneLine(missedText(why));
}

/** In a few words, for a table of pods: the first thing that is not as it should be, else who injected it. */
export function stateBrief(state: PodState, against: Against, now: number): string {
  const [finding] = findingsAgainst([state], against, now);
  if (finding !== undefined) return oneLine(finding.text);
  if (state.kind === "meshed") return makerText(state.by);
  return state.kind === "unmeshed" ? `no proxy: ${whyText(state.why)}` : stateText(state);
}

/** Without what could only be found by comparing with what nobody gave. `now`: milliseconds since 1970. */
export const findingsAgainst = (states: readonly PodState[], against: Against, now: number): readonly Finding[] =>
  findingsOf(states, now).filter(({ kind }) => {
    const needed = comparedWith[kind];
    return needed === undefined || against[needed] !== undefined;
  });

const comparedWith: Readonly<Record<Finding["kind"], keyof Against | undefined>> = {
  stuck: undefined,
  missed: undefined,
  "left out": undefined,
  elsewhere: "settings",
  "older proxy": "settings",
  "older settings": "settings",
  untrusting: "trustAnchors",
  "older anchors": "trustAnchors",
};

/**
 * What is not as it should be with the pods of a mesh, each with the one command that mends it. `weft status` and
 * `weft check --proxy` have their words from here.
 */
import { reasonsText } from "../inject/outcome/reasons.ts";
import { shortened } from "../identity/rotation.ts";
import { issueText } from "../base/text/issue.ts";
import type { Difference } from "./differences.ts";
import { containerNames } from "../mesh/sidecar.ts";
import { isStuck } from "./readiness.ts";
import type { ContainerAt, Readiness } from "./readiness.ts";
import type { Meshed, PodState, Trust, Unmeshed, WhyUnmeshed } from "./state.ts";
import { restartCommand, targetName, targetOf, targetWord } from "./target.ts";

/**
 * `elsewhere`: of another control plane. `missed`: it asked, and a restart gives it a proxy. `left out`: it asked, and a
 * restart does not. An error: it does not work as it was asked for; a warning: it does, and should not stay so.
 */
export const severities = {
  stuck: "error",
  untrusting: "error",
  elsewhere: "error",
  missed: "error",
  "left out": "warning",
  "older anchors": "warning",
  "older proxy": "warning",
  "older settings": "warning",
} as const satisfies Readonly<Record<string, "error" | "warning">>;

export type FindingKind = keyof typeof severities;

export interface Finding {
  readonly kind: FindingKind;
  readonly namespace: string;
  /** Such as `deployment/web`. */
  readonly target: string;
  /** Names. */
  readonly pods: readonly string[];
  /** One line, without the pods' names. */
  readonly text: string;
  /** What to type. */
  readonly command: string;
}

/** Of all pods, errors first: what goes for several of one workload is told once. `now`: milliseconds since 1970. */
export function findingsOf(states: readonly PodState[], now: number): readonly Finding[] {
  const single = states.flatMap((state) => ofPod(state, now));
  const same = Map.groupBy(single, ({ kind, namespace, target, text }) => [kind, namespace, target, text].join("\0"));
  return [...same.values()]
    .flatMap(([first, ...others]) =>
      first === undefined ? [] : [{ ...first, pods: [first, ...others].flatMap(({ pods }) => pods) }],
    )
    .toSorted((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || (place(a) < place(b) ? -1 : 1));
}

const kinds = Object.keys(severities);
const place = ({ namespace, target }: Finding): string => `${namespace} ${target}`;

/** A finding in a line: where, how many pods, and what. */
export const findingLine = ({ namespace, target, pods, text }: Finding): string =>
  `${namespace} ${target} (${podsText(pods.length)}): ${text}`;

export const podsText = (count: number): string => `${count} pod${count === 1 ? "" : "s"}`;

function ofPod(state: PodState, now: number): readonly Finding[] {
  if (isOver(state)) return [];
  const found = (kind: FindingKind, text: string, command: string): Finding => ({
    kind,
    namespace: state.namespace,
    target: targetName(targetOf(state)),
    pods: [state.name],
    text,
    command,
  });
  switch (state.kind) {
    case "meshed":
      return meshedRows.flatMap(({ kind, text, command }) => {
        const words = text(state, now);
        return words === "" ? [] : [found(kind, words, command(state))];
      });
    case "unmeshed": {
      const words = missedText(state.why);
      if (state.asked === "" || words === "") return [];
      return isMissed(state)
        ? [found("missed", words, restartCommand(targetOf(state)))]
        : [found("left out", words, explainCommand(state))];
    }
    case "unreadable":
      return [];
  }
}

/** It has no proxy that runs, or none for long. */
export const isOver = ({ readiness: { kind } }: PodState): boolean => kind === "ended" || kind === "ending";

/** It asked, has no proxy, and would get one if it were made anew. */
export const isMissed = (state: PodState): state is Unmeshed =>
  state.kind === "unmeshed" && !isOver(state) && (state.why.kind === "older" || state.why.kind === "passed by");

/** It asked and has no proxy, for whatever reason. */
export const isWithout = (state: PodState): state is Unmeshed =>
  state.kind === "unmeshed" && state.asked !== "" && !isOver(state);

interface Row {
  readonly kind: FindingKind;
  /** Blank: not so. */
  readonly text: (state: Meshed, now: number) => string;
  readonly command: (state: Meshed) => string;
}

const meshedRows: readonly Row[] = [
  {
    kind: "stuck",
    text: ({ readiness }, now) => (isStuck(readiness, now) ? readinessText(readiness) : ""),
    command: lookCommand,
  },
  {
    kind: "elsewhere",
    text: ({ isOfMesh, controlPlaneNamespace }) =>
      isOfMesh ? "" : `looks for its control plane in namespace ${controlPlaneNamespace || "(none)"}`,
    command: anewCommand,
  },
  {
    kind: "untrusting",
    text: ({ trust, isOfMesh }) =>
      isOfMesh && (trust.kind === "unknown" || (trust.kind === "other" && trust.lacking.length > 0))
        ? trustText(trust)
        : "",
    command: anewCommand,
  },
  {
    kind: "older anchors",
    text: ({ trust, isOfMesh }) =>
      isOfMesh && trust.kind === "other" && trust.lacking.length === 0 ? trustText(trust) : "",
    command: anewCommand,
  },
  {
    kind: "older proxy",
    text: (state) => {
      const image = proxyImage(state);
      return image === undefined
        ? ""
        : `runs ${shownImage(image.is)}; made now it would run ${shownImage(image.wouldBe)}`;
    },
    command: anewCommand,
  },
  {
    kind: "older settings",
    text: (state) => {
      // The init container's image is the proxy's.
      const isTold = proxyImage(state) !== undefined;
      const others = differencesOf(state).filter(({ field }) => !isTold || field !== "image");
      return others.length === 0 ? "" : `not restarted since its settings changed: ${differencesText(others)}`;
    },
    command: anewCommand,
  },
];

/** Of another mesh's pod nothing is compared. */
const differencesOf = ({ now, isOfMesh }: Meshed): readonly Difference[] =>
  isOfMesh && now.kind === "differs" ? now.differences : [];

const proxyImage = (state: Meshed): Difference | undefined =>
  differencesOf(state).find(({ container, field }) => container === containerNames.proxy && field === "image");

const shownImage = (image: Difference["is"]): string =>
  typeof image === "string" ? image.slice(image.lastIndexOf("/") + 1) : "no image";

/** What a proxy that was put in by hand has a restart leaves as it is. */
function anewCommand(state: Meshed): string {
  const target = targetOf(state);
  if (state.by.kind !== "manual") return restartCommand(target);
  // Containers of a pod cannot be changed.
  const put = target.kind === "bare" ? "replace --force" : "apply";
  return `kubectl -n ${state.namespace} get ${targetWord(target)} -o yaml | weft uninject - | weft inject - | kubectl ${put} -f -`;
}

/** Where the reason is to be read. */
function lookCommand(state: Meshed): string {
  const { namespace, name, readiness } = state;
  const container = "container" in readiness ? readiness.container : undefined;
  const hasRun = container !== undefined && (container.state.kind !== "waiting" || container.last !== undefined);
  // Of what never ran there is no log, and the Events say why.
  return hasRun
    ? `kubectl -n ${namespace} logs ${name} -c ${container.name}${container.last === undefined || container.state.kind === "running" ? "" : " --previous"}`
    : `kubectl -n ${namespace} describe pod ${name}`;
}

const explainCommand = ({ namespace, name }: PodState): string => `weft explain pod/${name} -n ${namespace}`;

export function readinessText(readiness: Readiness): string {
  switch (readiness.kind) {
    case "ready":
    case "ended":
    case "ending":
      return readiness.kind;
    case "unscheduled":
      return `on no node: ${readiness.message}`;
    case "init":
      return `stuck in Init: ${containerText(readiness.container)}`;
    case "not ready":
      return readiness.container === undefined ? "not ready" : `not ready: ${containerText(readiness.container)}`;
  }
}

function containerText(container: ContainerAt | undefined): string {
  if (container === undefined) return "no container says why";
  const { name, state, last } = container;
  // Without the number of restarts, which differs from pod to pod: what goes for several is told once.
  const before = last === undefined ? "" : `, ended last with exit code ${last.exitCode}`;
  switch (state.kind) {
    case "waiting":
      return `${name} waits (${state.reason})${before}`;
    case "running":
      return `${name} runs and is not ready${before}`;
    case "ended":
      return `${name} ended with exit code ${state.exitCode}`;
    case "unknown":
      return `${name} has not started`;
  }
}

function trustText(trust: Trust): string {
  switch (trust.kind) {
    case "stored":
      return "trusts the stored anchors";
    case "unknown":
      return "may not trust the stored trust anchors: its own cannot be read";
    case "other":
      return trust.lacking.length > 0
        ? `does not trust anchor ${trust.lacking.map(shortened).join(", ")}`
        : `still trusts anchor ${trust.surplus.map(shortened).join(", ")}, which is not stored any more`;
  }
}

const mostDifferences = 3;

function differencesText(found: readonly Difference[]): string {
  const shown = found.slice(0, mostDifferences).map(differenceText);
  const more = found.length - shown.length;
  return `${shown.join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
}

const differenceText = ({ container, field, is }: Difference): string => {
  if (field === "") return is === undefined ? `it lacks ${container}` : `it has ${container}`;
  return `${field.replace(/^env\./, "")} of ${container}`;
};

/** Why a pod that asked has no proxy; blank where none asked. */
export function missedText(why: WhyUnmeshed): string {
  switch (why.kind) {
    case "not asked":
    case "opted out":
      return "";
    case "skipped":
      return `left out: ${reasonsText(why.reasons)}`;
    case "not seen":
      return "left out: weft does not see its namespace, or it is of a control plane";
    case "older":
      return why.than === "registration" ? "made before weft was installed" : "made before its namespace asked";
    case "passed by":
      return "made while the webhook was away";
    case "faulted":
      return `left out: the settings cannot inject it: ${why.issues.map(issueText).join("; ")}`;
  }
}

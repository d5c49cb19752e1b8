/**
 * Where weft means to differ from Linkerd: each row turns what was recorded into what weft must do
 * instead, one place at a time. A row that finds nothing of its own leaves the recording as it is; whatever no row
 * touches must be equal.
 */
import { inheritedAnnotations } from "../../src/core/inject/settings/resolve.ts";
import type { Annotations } from "../../src/core/base/json/json.ts";
import type { Case } from "./cases.ts";
import { differing } from "./compare.ts";
import { podRows } from "./differences-in-pods.ts";
import { validationRows } from "./differences-of-validation.ts";
import { annotationsOf, editAnnotations, memberAt, podOf, withPod } from "./edits.ts";
import { editedPod } from "./expected.ts";
import type { Ask, Expected, Row } from "./expected.ts";
import type { OwnOutcome } from "./own.ts";

export interface Expectation {
  readonly expected: Expected;
  /** S-numbers of the rows that changed something. */
  readonly applied: readonly string[];
}

/** What is expected of weft in a case, and which differences that needs. */
export async function expectationOf(recorded: Case, ask: Ask): Promise<Expectation> {
  const { outcome, patched, reasons, events, error } = recorded.expect;
  const allowed = outcome === "failed" ? true : recorded.expect.allowed === true;
  let expected: Expected = {
    outcome,
    allowed,
    object: patched,
    reasons: reasons ?? [],
    events: events ?? [],
    says: error === undefined ? [] : [error],
  };
  const applied = new Set<string>();
  for (const row of rows) {
    const next = await row.expected(expected, recorded, ask);
    if (differing(expected, next).length > 0) applied.add(row.id);
    expected = next;
  }
  return { expected, applied: [...applied] };
}

const like = ({ outcome, allowed, object, reasons, events }: OwnOutcome, says: readonly string[]): Expected => ({
  outcome,
  allowed,
  object,
  reasons,
  events,
  says,
});

const isDenied = ({ outcome, says }: Expected, error: RegExp): boolean =>
  outcome === "denied" && says.some((text) => error.test(text));

/** Settings that cannot inject, by Linkerd's error: the path that weft names. */
const settingErrors: readonly (readonly [error: RegExp, path: string])[] = [
  [/invalid CIDR address/, "clusterNetworks"],
  [/Please provide the identity trust anchors/, "identityTrustAnchorsPEM"],
  [/Unsupported value ".*" for proxyInit.iptablesMode/, "proxyInit.iptablesMode"],
  [/proxy.tracing.collector.endpoint must be set/, "proxy.tracing.collector.endpoint"],
  [/collector.meshIdentity.serviceAccountName must be set/, "proxy.tracing.collector.meshIdentity.serviceAccountName"],
  [/collector.meshIdentity.namespace must be set/, "proxy.tracing.collector.meshIdentity.namespace"],
];

/** Annotations for which Linkerd refuses the pod. */
const refusedAnnotations: readonly (readonly [error: RegExp, annotation: string])[] = [
  [/proxyInit.runAsRoot must be set/, "config.linkerd.io/close-wait-timeout"],
  [/logHTTPHeaders must be one of/, "config.linkerd.io/proxy-log-http-headers"],
];

const rows: readonly Row[] = [
  // A namespace that is not there yet counts as one without annotations, and a warning says so.
  {
    id: "S-31",
    async expected(recorded, of, ask) {
      const { name } = of.namespace;
      if (!isDenied(recorded, /^namespaces ".*" not found$/) || of.namespace.missing !== true) return recorded;
      return like(await ask({ ...of, namespace: { name } }), [`namespace "${name}" was not found`]);
    },
  },
  // Settings that cannot inject: HTTP 500 that names the setting, so that the failurePolicy decides; no denial.
  {
    id: "S-54",
    expected(recorded, of) {
      const closeWait = memberAt(of.values, "proxyInit", "closeWaitTimeoutSecs");
      const errors: typeof settingErrors =
        typeof closeWait === "number" && closeWait !== 0
          ? [...settingErrors, [/proxyInit.runAsRoot must be set/, "proxyInit.closeWaitTimeoutSecs"]]
          : settingErrors;
      const path = errors.find(([error]) => isDenied(recorded, error))?.[1];
      return path === undefined ? recorded : { ...recorded, outcome: "faulted", says: [path] };
    },
  },
  // An annotation for which Linkerd refuses the pod is left out of account, stays on the pod, and a warning names it.
  {
    id: "S-11",
    async expected(recorded, of, ask) {
      const key = refusedAnnotations.find(([error]) => isDenied(recorded, error))?.[1];
      if (key === undefined) return recorded;
      const { [key]: own, ...others } = annotationsOf(podOf(of.object, of.kind));
      const { [key]: inherited, ...ofNamespace } = of.namespace.annotations ?? {};
      const without: Case = {
        ...of,
        object: withPod(of.object, of.kind, (pod) => editAnnotations(pod, () => others)),
        namespace: { ...of.namespace, annotations: ofNamespace },
      };
      const result = like(await ask(without), [key]);
      return editedPod(result, of, (pod) => editAnnotations(pod, (map) => ({ ...map, [key]: own ?? inherited ?? "" })));
    },
  },
  // Any text of the namespace is inherited: the pod comes out as if the annotation had been its own.
  {
    id: "S-16",
    async expected(recorded, of, ask) {
      const pod = podOf(of.object, of.kind);
      const inherited = inheritedAnnotations(annotationsOf(pod), of.namespace.annotations ?? {});
      const breaking = Object.entries(inherited).filter(([, text]) => /["\\\n]/.test(text));
      const isFailed = recorded.outcome === "failed" && recorded.says.some((text) => text.includes("not a JSON patch"));
      if (!isFailed || breaking.length === 0) return recorded;
      const own: Annotations = { ...annotationsOf(pod), ...Object.fromEntries(breaking) };
      const object = withPod(of.object, of.kind, (each) => editAnnotations(each, () => own));
      // The event is in the recording, though the answer was of no use.
      return { ...like(await ask({ ...of, object }), []), events: recorded.events };
    },
  },
  // The namespace's opaque ports are written as they are, not as HTML.
  {
    id: "S-37",
    expected(recorded, of) {
      const key = "config.linkerd.io/opaque-ports";
      const text = of.namespace.annotations?.[key];
      if (recorded.outcome !== "annotated" || text === undefined || recorded.object === undefined) return recorded;
      const object = editAnnotations(recorded.object, (map) =>
        map[key] === escapedHtml(text) ? { ...map, [key]: text } : map,
      );
      return { ...recorded, object };
    },
  },
  // No event on a pod that only happens to be in the same namespace.
  {
    id: "S-33",
    expected(recorded, of) {
      const isOwnerless = memberAt(of.object, "metadata", "ownerReferences") === undefined;
      return isOwnerless
        ? { ...recorded, events: recorded.events.filter(({ on }) => !on.startsWith("Pod/")) }
        : recorded;
    },
  },
  // No event for pods that nobody wanted injected.
  {
    id: "S-34",
    expected: (recorded) =>
      recorded.reasons.includes("injection_enable_annotation_absent")
        ? { ...recorded, events: recorded.events.filter(({ reason }) => reason !== "InjectionSkipped") }
        : recorded,
  },
  ...podRows,
  ...validationRows,
];

/** The S-numbers that have a row. */
export const rowIds: readonly string[] = [...new Set(rows.map(({ id }) => id))];

const escapedHtml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&#34;")
    .replaceAll("'", "&#39;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("+", "&#43;");

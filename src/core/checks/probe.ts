/** The proof from end to end: what the API server makes of pods, asked by a dry run that keeps nothing. */
import { keys, linkerdDomain } from "../mesh/annotations.ts";
import { sidecarOf } from "../mesh/sidecar.ts";
import type { JsonObject } from "../base/json/json.ts";
import { skipped, warning, warningIf, failure, failureIf, ok, unread } from "./check.ts";
import type { Category, Outcome } from "./check.ts";
import type { Facts, ProbeAnswer } from "./facts.ts";
import { annotationsOf, labelsOf } from "../base/json/read.ts";
import { refusalWords } from "./refusals.ts";
import { asks } from "./namespaces.ts";
import type { Fact } from "./fact.ts";

/** What tells it. */
export type ProbeFacts = Pick<Facts, "probes"> & { readonly question: Pick<Facts["question"], "probeNamespace"> };

export const probeChecks: Category<ProbeFacts> = {
  name: "weft-injection",
  checks: [
    {
      id: "probe-injected",
      says: "a pod that asks for the proxy gets it",
      needs: ["configurations"],
      about:
        "A pod with `linkerd.io/inject: enabled` is created in namespace `default` (`--probe-namespace`) as a dry run: the API server asks weft, and keeps nothing. What refuses the pod instead (a quota, a policy, Pod Security) is told in its own words.",
      look: ({ probes, question }) => answered(probes.asks, question.probeNamespace, ({ pod }) => injectedOutcome(pod)),
    },
    {
      id: "probe-untouched",
      says: "a pod that does not ask stays as it is",
      needs: ["configurations"],
      about: "The same without asking; in a namespace that asks, with `linkerd.io/inject: disabled`.",
      look: ({ probes, question }) =>
        answered(probes.quiet, question.probeNamespace, ({ pod }) => untouchedOutcome(pod)),
    },
    {
      id: "probe-warning",
      says: "a mistyped annotation comes back as a warning",
      needs: ["probe-injected"],
      about: "The pod that asks has a mistyped annotation, too. Its warning is what `kubectl apply` shows.",
      look: ({ probes }) => {
        if (probes.asks.kind !== "known" || probes.asks.value.warnings === undefined) return skipped;
        const { pod, warnings } = probes.asks.value;
        if (injectedOutcome(pod).kind !== "ok") return skipped;
        const isTold = warnings.some((warning) => warning.includes(mistyped));
        return warningIf(isTold ? [] : [`${mistyped} was let pass without a word`]);
      },
    },
  ],
};

/** The same alone, for whoever may not read the rest: what was not proven does not pass. */
export const aloneProbeChecks: Category<ProbeFacts> = {
  ...probeChecks,
  checks: probeChecks.checks.map((check) => ({
    ...check,
    needs: check.needs.filter((id) => probeChecks.checks.some((other) => other.id === id)),
    look: (facts) => {
      const outcome = check.look(facts);
      return outcome.kind === "warning" ? failure(outcome.lines, outcome.run) : outcome;
    },
  })),
};

const mistyped = keys.proxyCpuLimit.replace("limit", "limt");

/** Passes Pod Security *restricted*, and a quota that wants requests and limits. Its image is never pulled. */
export function probePod(name: "asks" | "quiet", namespaceAsks: boolean): JsonObject {
  const quiet = namespaceAsks ? { [keys.inject]: "disabled" } : {};
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: "weft-check-",
      annotations: name === "asks" ? { [keys.inject]: "enabled", [mistyped]: "100m" } : quiet,
    },
    spec: {
      containers: [
        {
          name: "probe",
          image: "weft-check.invalid/probe:1",
          resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "10m", memory: "16Mi" } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
      restartPolicy: "Never",
      securityContext: { runAsNonRoot: true, runAsUser: 65_534, seccompProfile: { type: "RuntimeDefault" } },
    },
  };
}

/** Whether a namespace is one that weft can be tried in, and whether it asks. */
export const namespaceAsks = (namespace: JsonObject): boolean => asks(annotationsOf(namespace));

function answered(fact: Fact<ProbeAnswer>, namespace: string, look: (answer: ProbeAnswer) => Outcome): Outcome {
  if (fact.kind === "known") return look(fact.value);
  if (fact.kind === "silent" && fact.text.endsWith(inTime)) return failure([hangs(namespace)]);
  if (fact.kind === "silent" || fact.kind === "absent") return unread(fact);
  const words = refusalWords(fact.text);
  const lines = [`in namespace ${namespace}: ${fact.text}`, ...(words === undefined ? [] : [words.text])];
  return words?.isOthers === true ? warning(lines) : failure(lines);
}

/** As `kube/unreachable.ts` has it. */
const inTime = "no answer in time";

/** The API server answered the questions before: it waits for whom it asks itself. */
const hangs = (namespace: string): string =>
  `a dry run of a new pod in namespace ${namespace} had ${inTime}: the API server waits for a webhook, weft's or another's, that does not answer`;

const hasProxy = (pod: JsonObject): boolean => sidecarOf(pod) !== undefined;

function injectedOutcome(pod: JsonObject): Outcome {
  if (!hasProxy(pod)) return failure(["it came back without linkerd-proxy: weft was not asked, or did not answer"]);
  const maker = annotationsOf(pod)[keys.createdBy] ?? "";
  return maker.startsWith("weft/")
    ? ok
    : warning([`its proxy is from ${maker === "" ? "somebody else" : maker}, not from weft`]);
}

function untouchedOutcome(pod: JsonObject): Outcome {
  const own = Object.keys(annotationsOf(pod)).filter((key) => /(^|\.)linkerd\.io\//.test(key) && key !== keys.inject);
  const meshLabels = Object.keys(labelsOf(pod)).filter((key) => key.includes(`${linkerdDomain}/`));
  return failureIf([
    ...(hasProxy(pod) ? ["it came back with linkerd-proxy"] : []),
    ...[...own, ...meshLabels].map((key) => `it came back with ${key}`),
  ]);
}

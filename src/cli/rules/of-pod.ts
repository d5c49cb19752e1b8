/** Which rules a pod of a manifest would get: through the engine, with the settings of its annotations and namespace. */
import { answerTo } from "../../core/explain/answer.ts";
import { asideText } from "../../core/print/answer.ts";
import { traceInjection } from "../../core/inject/inject.ts";
import { initMode } from "../../core/inject/settings/init-mode.ts";
import { reasonsText } from "../../core/inject/outcome/reasons.ts";
import { redirectOf } from "../../core/inject/settings/redirect-settings.ts";
import type { InjectRequest } from "../../core/inject/request.ts";
import type { Settings } from "../../core/inject/settings/settings.ts";
import { uninject } from "../../core/inject/uninject.ts";
import { warningLine } from "../../core/inject/messages/warnings.ts";
import { keys } from "../../core/mesh/annotations.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { oneLine } from "../../core/base/text/quote.ts";
import { families } from "../../core/redirect/redirect.ts";
import type { Family, InitRun, Redirect } from "../../core/redirect/redirect.ts";
import type { Backend } from "../../netfilter/firewall.ts";
import type { PodQuestion } from "../manifests/pods.ts";
import { letThrough } from "../../core/admission/manifest.ts";
import { withAdvice } from "../manifests/pods.ts";

export interface PodRules {
  /** Such as `deployment/web`. */
  readonly name: string;
  readonly redirect: Redirect;
  /** How Linkerd's program would be told to do it. */
  readonly run: InitRun;
  readonly firewall: Firewall;
  readonly notices: readonly string[];
}

/** Which firewall the pod's init container writes into. */
interface Firewall {
  readonly kind: "nft" | "iptables";
  readonly families: readonly Family[];
  readonly backend: Backend;
}

/** The rules, or only notices that say why there are none. */
export function rulesFor(question: PodQuestion): PodRules | { readonly notices: readonly string[] } {
  const { manifest, request } = question;
  const name = oneLine(`${manifest.kind}/${manifest.name}`);
  const aside = asideText({ answer: answerTo(question), around: question.around });
  if (aside !== undefined) return { notices: [`${name}: ${aside}`] };
  const clean = withoutProxy(request);
  const { injection, sources } = traceInjection(clean);
  const why = letThrough(clean, injection);
  if (why !== undefined) return { notices: [warningLine(manifest, why.warning)] };
  if ("issues" in injection) {
    return { notices: injection.issues.map((issue) => `${name}: ${oneLine(issueText(issue))}`) };
  }
  if (injection.subject.kind === "service" || sources === undefined) {
    const reasons = "reasons" in injection ? `: ${reasonsText(injection.reasons)}` : "";
    return { notices: injection.subject.kind === "service" ? [] : [`${name} gets no proxy${reasons}`] };
  }
  const { settings } = sources.resolved;
  const found = redirectOf(settings);
  if ("issues" in found) return { notices: found.issues.map((issue) => `${name}: ${oneLine(issueText(issue))}`) };
  const { redirect, refused, warnings } = found;
  const leftOut = refused.map(({ at, message }) => ({ at, message: `${message}: left out` }));
  return {
    name,
    redirect,
    run: { backend: backendOf(settings), ...plainRun },
    firewall: {
      kind: !settings.cniEnabled && initMode(settings) === "nft" ? "nft" : "iptables",
      families: families(redirect),
      backend: backendOf(settings),
    },
    notices: [
      ...(clean === request ? [] : [`${name} has a proxy already; these are the rules that it would get now`]),
      ...(settings.cniEnabled
        ? [`${name}: with cniEnabled the CNI plugin of the node makes the rules, from its own settings and the pod's`]
        : []),
      ...withAdvice(injection.warnings, question).map((warning) => warningLine(manifest, warning)),
      ...[...leftOut, ...warnings].map((issue) => `${name}: ${oneLine(issueText(issue))}`),
    ],
  };
}

const plainRun = { logFormat: undefined, logLevel: undefined, simulate: false, netns: "", wait: false };

const backendOf = (settings: Settings): Backend => (settings["proxyInit.iptablesMode"] === "legacy" ? "legacy" : "nft");

/** The request for a pod that has its proxy already, such as one from a cluster, as if it had none. */
function withoutProxy(request: InjectRequest): InjectRequest {
  const { injection } = traceInjection(request);
  const isThere =
    injection.kind === "updated" || ("reasons" in injection && injection.reasons.includes("sidecar_already_exists"));
  const { kind, object } = uninject(request.object);
  if (!isThere || kind !== "uninjected") return request;
  // Uninjecting takes the pod's own wish away as well.
  const annotations = { ...request.namespace.annotations, [keys.inject]: "enabled" };
  return { ...request, object, namespace: { ...request.namespace, annotations } };
}

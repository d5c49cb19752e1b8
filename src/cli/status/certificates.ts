/** How long proxies are certified, in their own words: a metric of each, through the API server. */
import { metricOf } from "../../core/checks/metrics.ts";
import { isOver } from "../../core/dataplane/findings.ts";
import type { Meshed, PodState } from "../../core/dataplane/state.ts";
import { namedPath, resources } from "../../core/kubernetes/kinds.ts";
import type { Certified } from "../../core/print/status.ts";
import type { Reach } from "../check/reach.ts";

/** Of linkerd2-proxy, and of older ones (app/src/identity.rs); 0 before it is certified for the first time. */
export const expiryMetrics = [
  "control_identity_cert_expiration_timestamp_seconds",
  "identity_cert_expiration_timestamp_seconds",
];

export async function readCertified(reach: Reach, states: readonly PodState[]): Promise<(pod: Meshed) => Certified> {
  const meshed = states.filter((state): state is Meshed => state.kind === "meshed" && !isOver(state));
  const found = new Map(await Promise.all(meshed.map(async (pod) => [pod, await certified(reach, pod)] as const)));
  return (pod) => found.get(pod) ?? { kind: "unknown", why: "not asked" };
}

async function certified(reach: Reach, { namespace, name, proxy }: Meshed): Promise<Certified> {
  const path = `${namedPath(resources.pods, name, namespace)}:${proxy.adminPort}/proxy/metrics`;
  const page = await reach.page(`metrics of the proxy in ${namespace}/${name}`, path);
  if (page.kind !== "known") return { kind: "unknown", why: page.text };
  const seconds = expiryMetrics.map((name) => metricOf(page.value, name)?.value).find((value) => value !== undefined);
  return seconds === undefined || seconds === 0
    ? { kind: "unknown", why: "the proxy was not certified yet" }
    : { kind: "until", time: seconds * 1000 };
}

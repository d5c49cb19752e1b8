/** What the API server makes of pods, by a dry run: nothing is kept, neither the pod nor an Event about it. */
import { collectionPath, resources } from "../../core/kubernetes/kinds.ts";
import type { JsonObject } from "../../core/base/json/json.ts";
import { known } from "../../core/checks/fact.ts";
import type { Fact } from "../../core/checks/fact.ts";
import type { Facts, ProbeAnswer } from "../../core/checks/facts.ts";
import { namespaceAsks, probePod } from "../../core/checks/probe.ts";
import type { ProbeFacts } from "../../core/checks/probe.ts";
import { readNamed } from "./reach.ts";
import type { Reach } from "./reach.ts";

/** For who looks at nothing else. */
export async function gatherProbes(reach: Reach, probeNamespace: string): Promise<ProbeFacts> {
  const namespace = await readNamed(reach, resources.namespaces, probeNamespace);
  return { probes: await readProbes(reach, probeNamespace, namespace), question: { probeNamespace } };
}

export async function readProbes(
  reach: Reach,
  probeNamespace: string,
  namespace: Fact<JsonObject>,
): Promise<Facts["probes"]> {
  const asksItself = namespace.kind === "known" && namespaceAsks(namespace.value);
  const probe = async (name: "asks" | "quiet"): Promise<Fact<ProbeAnswer>> => {
    const query = { dryRun: "All", fieldManager: "weft-check" };
    const path = collectionPath(resources.pods, probeNamespace);
    const what = `a pod in namespace ${probeNamespace}`;
    const answer = await reach.post(what, path, probePod(name, asksItself), query);
    return answer.kind === "known" ? known({ pod: answer.value.object, warnings: answer.value.warnings }) : answer;
  };
  const [asks, quiet] = await Promise.all([probe("asks"), probe("quiet")]);
  return { asks, quiet };
}

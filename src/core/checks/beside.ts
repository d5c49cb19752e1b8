/** Pods with a proxy whose other containers have what is the proxy's: its user, its group, one of its ports. */
import { ownerOf } from "../identity/rotation-objects.ts";
import { besideRunning } from "../inject/messages/beside-the-proxy.ts";
import type { JsonObject } from "../base/json/json.ts";
import { nameOf, textAt } from "../base/json/read.ts";
import { skipped, warningIf, given } from "./check.ts";
import type { Check } from "./check.ts";
import type { Facts } from "./facts.ts";
import { cut } from "./lines.ts";
import { hasEnded } from "./pods.ts";

export const besideCheck: Check<Facts> = {
  id: "beside-the-proxy",
  says: "no container has the proxy's user, group or ports",
  needs: ["api-answers"],
  about:
    "What the proxy's user and group send is not redirected, so a container that runs as one of them is outside of the mesh; of two that listen on one port one cannot start. Each line says what mends it, in the workload's pod template.",
  look: ({ meshed, beside }) =>
    given(meshed, (pods) => (pods.length === 0 ? skipped : given(beside, (lines) => warningIf(cut(lines))))),
};

/** A line for each workload and finding, most pods first. */
export function besideLines(pods: readonly JsonObject[]): readonly string[] {
  const found = pods
    .filter((pod) => !hasEnded(pod))
    .flatMap((pod) => besideRunning(pod).map((text) => ({ pod, at: atOf(pod), text })));
  const groups = [...Map.groupBy(found, ({ at, text }) => `${at}: ${text}`).values()];
  return groups
    .toSorted((a, b) => b.length - a.length)
    .flatMap((all) => {
      const [first] = all;
      if (first === undefined) return [];
      const examples = all.slice(0, 2).map(({ pod }) => nameOf(pod));
      const pods = all.length === 1 ? "" : ` (${all.length} pods, such as ${examples.join(" and ")})`;
      return [`${first.at}${pods}: ${first.text}`];
    });
}

const atOf = (pod: JsonObject): string => `${textAt(pod, "metadata", "namespace")} ${ownerOf(pod)}`;

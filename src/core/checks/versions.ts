/** Which weft runs, and which one asks. */
import type { JsonObject } from "../base/json/json.ts";
import { upgradeCommand } from "../install/before.ts";
import { skipped, warningIf, given } from "./check.ts";
import type { Category } from "./check.ts";
import type { Facts } from "./facts.ts";
import { metricOf } from "./metrics.ts";
import { nameOf, objectsAt, textAt } from "../base/json/read.ts";
import { valueOf } from "./fact.ts";

export const versionChecks: Category<Facts> = {
  name: "weft-version",
  checks: [
    {
      id: "one-version",
      says: "all pods are of one version",
      needs: ["objects"],
      about: "Two for long: a rollout does not get on. Which pod answers is chance, and so is what a pod gets.",
      look: (facts) =>
        given(facts.pods, (pods) => {
          if (pods.length < 2) return skipped;
          const versions = versionsOf(facts, pods);
          const differ = new Set(versions.map(({ version }) => version)).size > 1;
          return warningIf(differ ? versions.map(({ pod, version }) => `${pod} is ${version}`) : []);
        }),
    },
    {
      id: "cli-version",
      says: "this command and the webhook are of one version",
      needs: ["objects"],
      about:
        "The registration below is compared with what this command would write. `weft upgrade` shows the differences, `weft upgrade -o yaml | kubectl apply -f -` makes them; where the image is pinned by a tag of its own, `weft upgrade` says so.",
      look: (facts) =>
        given(facts.pods, (pods) => {
          const versions = [...new Set(versionsOf(facts, pods).map(({ version }) => version))];
          if (versions.length === 0) return skipped;
          const others = versions.filter((version) => version !== facts.question.version);
          const lines = others.map((version) => `the webhook is ${version}, this command ${facts.question.version}`);
          return warningIf(lines, upgradeCommand);
        }),
    },
  ],
};

interface PodVersion {
  readonly pod: string;
  readonly version: string;
}

/** In the pod's own words, else the tag of its image; pods that tell neither are left out. */
function versionsOf({ pages }: Facts, pods: readonly JsonObject[]): readonly PodVersion[] {
  return pods.flatMap((pod) => {
    const name = nameOf(pod);
    const metrics = pages.find((page) => page.pod === name)?.metrics;
    const version = versionOf(pod, metrics === undefined ? undefined : valueOf(metrics));
    return version === undefined ? [] : [{ pod: name, version }];
  });
}

/** Of a pod of weft's; `metrics`: its page, where it could be read. */
export const versionOf = (pod: JsonObject, metrics: string | undefined): string | undefined =>
  metricOf(metrics ?? "", "weft_build_info")?.labels["version"] ?? imageTag(pod);

function imageTag(pod: JsonObject): string | undefined {
  const [container] = objectsAt(pod, "spec", "containers");
  const image = textAt(container, "image").replace(/@.*$/, "");
  return /:([\w][\w.-]*)$/.exec(image)?.[1];
}

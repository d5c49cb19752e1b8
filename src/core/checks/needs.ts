/** What the choices of an installation need, before it is installed. */
import type { JsonObject } from "../base/json/json.ts";
import { certManagerText, imageLines, nodeLines } from "../install/needs.ts";
import type { Needs } from "../install/needs.ts";
import { failure, given, ok, skipped, warningIf } from "./check.ts";
import type { Check } from "./check.ts";
import type { Fact } from "./fact.ts";

export interface NeedsFacts {
  readonly needs: Needs;
  readonly nodes: Fact<readonly JsonObject[]>;
  /** The API group. */
  readonly certManager: Fact<JsonObject>;
}

export const needsChecks: readonly Check<NeedsFacts>[] = [
  {
    id: "pre-nodes",
    says: "there are nodes for all replicas",
    needs: ["api-answers"],
    about:
      "With `--ha` three replicas run on three nodes, and no two share one. Where there are fewer, some wait, and `weft check` says so for ever: install without `--ha`, or with `--set weft.antiAffinity=preferred`.",
    look: ({ needs, nodes }) =>
      needs.nodes <= 1 ? skipped : given(nodes, (found) => warningIf(nodeLines(needs, found))),
  },
  {
    id: "pre-cert-manager",
    says: "cert-manager is there",
    needs: ["api-answers"],
    about:
      "With `--certificates cert-manager` weft's certificates are objects of cert-manager's: without it `kubectl apply` knows none of them. Install cert-manager first.",
    look: ({ needs, certManager }) => {
      if (!needs.certManager) return skipped;
      return certManager.kind === "absent" ? failure([certManagerText]) : given(certManager, () => ok);
    },
  },
  {
    id: "pre-image",
    says: "nodes have weft's image, or can pull it",
    needs: ["api-answers"],
    about:
      "Without `--image` nobody says where the image is, so every node has to have it: pods end in `ImagePullBackOff` otherwise. [install.md](install.md) has how to build, push and name it. Whether a registry has what `--image` names is not tried.",
    look: ({ needs, nodes }) =>
      needs.image === undefined ? skipped : given(nodes, (found) => warningIf(imageLines(needs, found))),
  },
];

/** What happens when a replica goes away. */
import type { JsonObject } from "../base/json/json.ts";
import { upgradeCommand } from "../install/before.ts";
import { skipped, warning, warningIf, given, ok } from "./check.ts";
import type { Category } from "./check.ts";
import type { Facts } from "./facts.ts";
import { replicasOf } from "./pods.ts";
import { numberAt } from "../base/json/read.ts";
import { failurePolicyOf, ownConfiguration } from "./registered.ts";

export const availabilityChecks: Category<Facts> = {
  name: "weft-availability",
  checks: [
    {
      id: "failure-policy",
      says: "the failure policy fits the number of replicas",
      needs: ["objects", "configurations"],
      about:
        "With `Fail` nothing that asks for the proxy starts while no replica answers: not while the only one restarts, either. Install with `--ha`, or choose `Ignore`.",
      look: ({ objects: { deployment }, mutating }) =>
        given(deployment, (object) =>
          given(mutating, (configurations) => {
            const own = ownConfiguration(configurations);
            const isAlone = replicasOf(object) < 2;
            const policy = own === undefined ? undefined : failurePolicyOf(own);
            return warningIf(
              policy === "Fail" && isAlone
                ? ["it is Fail with one replica: while that one restarts, pods that ask for the proxy are refused"]
                : [],
            );
          }),
        ),
    },
    {
      id: "disruption-budget",
      says: "draining nodes leaves a replica",
      needs: ["objects"],
      about:
        "A PodDisruptionBudget keeps `kubectl drain` from taking all replicas at once. `weft upgrade -o yaml | kubectl apply -f -` puts back one that is missing. One that allows no eviction at all holds every drain up.",
      look: ({ objects: { deployment, disruptionBudget } }) =>
        given(deployment, (object) => {
          const replicas = replicasOf(object);
          if (disruptionBudget.kind === "absent") {
            return replicas < 2
              ? skipped
              : warning([`${replicas} replicas, and no PodDisruptionBudget`], upgradeCommand);
          }
          return given(disruptionBudget, (budget) => (isStuck(budget, replicas) ? stuck : ok));
        }),
    },
  ],
};

const stuck = warning(["its PodDisruptionBudget never allows an eviction: draining a node will not end"]);

/** Whatever is healthy, no pod may go. Percentages are left to the API server. */
function isStuck(budget: JsonObject, replicas: number): boolean {
  const least = numberAt(budget, "spec", "minAvailable");
  const most = numberAt(budget, "spec", "maxUnavailable");
  return (least !== undefined && least >= replicas) || most === 0;
}

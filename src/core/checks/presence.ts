/** weft's objects, and whether its pods are at work. */
import type { JsonObject } from "../base/json/json.ts";
import { upgradeCommand } from "../install/before.ts";
import { mending, skipped, warning, failure, given, ok, worst } from "./check.ts";
import type { Category, Outcome } from "./check.ts";
import { valueOf } from "./fact.ts";
import type { Facts } from "./facts.ts";
import { ownConfiguration } from "./registered.ts";
import { deploymentFaults, isReady, podFaults, reloadFaults } from "./pods.ts";
import { at, objectsAt, textAt } from "../base/json/read.ts";

export const presenceChecks: Category<Facts> = {
  name: "weft-existence",
  checks: [
    {
      id: "namespace",
      says: "weft's namespace is there",
      needs: ["api-answers"],
      about:
        "Not there: weft is not installed, or elsewhere (`--namespace`). Install with `weft install | kubectl apply -f -`; where its registration is still there, take that away first, by `weft uninstall | kubectl delete -f -`.",
      look: ({ objects, question, mutating }) => {
        const { namespace } = objects;
        if (namespace.kind === "absent") {
          const isRegistered = ownConfiguration(valueOf(mutating) ?? []) !== undefined;
          const first = isRegistered ? "weft uninstall | kubectl delete -f - && " : "";
          return failure(
            [`weft is not installed: there is no namespace ${question.namespace}`],
            `${first}weft install | kubectl apply -f -`,
          );
        }
        return given(namespace, (object) =>
          textAt(object, "status", "phase") === "Terminating" ? failure(["it is being deleted"]) : ok,
        );
      },
    },
    {
      id: "objects",
      says: "ServiceAccount, Service and Deployment are there",
      needs: ["namespace"],
      about:
        "The API server calls the Service, the Deployment runs the webhook. `weft upgrade -o yaml | kubectl apply -f -` puts back what is missing.",
      look: ({ objects: { serviceAccount, service, deployment }, question: { namespace } }) => {
        const all = [serviceAccount, service, deployment];
        if (all.every(({ kind }) => kind === "absent"))
          return failure([`weft is not installed in namespace ${namespace}`], "weft install | kubectl apply -f -");
        return mending(worst(all.map((fact) => given(fact, () => ok))), upgradeCommand);
      },
    },
    {
      id: "replicas",
      says: "all replicas are available",
      needs: ["objects"],
      about:
        "None: under `Fail` pods that ask for the proxy are refused, under `Ignore` they run without it. Fewer than wanted: see the pods below, and `kubectl describe` them when they are not scheduled.",
      look: ({ objects: { deployment } }) =>
        given(deployment, (object) => {
          const { none, lines } = deploymentFaults(object);
          if (lines.length === 0) return ok;
          return none ? failure(lines) : warning(lines);
        }),
    },
    {
      id: "pods",
      says: "every pod says that it is ready",
      needs: ["objects"],
      about:
        "Lines that begin with `[-]` are those of the pod's `/readyz?verbose`. A pod that does not start tells the reason of its container; `kubectl logs` tells more.",
      look: ({ pods, pages }) =>
        given(pods, (found) => {
          const lines = found.flatMap((pod) => podFaults(pod, pages));
          if (lines.length === 0) return found.length === 0 ? skipped : ok;
          return found.some((pod) => isReady(pod)) ? warning(lines) : failure(lines);
        }),
    },
    {
      id: "files",
      says: "what the pods read last is in use",
      needs: ["objects"],
      about:
        "A broken settings file, certificate or trust bundle is not used: the last good one stays, until the pod restarts. Mend it; the pod's log names the mistake.",
      look: ({ pages }) => {
        const read = pages.filter(({ metrics }) => metrics.kind === "known");
        if (read.length === 0) return skipped;
        return worst(read.map((page) => failureOrHolds(reloadFaults(page))));
      },
    },
    {
      id: "endpoints",
      says: "the Service has endpoints that are ready",
      needs: ["objects"],
      about: "Without one the API server finds nobody. The Service's selector has to match the pods' labels.",
      look: ({ endpointSlices }) =>
        given(endpointSlices, (slices) =>
          failureOrHolds(slices.some(hasReadyEndpoint) ? [] : ["none of its EndpointSlices has a ready endpoint"]),
        ),
    },
  ],
};

const failureOrHolds = (lines: readonly string[]): Outcome => (lines.length === 0 ? ok : failure(lines));

// A missing condition counts as ready (discovery/v1 EndpointConditions).
const hasReadyEndpoint = (slice: JsonObject): boolean =>
  objectsAt(slice, "endpoints").some((endpoint) => at(endpoint, "conditions", "ready") !== false);

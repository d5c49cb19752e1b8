/** Pods with a proxy whose service account cannot be an identity: they are injected, and never certified. */
import type { JsonObject } from "../base/json/json.ts";
import { accountFault } from "../mesh/identity.ts";
import { textAt } from "../base/json/read.ts";
import { skipped, warningIf, given } from "./check.ts";
import type { Check } from "./check.ts";
import type { Facts, AccountPods } from "./facts.ts";
import { cut } from "./lines.ts";
import { hasEnded } from "./pods.ts";

/** Of pods that have not ended. */
export function accountPods(pods: readonly JsonObject[]): readonly AccountPods[] {
  const accountOf = (pod: JsonObject): readonly [namespace: string, serviceAccount: string] => [
    textAt(pod, "metadata", "namespace"),
    textAt(pod, "spec", "serviceAccountName") || "default",
  ];
  const running = pods.filter((pod) => !hasEnded(pod));
  return [...Map.groupBy(running, (pod) => accountOf(pod).join("/"))].map(([account, found]) => {
    const [namespace = "", serviceAccount = ""] = account.split("/");
    return { namespace, serviceAccount, pods: found.length };
  });
}

export const accountsCheck: Check<Facts> = {
  id: "pod-identities",
  says: "the service accounts of pods with a proxy can be identities",
  needs: ["api-answers"],
  about:
    "An identity has the service account's name in it, which therefore has to be a DNS label: at most 63 characters and no dots. With another one nobody is certified, so the pod never gets ready: let it run with another ServiceAccount.",
  look: ({ accounts }) => given(accounts, (all) => (all.length === 0 ? skipped : warningIf(cut(all.flatMap(faultOf))))),
};

function faultOf({ namespace, serviceAccount, pods }: AccountPods): readonly string[] {
  const fault = accountFault(serviceAccount);
  return fault === undefined ? [] : [`${namespace}: ${pods === 1 ? "a pod runs" : `${pods} pods run`} with ${fault}`];
}

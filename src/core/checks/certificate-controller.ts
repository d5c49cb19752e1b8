/** Who makes the certificates that weft serves, where that is weft: at work, and nobody else able to do it. */
import { nameOf, textAt } from "../base/json/read.ts";
import { upgradeCommand } from "../install/before.ts";
import { mending, skipped, warning, warningIf, failure, failureIf, given, ok, unread } from "./check.ts";
import type { Category, Outcome } from "./check.ts";
import type { CertificateControllerFacts, Facts, RightFact } from "./facts.ts";
import { deploymentFaults, isReady, podFaults } from "./pods.ts";
import { guardOutcome } from "./guard.ts";
import { rightsOutcome, rightText } from "./rights.ts";
import { valueOf } from "./fact.ts";

/** As `certificates/webhook/shared-secret.ts` calls it. */
const authorityKey = "ca.key";

const own =
  (look: (controller: CertificateControllerFacts, facts: Facts) => Outcome) =>
  (facts: Facts): Outcome =>
    facts.certificateController === undefined ? skipped : look(facts.certificateController, facts);

export const certificateControllerChecks: Category<Facts> = {
  name: "weft-certificate-controller",
  checks: [
    {
      id: "certificate-controller",
      says: "the certificate controller is at work",
      needs: ["objects"],
      about:
        "Deployment `weft-certificates` makes the certificates and keeps the caBundles right. Without it all goes on as it is, until a certificate ends or somebody changes a caBundle. `weft upgrade -o yaml | kubectl apply -f -` puts it back when it is missing.",
      look: own(({ deployment, pods, pages }) => {
        if (deployment.kind === "absent") return mending(unread(deployment), upgradeCommand);
        return given(deployment, (object) => {
          const { none, lines } = deploymentFaults(object);
          const found = valueOf(pods) ?? [];
          const said = found.flatMap((pod) => podFaults(pod, pages));
          if (lines.length + said.length === 0) return ok;
          return none || !found.some((pod) => isReady(pod))
            ? failure([...lines, ...said])
            : warning([...lines, ...said]);
        });
      }),
    },
    {
      id: "certificate-controller-rights",
      says: "its ServiceAccount may make certificates and set caBundles",
      needs: ["certificate-controller"],
      about:
        "Without a right the certificates are not renewed. `weft upgrade -o yaml | kubectl apply -f -` gives it back.",
      look: own(({ rights }) => rightsOutcome(rights, () => untoldRights(rights))),
    },
    {
      id: "change-guard",
      says: "weft's accounts can change nothing of its registration but caBundles",
      needs: ["objects"],
      about:
        "Whoever may change a webhook configuration can have every object of the cluster sent to himself. RBAC cannot say which field may change; ValidatingAdmissionPolicy `weft-changes-only-ca-bundles` does. `weft upgrade -o yaml | kubectl apply -f -` puts it back.",
      look: own(({ guard }) => guardOutcome(guard)),
    },
    {
      id: "webhook-rights",
      says: "the webhook's ServiceAccount has no right to its registration, nor to the CA's key",
      needs: ["objects"],
      about:
        "The webhook takes requests of whoever reaches it. A role that an earlier version left behind, or one by hand, gives its token more than it needs.",
      look: own(({ surplus }) => {
        const allowed = surplus.filter((fact) => valueOf(fact.allowed) === true);
        if (allowed.length > 0) return failureIf(allowed.map(({ right }) => `it may ${rightText(right)}`));
        return untoldRights(surplus);
      }),
    },
    {
      id: "ca-key",
      says: "the Secret that the webhook reads has no key of a CA",
      needs: ["objects"],
      about:
        "Versions before kept it there. The certificate controller moves it to Secret `weft-ca` when it begins: see its log.",
      // That it cannot be read is told with what it serves.
      look: own((_, { certificates }) => {
        const secret = valueOf(certificates);
        if (secret === undefined) return skipped;
        const hasKey = textAt(secret, "data", authorityKey) !== "";
        return warningIf(hasKey ? [`Secret ${nameOf(secret)} has the key ${authorityKey}`] : []);
      }),
    },
  ],
};

/** Who may not ask about one may not ask about any: that is one line. */
function untoldRights(rights: readonly RightFact[]): Outcome {
  const unknown = rights.map(({ allowed }) => allowed).find(({ kind }) => kind !== "known");
  return unknown === undefined || unknown.kind === "known" ? ok : unread(unknown);
}

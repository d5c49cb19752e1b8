/** weft's own control plane: at work, with an issuer that everybody trusts. Nothing of it where Linkerd's is used. */
import { byOwner } from "../identity/rotation.ts";
import type { PodTrust } from "../identity/rotation.ts";
import { issueText } from "../base/text/issue.ts";
import { accountsCheck } from "./accounts.ts";
import { besideCheck } from "./beside.ts";
import { upgradeCommand } from "../install/before.ts";
import { mending, skipped, warning, warningIf, failure, failureIf, given, ok, unread, worst } from "./check.ts";
import type { Category, Outcome } from "./check.ts";
import { expiry } from "./expiry.ts";
import type { ControlPlaneFacts, Facts } from "./facts.ts";
import { cut } from "./lines.ts";
import { deploymentFaults, isReady, podFaults } from "./pods.ts";
import { guardOutcome } from "./guard.ts";
import { rightsOutcome } from "./rights.ts";
import { anchorsIn, anchorsText } from "./settings.ts";
import { knownValuesCheck, valuesCheck } from "./values.ts";
import { valueOf } from "./fact.ts";

const own =
  (look: (controlPlane: ControlPlaneFacts, facts: Facts) => Outcome) =>
  (facts: Facts): Outcome =>
    facts.controlPlane === undefined ? skipped : look(facts.controlPlane, facts);

export const controlPlaneChecks: Category<Facts> = {
  name: "weft-control-plane",
  checks: [
    {
      id: "control-plane",
      says: "its Deployment and the Services that proxies dial are there",
      needs: ["objects"],
      about:
        "Proxies of pods that weft injects get their certificates, endpoints and policies from these three Services, each with a port of its own. `weft upgrade -o yaml | kubectl apply -f -` puts back what is missing.",
      look: own(({ deployment, services }) =>
        mending(worst([deployment, ...services].map((fact) => given(fact, () => ok))), upgradeCommand),
      ),
    },
    {
      id: "control-plane-replicas",
      says: "all of its replicas are available",
      needs: ["control-plane"],
      about:
        "None: proxies that start wait for their certificate, and their pods with them; those that run go on with what they know, until their certificates end.",
      look: own(({ deployment }) =>
        given(deployment, (object) => {
          const { none, lines } = deploymentFaults(object);
          if (lines.length === 0) return ok;
          return none ? failure(lines) : warning(lines);
        }),
      ),
    },
    {
      id: "control-plane-pods",
      says: "every one of its pods says that it is ready",
      needs: ["control-plane"],
      about: "Lines that begin with `[-]` are those of the pod's `/readyz?verbose`.",
      look: own(({ pods, pages }) =>
        given(pods, (found) => {
          const lines = found.flatMap((pod) => podFaults(pod, pages));
          if (lines.length === 0) return found.length === 0 ? skipped : ok;
          return found.some((pod) => isReady(pod)) ? warning(lines) : failure(lines);
        }),
      ),
    },
    {
      id: "control-plane-tls",
      says: "its ports show a certificate with the name that proxies expect",
      needs: ["control-plane"],
      about:
        "Tried from here, where pods' addresses can be reached: from a node, or in a pod; elsewhere nothing is said. A replica makes its certificate itself, of the issuer that it has read: see its log.",
      look: own(({ listeners }) => {
        const reached = listeners.flatMap(({ shown, ...rest }) =>
          shown.kind === "known" ? [{ ...rest, ...shown.value }] : [],
        );
        if (reached.length === 0) return skipped;
        return warningIf(
          cut(
            reached.flatMap(({ at, name, names, refusal }) => [
              ...(names.includes(name) ? [] : [`${at}: is for ${names.join(", ") || "no name"}, not for ${name}`]),
              ...(refusal === undefined ? [] : [`${at}: proxies would not trust it: ${refusal}`]),
            ]),
          ),
        );
      }),
    },
    {
      id: "control-plane-rights",
      says: "its ServiceAccount may review tokens, and read what it tells proxies",
      needs: ["control-plane"],
      about:
        "Without token reviews nobody gets a certificate; without the rest, proxies are told less than there is. `weft upgrade -o yaml | kubectl apply -f -` gives it back.",
      look: own(({ rights }) =>
        rightsOutcome(rights, () =>
          worst(rights.map(({ allowed }) => (allowed.kind === "known" ? ok : unread(allowed)))),
        ),
      ),
    },
    {
      id: "anchor-guard",
      says: "its CAs cannot be replaced by those of another installation",
      needs: ["control-plane"],
      about:
        "Running pods trust the anchors that were there when they were made: a bundle without any of these cuts all of them off. ValidatingAdmissionPolicy `weft-keeps-trust-anchors` refuses it. `weft-keeps-installation` refuses the issuer, the settings and the choices of another installation. `weft upgrade -o yaml | kubectl apply -f -` puts it back.",
      look: own(({ guard }) => guardOutcome(guard)),
    },
    {
      id: "issuer",
      says: "the issuer may sign, and leads to the trust anchors",
      needs: ["control-plane", "trust-anchors"],
      about:
        "The control plane takes no issuer with such a fault: it goes on with the one before, until it is restarted. `weft identity rotate issuer --start --anchor-key-file FILE` makes another below a trust anchor, of the key that `weft install` wrote ([identity-rotation.md](identity-rotation.md)).",
      look: own(({ issuer }) => given(issuer, ({ issues }) => failureIf(issues.map(issueText), newIssuer))),
    },
    {
      id: "issuer-expiry",
      says: "the issuer is renewed in time",
      needs: ["issuer"],
      about:
        "No certificate lives longer than its issuer. weft does not renew it, as the trust anchor's key is not in the cluster: [`weft identity rotate issuer --start`](identity-rotation.md).",
      look: own(({ issuer }, { question }) =>
        given(issuer, ({ certificate }) =>
          certificate === undefined
            ? skipped
            : mending(expiry(`issuer ${certificate.subject}`, certificate, question.now, issuerDays), newIssuer),
        ),
      ),
    },
    {
      id: "pod-anchors",
      says: "proxies trust whoever issues certificates now",
      needs: ["trust-anchors"],
      about:
        "A proxy has its trust anchors from when its pod was made. One that lacks the anchor above the issuer trusts neither the control plane nor other pods: restart it. One that carries an earlier bundle has to be restarted before an anchor is dropped.",
      look: (facts) => given(facts.meshed, (pods) => trustOutcome(pods, facts)),
    },
    accountsCheck,
    besideCheck,
    knownValuesCheck,
    valuesCheck,
  ],
};

/** The key of the anchor is not in the cluster. */
const newIssuer = "weft identity rotate issuer --start --anchor-key-file FILE";

// As long as Linkerd warns of its issuer before.
const issuerDays = 60;

function trustOutcome(pods: readonly PodTrust[], { controlPlane, trustAnchors, tools }: Facts): Outcome {
  const bundle = valueOf(trustAnchors);
  if (pods.length === 0 || bundle === undefined) return skipped;
  const all = anchorsIn(bundle, tools).certificates.map(({ fingerprint }) => fingerprint);
  const issuer = controlPlane === undefined ? undefined : valueOf(controlPlane.issuer);
  // Who issues is not known of somebody else's control plane: any of the anchors may.
  const needed = issuer === undefined || issuer.anchors.length === 0 ? all : issuer.anchors;
  const hash = tools.sha256(anchorsText(bundle));
  const isStrange = ({ anchors, trustRoot }: PodTrust): boolean =>
    anchors === undefined ? trustRoot !== hash : !anchors.some((each) => needed.includes(each));
  const strange = pods.filter(isStrange);
  const behind = pods.filter((pod) => !isStrange(pod) && pod.trustRoot !== hash);
  return worst([
    failureIf(linesOf(strange, "trust no anchor of whoever issues")),
    warningIf(linesOf(behind, "carry an earlier bundle")),
  ]);
}

const linesOf = (pods: readonly PodTrust[], what: string): readonly string[] =>
  cut(byOwner(pods).map((owner) => `${owner.at}: ${owner.pods} of its pods ${what}`));

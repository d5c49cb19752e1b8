/** A rotation for programs: the same that `rotation-text.ts` tells people. */
import type { Json } from "../base/json/json.ts";
import { byOwner, nextStep, obstacles, phaseOf, trusts } from "./rotation.ts";
import type { PodTrust, RotationFacts } from "./rotation.ts";
import type { Validity } from "./validity.ts";

/** With a newline at the end. */
export const statusJson = (facts: RotationFacts): string => `${JSON.stringify(shown(facts), undefined, 2)}\n`;

function shown(facts: RotationFacts): Json {
  const { bundle, issuer } = facts;
  return {
    trustAnchors: bundle.anchors.map(({ fingerprint, subject, ...validity }) => ({
      sha256: fingerprint,
      subject,
      ...lifeOf(validity),
      aboveIssuer: issuer?.anchors.includes(fingerprint) === true,
      new: bundle.rotation?.to === fingerprint,
      toBeDropped: bundle.rotation?.from.includes(fingerprint) === true,
    })),
    issuer:
      issuer === undefined
        ? null
        : {
            sha256: issuer.fingerprint,
            subject: issuer.subject,
            ...lifeOf(issuer),
            below: issuer.anchors,
            managedBy: issuer.manager ?? null,
          },
    pods: [...Map.groupBy(facts.pods, ({ trustRoot }) => trustRoot)].map(([trustRoot, pods]) =>
      podsOf(trustRoot, pods, facts),
    ),
    rotation: rotationOf(facts),
  };
}

const lifeOf = ({ notBefore, notAfter }: Validity) => ({
  notBefore: new Date(notBefore).toISOString(),
  notAfter: new Date(notAfter).toISOString(),
});

function podsOf(trustRoot: string, pods: readonly PodTrust[], facts: RotationFacts): Json {
  const lacks = facts.bundle.anchors.filter(({ fingerprint }) => pods.some((pod) => !trusts(pod, fingerprint, facts)));
  return {
    trustRootSha256: trustRoot,
    current: trustRoot === facts.bundle.sha256,
    count: pods.length,
    lack: lacks.map(({ fingerprint }) => fingerprint),
    workloads: byOwner(pods).map(({ at, pods: count }) => ({ workload: at, count })),
  };
}

function rotationOf(facts: RotationFacts): Json {
  const step = nextStep(facts);
  return {
    phase: phaseOf(facts).kind,
    next: step?.kind ?? null,
    obstacles: (step === undefined ? [] : obstacles(step, facts)).map(({ at, message, yields }) => ({
      at,
      message,
      passes: yields,
    })),
  };
}

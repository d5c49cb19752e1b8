/** What is checked once weft is installed, in the order in which it is told. */
import { availabilityChecks } from "./availability.ts";
import { certificateControllerChecks } from "./certificate-controller.ts";
import { certificateChecks } from "./certificates.ts";
import type { ReadingCategory } from "./check.ts";
import { controlPlaneChecks } from "./control-plane.ts";
import { dataPlaneChecks } from "./data-plane.ts";
import type { ProxyFacts } from "./data-plane.ts";
import type { Facts } from "./facts.ts";
import { namespaceChecks } from "./namespaces.ts";
import { networkChecks } from "./networks.ts";
import { peopleCheck } from "./people.ts";
import { policyChecks } from "./policies.ts";
import { presenceChecks } from "./presence.ts";
import { probeChecks } from "./probe.ts";
import { registrationChecks } from "./registration.ts";
import { rightsChecks } from "./rights.ts";
import { serverChecks } from "./server.ts";
import { settingsChecks } from "./settings.ts";
import { versionChecks } from "./versions.ts";

/** Each with the facts that it looks at: it is told when these are known, whatever is still asked. */
export const installedChecks: readonly ReadingCategory<Facts>[] = [
  { ...serverChecks, reads: ["server"] },
  { ...presenceChecks, reads: ["objects", "question", "mutating", "pods", "pages", "endpointSlices"] },
  { ...versionChecks, reads: ["question", "pods", "pages"] },
  { ...rightsChecks, checks: [...rightsChecks.checks, peopleCheck], reads: ["objects", "rights", "people"] },
  { ...registrationChecks, reads: ["objects", "controlPlane", "question", "mutating", "validating", "namespaces"] },
  { ...availabilityChecks, reads: ["objects", "mutating", "pods", "pages"] },
  { ...certificateControllerChecks, reads: ["certificates", "certificateController"] },
  {
    ...certificateChecks,
    reads: ["question", "objects", "mutating", "validating", "certificates", "pages", "tools"],
  },
  {
    ...settingsChecks,
    checks: [...settingsChecks.checks, ...networkChecks],
    reads: ["pods", "question", "settings", "trustAnchors", "controlPlane", "addresses", "objects", "pages", "tools"],
  },
  {
    ...controlPlaneChecks,
    reads: ["settings", "beside", "question", "controlPlane", "meshed", "accounts", "trustAnchors", "tools"],
  },
  { ...policyChecks, reads: ["policies", "controlPlane", "notTakenUp"] },
  { ...namespaceChecks, reads: ["question", "mutating", "namespaces", "settings", "meshed", "beside"] },
  { ...probeChecks, reads: ["question", "probes"] },
];

/** With `--proxy`. */
export const proxyChecks: readonly ReadingCategory<ProxyFacts>[] = [
  ...installedChecks,
  { ...dataPlaneChecks, reads: ["question", "dataPlane"] },
];

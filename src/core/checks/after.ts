/** What is checked once weft is installed, in the order in which it is told. */
import { availabilityChecks } from "./availability.ts";
import { certificateControllerChecks } from "./certificate-controller.ts";
import { certificateChecks } from "./certificates.ts";
import type { Category } from "./check.ts";
import { controlPlaneChecks } from "./control-plane.ts";
import { dataPlaneChecks } from "./data-plane.ts";
import type { ProxyFacts } from "./data-plane.ts";
import type { Facts } from "./facts.ts";
import { namespaceChecks } from "./namespaces.ts";
import { networkChecks } from "./networks.ts";
import { policyChecks } from "./policies.ts";
import { presenceChecks } from "./presence.ts";
import { probeChecks } from "./probe.ts";
import { registrationChecks } from "./registration.ts";
import { rightsChecks } from "./rights.ts";
import { serverChecks } from "./server.ts";
import { settingsChecks } from "./settings.ts";
import { versionChecks } from "./versions.ts";

export const installedChecks: readonly Category<Facts>[] = [
  serverChecks,
  presenceChecks,
  versionChecks,
  rightsChecks,
  registrationChecks,
  availabilityChecks,
  certificateControllerChecks,
  certificateChecks,
  { ...settingsChecks, checks: [...settingsChecks.checks, ...networkChecks] },
  controlPlaneChecks,
  policyChecks,
  namespaceChecks,
  probeChecks,
];

/** With `--proxy`. */
export const proxyChecks: readonly Category<ProxyFacts>[] = [...installedChecks, dataPlaneChecks];

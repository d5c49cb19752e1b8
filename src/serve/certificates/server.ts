/**
 * `weft certificates`: the certificate controller. It makes the CA and the certificates that the webhook serves, and
 * keeps the caBundles of weft's configurations right: with rights that whoever takes requests of strangers is not to
 * have. So it is a process of its own, and nothing of it listens but probes and metrics.
 */
import { defaultClusterDomain } from "../../core/mesh/control-plane.ts";
import { rotateCertificates } from "../../certificates/webhook/rotation.ts";
import type { RotationEvent } from "../../certificates/webhook/rotation-needs.ts";
import type { PemPair } from "../../certificates/x509/pem.ts";
import { servingPair } from "../../certificates/webhook/serving-pair.ts";
import type { ServingPair } from "../../certificates/webhook/serving-pair.ts";
import { names } from "../../core/install/names.ts";
import { issueText } from "../../core/base/text/issue.ts";
import { aborted } from "../../async/until.ts";
import { defaultPacing } from "../../core/renewal/pace.ts";
import { renewalIssuesText, defaultRenewal } from "../../core/renewal/settings.ts";
import type { RenewalSettings } from "../../core/renewal/settings.ts";
import type { KubeApi } from "../../kube/api.ts";
import { realClock } from "../../async/clock.ts";
import type { Clock } from "../../async/clock.ts";
import { toldEvents } from "../told-events.ts";
import type { EventToSend } from "../../kube/event-sink.ts";
import { watchedWait } from "../../kube/watched-wait.ts";
import { createCertificatesMetrics } from "../../observe/certificates-metrics.ts";
import type { CertificatesMetrics } from "../../observe/certificates-metrics.ts";
import { createLog } from "../../observe/log.ts";
import type { Log, LogSink } from "../../observe/log.ts";
import { addressText } from "../../net/address.ts";
import type { Address } from "../../net/address.ts";
import { serveAdmin } from "../../net/admin-server.ts";
import type { Check, CheckState } from "../../net/admin-server.ts";
import type { CertificatesOptions } from "./flags.ts";
import { StartFailure } from "../start-failure.ts";
import { lead } from "../leader.ts";
import { started } from "../started.ts";
import { keptSecret } from "../stored-secret.ts";
import { missedPods } from "./missed-pods.ts";
import { configurationsOf } from "./trusting-configurations.ts";
import type { Configuration } from "./trusting-configurations.ts";

export interface CertificatesIo {
  readonly version: string;
  /** Of this replica: its pod's name. */
  readonly instance: string;
  readonly now: () => Date;
  readonly log: LogSink;
  /** Asks it to stop. */
  readonly signal: AbortSignal;
  /** Told once it is at work. */
  readonly started?: (started: { readonly admin: Address }) => void;
}

/** Works until the signal aborts and the Lease is given up. Rejects with a `StartFailure` when it cannot start. */
export async function certificates(api: KubeApi, options: CertificatesOptions, io: CertificatesIo): Promise<void> {
  const { now, signal, version, instance } = io;
  const log = createLog({ level: options.logLevel, format: options.logFormat, sink: io.log, now });
  const metrics = createCertificatesMetrics(version, log.lost);
  const events = toldEvents({ ask: api.ask, instance, now, log });
  const { record } = events;
  const whileLeading = countedMissed(api, options, { log, metrics });
  const kept = rotatedCertificates(api, options, { log, metrics, now, instance, record, signal, whileLeading });
  // Who waits for the end hears of it, too.
  kept.ended.catch(() => undefined);
  const admin = await started(options.adminAddress, (address) =>
    serveAdmin({ address, checks: () => [kept.check], metrics: metrics.page }),
  );
  try {
    log.info("looking after certificates", { admin: addressText(admin.address) });
    io.started?.({ admin: admin.address });
    await kept.ended;
    await events.end();
    log.info("stopped");
  } finally {
    await admin.close();
  }
}

function countedMissed(
  { ask }: KubeApi,
  { missedPodsEvery: every, namespace }: Pick<CertificatesOptions, "missedPodsEvery" | "namespace">,
  { log, metrics }: { readonly log: Log; readonly metrics: CertificatesMetrics },
): typeof aborted {
  if (every === undefined) return aborted;
  const missed = missedPods({ ask, log, clock: realClock, namespace, every });
  metrics.missedPods(missed.count);
  return missed.follow;
}

export interface CertificatesWorld {
  readonly log: Log;
  readonly metrics: Omit<CertificatesMetrics, "page" | "missedPods">;
  readonly now: () => Date;
  readonly clock?: Clock;
  readonly instance: string;
  readonly record: (event: EventToSend) => void;
  readonly signal: AbortSignal;
  /** What else the replica does that holds the Lease, until the signal aborts. */
  readonly whileLeading?: (holding: AbortSignal) => Promise<void>;
}

export type RotationOptions = Omit<
  CertificatesOptions,
  "adminAddress" | "kubeconfig" | "context" | "logLevel" | "logFormat" | "missedPodsEvery"
>;

/** Public for its tests. */
export function rotatedCertificates(
  api: KubeApi,
  options: RotationOptions,
  world: CertificatesWorld,
): { readonly check: Check; readonly ended: Promise<unknown> } {
  const { log, metrics, now, clock = realClock, instance, signal, whileLeading = aborted } = world;
  const { namespace, caSecret, certificatesSecret, certificateLife } = options;
  const secret = keptSecret(api, namespace, caSecret);
  const served = keptSecret(api, namespace, certificatesSecret);
  const configurations = configurationsOf(api, options);
  const settings = renewalSettings(options);
  const wake = watchedWait({
    api,
    paths: [secret.path, served.path, ...configurations.map(({ path }) => path)],
    clock,
    random: Math.random,
    signal,
  });
  const state = new RotationState(world);
  let writes = false;
  const keeping = rotateCertificates(
    {
      settings,
      pacing: defaultPacing,
      secret,
      served,
      configurations,
      writes: () => writes,
      now,
      elapsed: clock.now,
      random: Math.random,
      wait: wake.wait,
      every: Math.min(lookEvery, certificateLife / looksInALife),
      onServing: (pem) => state.serving(pem),
      onEvent: (event) => {
        state.heard(event);
        tell(event, configurations, world);
      },
    },
    signal,
  );
  const onChange = (leads: boolean): void => {
    metrics.leads(leads);
    writes = leads;
    wake.notice();
  };
  const lease = { api, namespace, name: names.certificates, instance, log, now, clock, onChange, signal };
  return {
    check: { name: "certificates", look: () => state.look() },
    ended: Promise.all([keeping, lead(lease, whileLeading)]),
  };
}

/** From look to look, in milliseconds; a watch makes it sooner. */
const lookEvery = 10_000;
/** Lives may be as short as seconds: between two looks nothing is to end that takes a sixth of a life. */
const looksInALife = 12;

function renewalSettings(
  options: Pick<CertificatesOptions, "service" | "namespace" | "caLife" | "certificateLife">,
): RenewalSettings {
  const { service, namespace, caLife, certificateLife } = options;
  const hosts = [
    `${service}.${namespace}.svc`,
    `${service}.${namespace}`,
    `${service}.${namespace}.svc.${defaultClusterDomain}`,
  ];
  const settings: RenewalSettings = {
    ...defaultRenewal,
    names: [...hosts, "localhost", "127.0.0.1"],
    authorityLife: caLife,
    leafLife: certificateLife,
    settle: Math.min(defaultRenewal.settle, Math.floor(certificateLife / 6)),
  };
  const wrong = renewalIssuesText(settings);
  if (wrong !== "") throw new StartFailure([`--ca-life, --certificate-life: ${wrong}`]);
  return settings;
}

/** What `/readyz?verbose` says. */
class RotationState {
  readonly #world: CertificatesWorld;
  #current: ServingPair | undefined;
  #trusted = false;
  #everTrusted = false;
  #failure: string | undefined;

  constructor(world: CertificatesWorld) {
    this.#world = world;
  }

  serving(pem: PemPair): void {
    const { log, metrics, now } = this.#world;
    const pair = servingPair(pem, now());
    // One that has expired is served on: there is none better, and that is told elsewhere.
    if ("issues" in pair) return log.error("the certificate cannot serve", { issues: pair.issues.map(issueText) });
    this.#current = pair.value;
    const { fingerprint, notAfter } = pair.value;
    log.info("certificate to serve", { certificate: fingerprint, expires: notAfter.toISOString() });
    metrics.certificateExpires(notAfter);
  }

  heard(event: RotationEvent): void {
    if (event.kind === "failed") this.#failure = event.reason;
    if (event.kind === "stepped" || event.kind === "handed out") this.#failure = undefined;
    if (event.kind !== "trusted") return;
    this.#trusted = event.trusted;
    this.#everTrusted ||= event.trusted;
  }

  /**
   * Not ready until all is well once: then a new version does not take the place of one that works. Later on, not being
   * ready would only add to the trouble.
   */
  look(): CheckState {
    const current = this.#current;
    return {
      fails: !this.#everTrusted,
      says: [
        current === undefined ? "there is none yet" : `of weft's own CA, expires ${current.notAfter.toISOString()}`,
        ...(current === undefined || this.#trusted ? [] : ["not trusted by every webhook configuration"]),
        ...(this.#trusted || this.#failure === undefined ? [] : [this.#failure]),
      ].join("; "),
    };
  }
}

function tell(event: RotationEvent, configurations: readonly Configuration[], world: CertificatesWorld): void {
  const { log, metrics, record } = world;
  switch (event.kind) {
    case "stepped":
      metrics.renewal(event.repair ? "repaired" : "made");
      return log[event.repair ? "warn" : "info"](`certificates: ${event.step}`, { because: event.because });
    case "handed out":
      return event.repair
        ? log.warn("the webhook's Secret was changed by somebody, and put right")
        : log.info("the webhook's Secret has the certificate to serve");
    case "authority":
      return metrics.authorityExpires(new Date(event.expires));
    case "trusted":
      return log.info(
        event.trusted
          ? "every webhook configuration trusts the certificate"
          : "the certificate is not trusted everywhere",
      );
    case "failed":
      metrics.renewal("failed");
      return log.error("certificates cannot be looked after, trying again", { reason: event.reason });
    case "patched": {
      const { configuration: name, differences, reverted } = event;
      if (reverted === 0) return log.info(`caBundle of ${name} set`, { differences });
      metrics.bundleRepair();
      // One line for an episode; the metric and the Event go on counting.
      log[reverted === 1 ? "warn" : "debug"](`caBundle of ${name} was changed by somebody, and put right`, {
        differences,
      });
      const about = configurations.find((one) => one.name === name)?.reference();
      if (about !== undefined) record(revertedEvent(about, differences));
    }
  }
}

const revertedEvent = (involvedObject: EventToSend["involvedObject"], differences: readonly string[]): EventToSend => ({
  type: "Warning",
  component: names.certificates,
  reason: "CABundleReverted",
  message: `somebody changed the caBundle, and weft put it right: ${differences.join("; ")}`,
  involvedObject,
});

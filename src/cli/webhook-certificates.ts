/**
 * The certificates of `weft webhook` in a cluster, where weft makes them itself: the Secret that the replicas share, the
 * Lease of the one that writes, and the configurations whose caBundle follows.
 */
import { keepCertificates } from "../certificates/keeper.ts";
import type { KeeperEvent, StoredSecret, TrustingConfiguration } from "../certificates/keeper.ts";
import type { PemPair } from "../certificates/self-signed.ts";
import { servingPair } from "../certificates/serving-pair.ts";
import type { ServingPair } from "../certificates/serving-pair.ts";
import type { SecretTexts } from "../certificates/shared-secret.ts";
import { isObject } from "../core/mesh/api.ts";
import type { Json, JsonObject } from "../core/mesh/api.ts";
import { issueText } from "../core/mesh/issue.ts";
import { aborted } from "../core/mesh/until.ts";
import { usualPacing } from "../core/renewal/pace.ts";
import { renewalIssuesText, usualRenewal } from "../core/renewal/settings.ts";
import type { RenewalSettings } from "../core/renewal/settings.ts";
import type { KubeApi } from "../kube/api.ts";
import { realClock } from "../kube/clock.ts";
import type { EventToSend } from "../kube/event-sender.ts";
import { metadataOf, textOf } from "../kube/metadata.ts";
import { Refused, patchObject, putObject, readObject } from "../kube/objects.ts";
import { wakeful } from "../kube/wakeful.ts";
import type { ClusterMetrics } from "../observe/cluster-metrics.ts";
import type { Log } from "../observe/log.ts";
import type { CheckState } from "../webhook/admin-server.ts";
import type { Followed } from "./follow.ts";
import { CommandFailure } from "./io.ts";
import { lead } from "./lead.ts";
import type { WebhookOptions } from "./webhook-options.ts";

export type CertificateOptions = Pick<
  WebhookOptions,
  "namespace" | "service" | "caLife" | "certificateLife" | "mutatingConfiguration" | "validatingConfiguration"
> & {
  /** Name of the Secret. */
  readonly secret: string;
  /** Of this replica: its pod's name. */
  readonly instance: string;
};

export interface CertificateWorld {
  readonly log: Log;
  readonly now: () => Date;
  /** The webhook was asked to stop: the Lease is given up. */
  readonly stop: AbortSignal;
  /** The last review was answered. */
  readonly end: AbortSignal;
  /** Another pair is to serve from now on. */
  readonly onPair: (pair: ServingPair) => void;
  readonly record: (event: EventToSend) => void;
  readonly counts: Pick<ClusterMetrics, "leads" | "authorityExpires" | "renewal" | "bundleRepair">;
}

export interface KeptCertificates {
  readonly pair: Followed<ServingPair>;
  readonly ended: Promise<unknown>;
}

/** Resolves when there is a pair to serve with. */
export async function keptCertificates(
  api: KubeApi,
  options: CertificateOptions,
  world: CertificateWorld,
): Promise<KeptCertificates> {
  const { log, now, stop, end, counts } = world;
  const secret = sharedSecret(api, `/api/v1/namespaces/${options.namespace}/secrets/${options.secret}`);
  const configurations = configurationsOf(api, options);
  const wake = wakeful({
    api,
    paths: [secret.path, ...configurations.map(({ path }) => path)],
    clock: realClock,
    random: Math.random,
    signal: end,
  });
  const serving = servedPair(world);
  let writes = false;
  const keeping = keepCertificates(
    {
      settings: renewalSettings(options),
      pacing: usualPacing,
      readSecret: secret.read,
      writeSecret: secret.write,
      configurations,
      writes: () => writes,
      now,
      elapsed: realClock.now,
      random: Math.random,
      wait: wake.wait,
      every: Math.min(lookEvery, options.certificateLife / looksInALife),
      onServing: serving.use,
      onEvent: (event) => {
        if (event.kind === "trusted") serving.trusted(event.trusted);
        tell(event, configurations, world);
      },
    },
    end,
  );
  const { namespace, service: name, instance } = options;
  const onChange = (leads: boolean): void => {
    counts.leads(leads);
    writes = leads;
    wake.notice();
  };
  const leading = lead({ api, namespace, name, instance, log, now, onChange, signal: stop }, aborted);
  await Promise.race([serving.first, aborted(stop), keeping]);
  const current = serving.current();
  if (current === undefined) throw new CommandFailure(["stopped before there was a certificate to serve with"]);
  const pairNow = (): ServingPair => serving.current() ?? current;
  const check = { name: "certificate", look: () => serving.state(pairNow()) };
  return { pair: { current: pairNow, check }, ended: Promise.all([keeping, leading]) };
}

function servedPair({ log, now, onPair }: CertificateWorld) {
  const { promise: first, resolve } = Promise.withResolvers<void>();
  let current: ServingPair | undefined;
  let trusted = false;
  let everTrusted = false;
  const use = (pem: PemPair): void => {
    const pair = servingPair(pem, now());
    // One that has expired can still serve whoever does not look; there is none better, and that is told elsewhere.
    if ("issues" in pair) return log.error("the certificate cannot serve", { issues: pair.issues.map(issueText) });
    current = pair.value;
    const expires = current.notAfter.toISOString();
    log.info("certificate in use", { certificate: current.fingerprint, expires });
    onPair(current);
    resolve();
  };
  return {
    first,
    use,
    current: () => current,
    trusted: (now: boolean) => {
      trusted = now;
      everTrusted ||= now;
    },
    // Later on, not being ready would only add to the trouble: the caBundle is put right long before a probe is counted.
    state: (pair: ServingPair): CheckState => ({ fails: !everTrusted, says: says(pair, trusted) }),
  };
}

/** From look to look, in milliseconds; a watch makes it sooner. */
const lookEvery = 10_000;
/**
 * Lives may be as short as seconds. A replica that does not write takes a leaf of a new CA at its first look after that
 * CA has settled, a sixth of a life; the old leaf has a third of its life then.
 */
const looksInALife = 12;

const says = ({ fingerprint, notAfter }: ServingPair, trusted: boolean): string =>
  `of weft's own CA, ${fingerprint.slice(0, 16)}…, expires ${notAfter.toISOString()}` +
  (trusted ? "" : "; not yet trusted by every webhook configuration");

function renewalSettings(options: CertificateOptions): RenewalSettings {
  const { service, namespace, caLife, certificateLife } = options;
  const names = [`${service}.${namespace}.svc`, `${service}.${namespace}`, `${service}.${namespace}.svc.cluster.local`];
  const settings: RenewalSettings = {
    ...usualRenewal,
    names: [...names, "localhost", "127.0.0.1"],
    authorityLife: caLife,
    leafLife: certificateLife,
    settle: Math.min(usualRenewal.settle, Math.floor(certificateLife / 6)),
  };
  const wrong = renewalIssuesText(settings);
  if (wrong !== "") throw new CommandFailure([`--ca-life, --certificate-life: ${wrong}`]);
  return settings;
}

function tell(event: KeeperEvent, configurations: readonly Configuration[], world: CertificateWorld): void {
  const { log, counts, record } = world;
  switch (event.kind) {
    case "stepped":
      counts.renewal(event.repair ? "repaired" : "made");
      return log[event.repair ? "warn" : "info"](`certificates: ${event.step}`, { because: event.because });
    case "authority":
      return counts.authorityExpires(new Date(event.expires));
    case "trusted":
      return log.info(
        event.trusted
          ? "every webhook configuration trusts the certificate"
          : "the certificate is not trusted everywhere",
      );
    case "failed":
      counts.renewal("failed");
      return log.error("certificates cannot be looked after, trying again", { reason: event.reason });
    case "patched": {
      const { configuration: name, differences, reverted } = event;
      if (reverted === 0) return log.info(`caBundle of ${name} set`, { differences });
      counts.bundleRepair();
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
  component: "weft-injector",
  reason: "CABundleReverted",
  message: `somebody changed the caBundle, and weft put it right: ${differences.join("; ")}`,
  involvedObject,
});

interface Configuration extends TrustingConfiguration {
  readonly path: string;
  /** The object as Events refer to it, once it was read. */
  readonly reference: () => EventToSend["involvedObject"] | undefined;
}

const apiVersion = "admissionregistration.k8s.io/v1";

const configurationsOf = (
  api: KubeApi,
  { mutatingConfiguration, validatingConfiguration }: CertificateOptions,
): readonly Configuration[] => [
  ...mutatingConfiguration.map((name) => configuration(api, "MutatingWebhookConfiguration", name)),
  ...validatingConfiguration.map((name) => configuration(api, "ValidatingWebhookConfiguration", name)),
];

function configuration({ ask }: KubeApi, kind: string, name: string): Configuration {
  const path = `/apis/${apiVersion}/${kind.toLowerCase()}s/${encodeURIComponent(name)}`;
  let uid = "";
  return {
    name: `${kind} ${name}`,
    path,
    reference: () => (uid === "" ? undefined : { apiVersion, kind, namespace: "", name, uid }),
    read: async () => {
      const object = await readObject(ask, path);
      uid = object === undefined ? "" : textOf(metadataOf(object), "uid");
      return object;
    },
    patch: async (operations) =>
      unlessConflict(
        patchObject(ask, path, {
          type: "json",
          body: operations.map(({ op, path: place, value }) => ({ op, path: place, value })),
        }),
      ),
  };
}

/** False where somebody else wrote meanwhile: 409, or 422 for a `test` that failed. */
async function unlessConflict(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof Refused && (error.status === 409 || error.status === 422)) return false;
    throw error;
  }
}

function sharedSecret({ ask }: KubeApi, path: string) {
  let last: JsonObject = {};
  const dataOf = ({ data }: JsonObject): JsonObject => (isObject(data) ? data : {});
  return {
    path,
    read: async (): Promise<StoredSecret | undefined> => {
      const object = await readObject(ask, path);
      if (object === undefined) return undefined;
      last = object;
      const texts = Object.entries(dataOf(object)).map(([key, value]) => [key, decoded(value)]);
      return {
        texts: Object.fromEntries(texts) as SecretTexts,
        version: textOf(metadataOf(object), "resourceVersion"),
      };
    },
    // The whole object goes back as it came, with its resourceVersion: what others keep in it stays.
    write: (texts: SecretTexts): Promise<boolean> => {
      const old = dataOf(last);
      const changed = Object.entries(texts).filter(([key, text]) => decoded(old[key]) !== text);
      const data = { ...old, ...Object.fromEntries(changed.map(([key, text]) => [key, encoded(text)])) };
      return unlessConflict(putObject(ask, path, { ...last, data }));
    },
  };
}

const decoded = (value: Json | undefined): string =>
  typeof value === "string" ? Buffer.from(value, "base64").toString("utf8") : "";
const encoded = (text: string): string => Buffer.from(text, "utf8").toString("base64");

/** What `weft webhook` reads from files, each followed as it changes. */
import { emptyCluster, readCluster } from "../../core/cluster/objects.ts";
import type { Cluster, NamedText } from "../../core/cluster/objects.ts";
import { inFile } from "../../core/cluster/values-file.ts";
import { authorityFile } from "../../certificates/x509/authority-file.ts";
import type { ServingPair } from "../../certificates/webhook/serving-pair.ts";
import { tlsDir } from "../../certificates/webhook/tls-dir.ts";
import type { FileSource, Origin, Parsed } from "../../files/reloaded.ts";
import { realClock } from "../../async/clock.ts";
import type { WebhookMetrics } from "../../observe/webhook-metrics.ts";
import { hashText, watchedFile, issuesText } from "../watched-files.ts";
import type { Watched, Follower } from "../watched-files.ts";
import { StartFailure } from "../start-failure.ts";
import { anchorsFile, anchorsPath, installationLines, installationOf } from "../installation.ts";
import type { InstallationLoaded, InstallationTexts } from "../installation.ts";
import { ownCertificate } from "./own-certificate.ts";
import type { ServedCertificate } from "./shared-certificates.ts";
import type { WebhookOptions } from "./flags.ts";

/** What is served with: there may be none yet. */
type ServedPair = Pick<ServedCertificate, "current" | "check">;

export interface InputsWorld extends Follower {
  readonly metrics: WebhookMetrics;
  /** The certificate where it comes from elsewhere. */
  readonly pair: ServedPair | undefined;
  /** What settings and trust anchors are mounted from, where that is watched. */
  readonly mounted: Origin | undefined;
  /** Told of each pair and each CA that is to be used. */
  readonly usePair: (pair: ServingPair) => void;
  readonly useClientAuthority: (authority: string) => void;
}

export interface Inputs {
  readonly settings: Watched<InstallationLoaded>;
  /** Of `--objects`; without any, every namespace is there and says nothing. */
  readonly objects: Watched<Cluster>;
  readonly pair: ServedPair;
  /** PEM text; undefined where none was named. */
  readonly clientCa: Watched<string> | undefined;
}

/** Reads all of them, or rejects with a `StartFailure` that says everything that is wrong with any. */
export async function watchInputs(options: WebhookOptions, world: InputsWorld): Promise<Inputs> {
  const { log, metrics, pair: given, mounted, usePair, useClientAuthority } = world;
  const [settings, objects, pair, clientCa] = allUsable(
    await watchedFile("settings", settingsSource(options, mounted), world, {
      onValue: (value) => {
        for (const line of installationLines(value)) log.warn(line);
        metrics.inUse("settings", value.settingsSha256);
        metrics.inUse("trust_anchors", value.installation.trustAnchors.sha256);
      },
      describe: ({ settingsSha256, installation: { trustAnchors } }) =>
        `, ${hashText(settingsSha256)}, trust anchors ${hashText(trustAnchors.sha256)}`,
    }),
    await watchedFile("objects", objectsSource(options), world),
    given === undefined ? await servedPair(options, world, usePair) : { value: given },
    await clientAuthority(options, world, useClientAuthority),
  );
  return { settings, objects, pair, clientCa };
}

/** All of them, or a failure that names everything that is wrong with any. */
const allUsable = <A, B, D>(
  a: Parsed<A>,
  b: Parsed<B>,
  c: Parsed<ServedPair>,
  d: Parsed<D>,
): readonly [A, B, ServedPair, D] => {
  if ("value" in a && "value" in b && "value" in c && "value" in d) return [a.value, b.value, c.value, d.value];
  const issues = [a, b, c, d].flatMap((read) => ("issues" in read ? read.issues : []));
  throw new StartFailure([issuesText(issues)]);
};

/** The CA of API servers' certificates; undefined where none was named. */
const clientAuthority = async (
  { clientCa, clientCertificates }: WebhookOptions,
  follower: Follower,
  use: (authority: string) => void,
): Promise<Parsed<Watched<string> | undefined>> => {
  if (clientCa !== undefined) return watchedFile("client_ca", authorityFile(clientCa), follower, { onValue: use });
  if (clientCertificates === "asked") return { value: undefined };
  return { issues: [{ at: "--client-certificates", message: "required without --client-ca" }] };
};

const settingsSource = (options: WebhookOptions, origin: Origin | undefined): FileSource<InstallationLoaded> => {
  const { settings, trustAnchors, controlPlaneNamespace } = options;
  const paths = [settings, trustAnchors].filter((path) => path !== undefined);
  const named = (path: string | undefined, texts: readonly string[]): NamedText | undefined => {
    const text = path === undefined ? undefined : texts[paths.indexOf(path)];
    return path === undefined || text === undefined ? undefined : { name: path, text };
  };
  const parse = (texts: readonly string[]): Parsed<InstallationLoaded> =>
    usableInstallation({
      settings: named(settings, texts),
      trustAnchors: named(trustAnchors, texts),
      controlPlaneNamespace,
    });
  return { paths, parse, origin };
};

// A server that could never inject must not become ready: a rollout stops there, and the old replicas go on.
function usableInstallation(texts: InstallationTexts): Parsed<InstallationLoaded> {
  const loaded = installationOf(texts);
  if ("issues" in loaded) return loaded;
  const { errors } = loaded.value.installation;
  if (errors.length === 0) return loaded;
  const { settings, trustAnchors } = texts;
  // Settings may be without trust anchors where a file has them.
  const ofFile = trustAnchors === undefined ? [] : errors.filter(({ at }) => at === anchorsPath);
  const ofSettings = errors.filter((fault) => !ofFile.includes(fault));
  return {
    issues: [
      ...inFile(settings?.name ?? "default values", ofSettings),
      ...ofFile.map(({ message }) => ({ at: anchorsFile(trustAnchors?.name ?? ""), message })),
    ],
  };
}

const objectsSource = ({ objects }: WebhookOptions): FileSource<Cluster> => ({
  paths: objects,
  parse: (texts) =>
    objects.length === 0
      ? { value: emptyCluster }
      : readCluster(texts.map((text, index) => ({ name: objects[index] ?? "", text }))),
});

const servedPair = async (
  options: WebhookOptions,
  follower: Follower & { readonly metrics: WebhookMetrics },
  use: (pair: ServingPair) => void,
): Promise<Parsed<Watched<ServingPair>>> => {
  const { metrics, now } = follower;
  const onValue = (pair: ServingPair): void => {
    metrics.certificateExpires(pair.notAfter);
    use(pair);
  };
  if (options.tlsDir === undefined) {
    const onPair = (pair: ServingPair): void => {
      metrics.reloaded("certificate", true, now());
      onValue(pair);
    };
    return ownCertificate(options, { ...follower, clock: realClock, onPair });
  }
  const describe = ({ notAfter }: ServingPair): string => `, expires ${notAfter.toISOString()}`;
  return watchedFile("certificate", tlsDir(options.tlsDir, now), follower, { onValue, describe });
};

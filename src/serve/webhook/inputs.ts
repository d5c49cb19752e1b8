/** What `weft webhook` reads from files, each followed as it changes. */
import { authorityFile } from "../../certificates/x509/authority-file.ts";
import type { ServingPair } from "../../certificates/webhook/serving-pair.ts";
import { tlsDir } from "../../certificates/webhook/tls-dir.ts";
import type { FileSource, Parsed } from "../../files/reloaded.ts";
import { realClock } from "../../async/clock.ts";
import type { Metrics } from "../../observe/metrics.ts";
import { watchedFile, issuesText } from "../watched-files.ts";
import type { Watched, Follower } from "../watched-files.ts";
import { StartFailure } from "../start-failure.ts";
import { ownCertificate } from "./own-certificate.ts";
import type { ServedCertificate } from "./shared-certificates.ts";
import type { WebhookOptions } from "./flags.ts";

/** A file's text under its name, so that issues can say where. */
interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** The parts that know what settings and objects are. */
export interface InputLoaders<Settings, Objects> {
  /** Either text is undefined when no file was named. */
  readonly loadSettings: (settings: NamedText | undefined, trustAnchors: NamedText | undefined) => Parsed<Settings>;
  /** What their author should know of settings that can be used; logged whenever they are read. */
  readonly doubts?: (settings: Settings) => readonly string[];
  readonly loadObjects: (files: readonly NamedText[]) => Parsed<Objects>;
}

/** What is served with: there may be none yet. */
type ServedPair = Pick<ServedCertificate, "current" | "check">;

export interface InputsWorld extends Follower {
  readonly metrics: Metrics;
  /** The certificate where it comes from elsewhere. */
  readonly pair: ServedPair | undefined;
  /** Told of each pair and each CA that is to be used. */
  readonly usePair: (pair: ServingPair) => void;
  readonly useClientAuthority: (authority: string) => void;
}

export interface Inputs<Settings, Objects> {
  readonly settings: Watched<Settings>;
  readonly objects: Watched<Objects>;
  readonly pair: ServedPair;
  /** PEM text; undefined where none was named. */
  readonly clientCa: Watched<string> | undefined;
}

/** Reads all of them, or rejects with a `StartFailure` that says everything that is wrong with any. */
export async function watchInputs<Settings, Objects>(
  options: WebhookOptions,
  loaders: InputLoaders<Settings, Objects>,
  world: InputsWorld,
): Promise<Inputs<Settings, Objects>> {
  const { log, pair: given, usePair, useClientAuthority } = world;
  const [settings, objects, pair, clientCa] = allUsable(
    await watchedFile("settings", settingsSource(options, loaders), world, {
      onValue: (value) => {
        for (const doubt of loaders.doubts?.(value) ?? []) log.warn(doubt);
      },
    }),
    await watchedFile("objects", objectsSource(options, loaders), world),
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

const settingsSource = <Settings, Objects>(
  { settings, trustAnchors }: WebhookOptions,
  { loadSettings }: InputLoaders<Settings, Objects>,
): FileSource<Settings> => {
  const paths = [settings, trustAnchors].filter((path) => path !== undefined);
  const named = (path: string | undefined, texts: readonly string[]): NamedText | undefined => {
    const text = path === undefined ? undefined : texts[paths.indexOf(path)];
    return path === undefined || text === undefined ? undefined : { name: path, text };
  };
  return { paths, parse: (texts) => loadSettings(named(settings, texts), named(trustAnchors, texts)) };
};

const objectsSource = <Settings, Objects>(
  { objects }: WebhookOptions,
  { loadObjects }: InputLoaders<Settings, Objects>,
): FileSource<Objects> => ({
  paths: objects,
  parse: (texts) => loadObjects(texts.map((text, index) => ({ name: objects[index] ?? "", text }))),
});

const servedPair = async (
  options: WebhookOptions,
  follower: Follower & { readonly metrics: Metrics },
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
